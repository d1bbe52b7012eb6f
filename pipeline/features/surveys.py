"""What people answered when they were asked, and whether they still answer. Silence counts only after a question."""

from __future__ import annotations

from typing import Any

from pipeline.features.aggregates import MILLION, Aggregate, Count, Last, Mean, Since, micro, ratio
from pipeline.features.base import Row, Wide, derived, measure


def _answered(row: Row) -> Any:
    return (row["kind"] == row.item) & row["score"].notnull()


@measure(
    source="surveys",
    dimension="sentiment",
    each="kinds",
    name="{item}_last",
    direction=-1,
    group="{item}",
    age="{item}_age_days",
    reason="last {item} answer {value}",
)
def last_answer(row: Row) -> Aggregate:
    """The latest {item} answer: nps 0 to 10, csat and ces 0 (worst) to 1. Unit: {item} score."""
    return Last(row["score"], by=row["answered_at"], where=_answered(row))


@measure(source="surveys", dimension="sentiment", each="kinds", name="{item}_before", hidden=True)
def answer_before(row: Row) -> Aggregate:
    """The {item} answer before the latest. Unit: {item} score."""
    return Last(row["score"], by=row["answered_at"], where=_answered(row), nth=2)


@derived(
    source="surveys",
    dimension="sentiment",
    each="kinds",
    name="{item}_change",
    needs=("{item}_last", "{item}_before"),
    direction=-1,
    group="{item}",
    age="{item}_age_days",
    reason="{item} answer changed by {value}",
)
def answer_change(wide: Wide) -> Any:
    """The latest {item} answer less the one before; null without two. Unit: {item} score."""
    return wide["{item}_last"] - wide["{item}_before"]


@measure(
    source="surveys",
    dimension="sentiment",
    windows=(13, 26),
    each="kinds",
    name="{item}_mean",
    direction=-1,
    group="{item}",
    reason="mean {item} answer {value} ({weeks} weeks)",
)
def mean_answer(row: Row) -> Aggregate:
    """Mean of the {item} answers to questions put in the window. Unit: {item} score."""
    return Mean(micro(row["score"]), where=_answered(row), scale=MILLION)


@measure(source="surveys", dimension="sentiment", each="kinds", name="{item}_age_days", group="{item}")
def answer_age(row: Row) -> Aggregate:
    """Days since the latest {item} answer. Unit: days."""
    return Since(row["answered_at"], where=_answered(row))


@measure(
    source="surveys", dimension="sentiment", windows=(26,), reason="{value} survey questions asked ({weeks} weeks)"
)
def surveys_asked(row: Row) -> Aggregate:
    """Questions put to anyone in the account. Unit: questions."""
    return Count()


@measure(source="surveys", dimension="sentiment", windows=(26,), direction=-1, group="response")
def survey_responses(row: Row) -> Aggregate:
    """Questions answered. Unit: answers."""
    return Count(where=row["answered_at"].notnull())


@derived(
    source="surveys",
    dimension="sentiment",
    needs=("survey_responses_26w", "surveys_asked_26w"),
    weeks=26,
    direction=-1,
    group="response",
    reason="{value} of the questions answered ({weeks} weeks)",
)
def response_rate_26w(wide: Wide) -> Any:
    """Share of the questions that were answered; null where nobody asked. Unit: share."""
    return ratio(wide["survey_responses_26w"], wide["surveys_asked_26w"])


@derived(
    source="surveys",
    dimension="sentiment",
    needs=("survey_responses_26w", "surveys_asked_26w"),
    weeks=26,
    direction=1,
    group="response",
    reason="{value} questions and not one answer ({weeks} weeks)",
)
def silent_after_ask(wide: Wide) -> Any:
    """Questions put in 26 weeks where none was answered, 0 where one was; null where nobody asked. Unit: questions."""
    return (wide["survey_responses_26w"] > 0).ifelse(0, wide["surveys_asked_26w"].nullif(0))

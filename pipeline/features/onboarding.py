"""Whether a new customer arrives where the product is worth its price, and how fast."""

from __future__ import annotations

from typing import Any

import ibis

from pipeline.features.aggregates import Aggregate, Distinct, Earliest, day_number, ratio
from pipeline.features.base import Row, Wide, derived, measure


@measure(
    source="usage",
    dimension="onboarding",
    asks="milestones",
    direction=-1,
    group="milestones",
    reason="{value} onboarding milestones reached",
)
def milestones_reached(row: Row) -> Aggregate:
    """Onboarding milestones reached at any time. Unit: milestones."""
    return Distinct(row["event"], where=row["event"].isin(row.settings.milestones))


@derived(
    source="usage",
    dimension="onboarding",
    asks="milestones",
    needs=("milestones_reached",),
    direction=-1,
    group="milestones",
    reason="{value} of the onboarding milestones reached",
)
def milestones_share(wide: Wide) -> Any:
    """Share of the onboarding milestones reached. Unit: share."""
    return ratio(wide["milestones_reached"], ibis.literal(len(set(wide.settings.milestones))))


@measure(source="usage", dimension="onboarding", asks="milestones", hidden=True)
def first_value_day(row: Row) -> Aggregate:
    """Day number of the last listed milestone, which stands for first value. Unit: day number."""
    return Earliest(row["first_day"], where=row["event"] == row.settings.milestones[-1])


@derived(
    source="usage",
    dimension="onboarding",
    asks="milestones",
    needs=("first_value_day", "spine.started_at"),
    direction=1,
    group="first_value",
    reason="took {value} to first value",
)
def days_to_first_value(wide: Wide) -> Any:
    """Days from the start to the last listed milestone; null until it is reached. Unit: days."""
    days = wide["first_value_day"] - day_number(wide["spine.started_at"])
    return (days < 0).ifelse(0, days)


@derived(
    source="usage",
    dimension="onboarding",
    asks="milestones",
    needs=("first_value_day", "tenure_days"),
    direction=1,
    group="first_value",
    reason="no first value after {value}",
)
def days_without_first_value(wide: Wide) -> Any:
    """Days as a customer without having reached the last listed milestone; 0 once it is reached. Unit: days."""
    return wide["first_value_day"].isnull().ifelse(wide["tenure_days"], 0)

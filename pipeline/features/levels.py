"""Usage that arrives as monthly (or other) totals: levels as of the period's end, never summed into windows.

A direction here stands for the measure's own: its source says whether more of it is good news (``higher_is``).
"""

from __future__ import annotations

from typing import Any

from pipeline.features.aggregates import MILLION, Aggregate, Last, Mean, Since, change, day_number, micro
from pipeline.features.base import Row, Wide, derived, measure


def _last(row: Row, nth: int = 1) -> Aggregate:
    """The latest value, or one before it; one that is two periods overdue says nothing of now any more."""
    known = (row["measure"] == row.item) & row["value"].notnull()
    age = row["cutoff_day"] - day_number(row["occurred_at"])
    return Last(row["value"], by=row["occurred_at"], where=known & (age <= (nth + 2) * row["period_days"]), nth=nth)


@measure(
    source="levels",
    dimension="usage",
    each="levels",
    name="level_{item}_last",
    direction=-1,
    group="level_{item}",
    reason="{item} {value}, was {before} a period earlier",
)
def level_last(row: Row) -> Aggregate:
    """{item} in the latest period. Unit: quantity."""
    return _last(row)


@measure(source="levels", dimension="usage", each="levels", name="level_{item}_before", group="level_{item}")
def level_before(row: Row) -> Aggregate:
    """{item} in the period before the latest. Unit: quantity."""
    return _last(row, 2)


@measure(source="levels", dimension="usage", each="levels", name="level_{item}_third", hidden=True)
def level_third(row: Row) -> Aggregate:
    """{item} two periods before the latest. Unit: quantity."""
    return _last(row, 3)


@measure(source="levels", dimension="usage", windows=(52,), each="levels", name="level_{item}_mean", hidden=True)
def level_mean(row: Row) -> Aggregate:
    """Mean of {item} over the periods of a year. Unit: quantity."""
    known = (row["measure"] == row.item) & row["value"].notnull()
    return Mean(micro(row["value"]), where=known, scale=MILLION)


@derived(
    source="levels",
    dimension="usage",
    each="levels",
    name="level_{item}_trend",
    needs=("level_{item}_last", "level_{item}_before"),
    direction=-1,
    group="level_{item}",
)
def level_trend(wide: Wide) -> Any:
    """Change of {item} against the period before, -1 to 1. Unit: change."""
    return change(wide["level_{item}_last"], wide["level_{item}_before"])


@derived(
    source="levels",
    dimension="usage",
    each="levels",
    name="level_{item}_mean_3",
    needs=("level_{item}_last", "level_{item}_before", "level_{item}_third"),
    direction=-1,
    group="level_{item}",
)
def level_mean_3(wide: Wide) -> Any:
    """Mean of {item} over the last three periods; null with fewer. Unit: quantity."""
    return (wide["level_{item}_last"] + wide["level_{item}_before"] + wide["level_{item}_third"]) / 3


@derived(
    source="levels",
    dimension="usage",
    each="levels",
    name="level_{item}_to_baseline",
    needs=("level_{item}_last", "level_{item}_mean_52w"),
    direction=-1,
    group="level_{item}",
)
def level_to_baseline(wide: Wide) -> Any:
    """Change of {item} against its own mean of a year, -1 to 1. Unit: change."""
    return change(wide["level_{item}_last"], wide["level_{item}_mean_52w"])


@measure(
    source="levels",
    dimension="usage",
    each="levels",
    name="level_{item}_age_days",
    reason="no figure for {item} for {value}",
)
def level_age(row: Row) -> Aggregate:
    """Days since the end of the latest period of {item}. Unit: days."""
    return Since(row["occurred_at"], where=(row["measure"] == row.item) & row["value"].notnull())

"""Whether a new customer arrives where the product is worth its price, and how fast."""

from __future__ import annotations

from typing import Any

import ibis

from pipeline.features.aggregates import Aggregate, Distinct, Earliest, day_number, ratio
from pipeline.features.base import Row, Wide, derived, measure


@measure(source="usage", dimension="onboarding", asks="milestones", hidden=True)
def milestones_seen(row: Row) -> Aggregate:
    """Different onboarding milestones among the events on record. Unit: milestones."""
    return Distinct(row["event"], where=row["event"].isin(row.settings.milestones))


@measure(source="usage", dimension="onboarding", asks="milestones", hidden=True)
def first_milestone_day(row: Row) -> Aggregate:
    """Day number of the first milestone on record. Unit: day number."""
    return Earliest(row["first_day"], where=row["event"].isin(row.settings.milestones))


@derived(
    source="usage",
    dimension="onboarding",
    asks="milestones",
    needs=("first_milestone_day", "spine.c"),
    across_rows=True,
    hidden=True,
)
def milestones_since(wide: Wide) -> Any:
    """Day number of the first milestone of any customer: from then on they are on record. Unit: day number."""
    return wide["first_milestone_day"].min().over(ibis.window(group_by=wide["spine.c"]))


@derived(
    source="usage",
    dimension="onboarding",
    asks="milestones",
    needs=("milestones_seen", "milestones_since", "spine.started_at"),
    direction=-1,
    group="milestones",
    reason="{value} onboarding milestones reached",
)
def milestones_reached(wide: Wide) -> Any:
    """Onboarding milestones reached at any time; null where onboarding lies before the record. Unit: milestones."""
    return _on_record(wide, wide["milestones_seen"])


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
    needs=("first_value_day", "milestones_since", "spine.started_at"),
    direction=1,
    group="first_value",
    reason="took {value} to first value",
)
def days_to_first_value(wide: Wide) -> Any:
    """Days from the start to the last listed milestone; null until it is reached, and as above. Unit: days."""
    days = wide["first_value_day"] - day_number(wide["spine.started_at"])
    return _on_record(wide, (days < 0).ifelse(0, days))


@derived(
    source="usage",
    dimension="onboarding",
    asks="milestones",
    needs=("first_value_day", "tenure_days", "milestones_since", "spine.started_at"),
    direction=1,
    group="first_value",
    reason="no first value after {value}",
)
def days_without_first_value(wide: Wide) -> Any:
    """Days as a customer without having reached the last listed milestone; 0 once it is reached. Unit: days."""
    return wide["first_value_day"].isnull().ifelse(_on_record(wide, wide["tenure_days"]), 0)


def _on_record(wide: Wide, value: Any) -> Any:
    """``value`` where the account started no earlier than milestones are on record; null where it did.

    What a customer of four years did in the first weeks is not in two years of events, and no sign of trouble.
    """
    seen = day_number(wide["spine.started_at"]) >= wide["milestones_since"]
    return seen.fill_null(False).ifelse(value, ibis.null(value.type()))

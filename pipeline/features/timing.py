"""The calendar of the contract: how long a customer, and how soon the next renewal. Known from the spine alone."""

from __future__ import annotations

from typing import Any

from pipeline.features.aggregates import day_number
from pipeline.features.base import Wide, derived


@derived(
    source="spine", dimension="timing", needs=("spine.started_at", "spine.cutoff_day"), reason="customer for {value}"
)
def tenure_days(wide: Wide) -> Any:
    """Days since the first coverage began. Unit: days."""
    return wide["spine.cutoff_day"] - day_number(wide["spine.started_at"])


@derived(
    source="subscriptions",
    dimension="timing",
    needs=("spine.term_end", "spine.cutoff_day"),
    group="renewal",
    reason="renewal in {value}",
)
def days_to_renewal(wide: Wide) -> Any:
    """Days to the end of the running term. Unit: days."""
    return day_number(wide["spine.term_end"]) - wide["spine.cutoff_day"]


@derived(
    source="subscriptions",
    dimension="timing",
    needs=("days_to_renewal",),
    weeks=4,
    group="renewal",
)
def renewal_in_4w(wide: Wide) -> Any:
    """1 where the term ends within 4 weeks. Unit: flag."""
    return wide["days_to_renewal"].between(0, 27).cast("int64")


@derived(
    source="subscriptions",
    dimension="timing",
    needs=("days_to_renewal",),
    weeks=13,
    group="renewal",
)
def renewal_in_13w(wide: Wide) -> Any:
    """1 where the term ends within 13 weeks. Unit: flag."""
    return wide["days_to_renewal"].between(0, 90).cast("int64")

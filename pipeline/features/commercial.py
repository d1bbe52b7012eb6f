"""What the account pays, for what, on which terms, and whether it pays in time."""

from __future__ import annotations

from typing import Any

import ibis

from pipeline.features.aggregates import Aggregate, Count, Distinct, Highest, Lowest, Mean, Sum, change, ratio
from pipeline.features.base import Row, Wide, derived, measure


def in_effect(row: Row, weeks_ago: int = 0) -> Any:
    """Whether a version of a subscription was in effect at the instant ``weeks_ago`` weeks before the cutoff."""
    instant = row["cutoff_at"] - ibis.interval(days=7 * weeks_ago) if weeks_ago else row["cutoff_at"]
    began = ibis.greatest(row["occurred_at"], row["started_at"].fill_null(row["occurred_at"])) < instant
    replaced = row["valid_to"].notnull() & (row["valid_to"] < instant)
    ended = row["ended_at"].notnull() & (row["ended_at"] < instant)
    return began & ~replaced & ~ended


@derived(source="subscriptions", dimension="commercial", needs=("spine.mrr",), reason="pays {value} a month")
def mrr(wide: Wide) -> Any:
    """Monthly recurring revenue. Unit: minor."""
    return wide["spine.mrr"]


@derived(source="subscriptions", dimension="commercial", needs=("spine.seats",), reason="{value} seats")
def seats(wide: Wide) -> Any:
    """Licensed seats. Unit: seats."""
    return wide["spine.seats"]


@measure(source="subscriptions", dimension="commercial", hidden=True)
def mrr_now(row: Row) -> Aggregate:
    """Monthly revenue of the versions in effect. Unit: minor."""
    return Sum(row["mrr"], where=in_effect(row))


@measure(source="subscriptions", dimension="commercial", hidden=True)
def mrr_13w_ago(row: Row) -> Aggregate:
    """Monthly revenue of the versions in effect 13 weeks ago. Unit: minor."""
    return Sum(row["mrr"], where=in_effect(row, 13))


@measure(source="subscriptions", dimension="commercial", hidden=True)
def mrr_26w_ago(row: Row) -> Aggregate:
    """Monthly revenue of the versions in effect 26 weeks ago. Unit: minor."""
    return Sum(row["mrr"], where=in_effect(row, 26))


@measure(source="subscriptions", dimension="commercial", hidden=True)
def seats_now(row: Row) -> Aggregate:
    """Seats of the versions in effect. Unit: seats."""
    return Sum(row["seats"], where=in_effect(row))


@measure(source="subscriptions", dimension="commercial", hidden=True)
def seats_13w_ago(row: Row) -> Aggregate:
    """Seats of the versions in effect 13 weeks ago. Unit: seats."""
    return Sum(row["seats"], where=in_effect(row, 13))


@derived(
    source="subscriptions",
    dimension="commercial",
    needs=("mrr_now", "mrr_13w_ago"),
    weeks=13,
    direction=-1,
    group="contraction",
    reason="monthly revenue {value} on 13 weeks before",
)
def mrr_change_13w(wide: Wide) -> Any:
    """Change of monthly revenue in 13 weeks, -1 to 1; null where the account paid nothing then. Unit: change."""
    then = wide["mrr_13w_ago"]
    return change(wide["mrr_now"], then.nullif(0))


@derived(
    source="subscriptions",
    dimension="commercial",
    needs=("mrr_now", "seats_now", "mrr_13w_ago", "seats_13w_ago"),
    weeks=13,
    direction=1,
    reason="the price of a seat {value} on 13 weeks before",
)
def seat_price_change_13w(wide: Wide) -> Any:
    """Change of monthly revenue for each seat in 13 weeks, -1 to 1; null where there were none then. Unit: change."""
    return change(ratio(wide["mrr_now"], wide["seats_now"]), ratio(wide["mrr_13w_ago"], wide["seats_13w_ago"]))


@derived(
    source="subscriptions",
    dimension="commercial",
    needs=("mrr_now", "mrr_13w_ago", "mrr_26w_ago"),
    direction=1,
    group="contraction",
    reason="pays {value} less a month than half a year ago",
)
def contraction_26w(wide: Wide) -> Any:
    """By how much the monthly revenue is below what it was 13 or 26 weeks ago; 0 if it is not. Unit: minor."""
    lost = ibis.greatest(wide["mrr_13w_ago"].fill_null(0), wide["mrr_26w_ago"].fill_null(0)) - wide["mrr_now"]
    return (lost > 0).ifelse(lost, (lost * 0))


@derived(
    source="subscriptions",
    dimension="commercial",
    needs=("seats_now", "seats_13w_ago"),
    weeks=13,
    direction=-1,
    reason="seats {value} on 13 weeks before",
)
def seats_change_13w(wide: Wide) -> Any:
    """Change of licensed seats in 13 weeks, -1 to 1; null where there were none then. Unit: change."""
    return change(wide["seats_now"], wide["seats_13w_ago"].nullif(0))


@measure(source="subscriptions", dimension="commercial", reason="discount of {value}")
def discount(row: Row) -> Aggregate:
    """The highest discount in effect. Unit: percent."""
    return Highest(row["discount_pct"], where=in_effect(row))


@measure(source="subscriptions", dimension="commercial", direction=-1, reason="renews by itself: {value}")
def auto_renew(row: Row) -> Aggregate:
    """1 where all versions in effect renew by themselves, else 0. Unit: flag."""
    return Lowest(row["auto_renew"].cast("int64"), where=in_effect(row))


@measure(source="subscriptions", dimension="commercial", direction=-1, reason="a term of {value} months")
def term_months(row: Row) -> Aggregate:
    """The longest term in effect. Unit: months."""
    return Highest(row["term_months"], where=in_effect(row))


@measure(source="subscriptions", dimension="commercial", direction=-1, reason="{value} contract terms so far")
def terms(row: Row) -> Aggregate:
    """Terms begun so far: different ends of terms. Unit: terms."""
    return Distinct(row["term_end"])


@measure(
    source="invoices",
    speaks="paid_at",
    dimension="commercial",
    windows=(13, 26),
    direction=1,
    group="payment",
    reason="{value} invoices paid late ({weeks} weeks)",
)
def late_invoices(row: Row) -> Aggregate:
    """Invoices that were not paid within a day of their due date, paid since or not. Unit: invoices."""
    return Count(where=_overdue(row) | (row["paid_at"] > _due(row)).fill_null(False))


@measure(
    source="invoices",
    speaks="paid_at",
    dimension="commercial",
    direction=1,
    group="payment",
    reason="{value} invoices overdue",
)
def invoices_overdue(row: Row) -> Aggregate:
    """Invoices due for more than a day and not paid. Unit: invoices."""
    return Count(where=_overdue(row))


@measure(
    source="invoices", speaks="paid_at", dimension="commercial", direction=1, group="payment", reason="{value} overdue"
)
def amount_overdue(row: Row) -> Aggregate:
    """Amount due for more than a day and not paid. Unit: minor."""
    return Sum(row["amount"], where=_overdue(row))


@measure(
    source="invoices",
    dimension="commercial",
    windows=(13, 26),
    direction=1,
    group="payment",
    reason="{value} failed payments ({weeks} weeks)",
)
def failed_payments(row: Row) -> Aggregate:
    """Attempts to collect beyond the first of each paid invoice. Unit: attempts."""
    return Sum(row["attempts"] - 1, where=row["attempts"] > 1)


@measure(
    source="invoices",
    dimension="commercial",
    windows=(26,),
    direction=1,
    group="payment",
    reason="pays after {value} ({weeks} weeks)",
)
def days_to_pay(row: Row) -> Aggregate:
    """Mean days from issue to payment of paid invoices. Unit: days."""
    return Mean(row["paid_at"].cast("date").delta(row["occurred_at"].cast("date"), unit="day"))


def _due(row: Row) -> Any:
    """A card is charged an hour or so after the invoice that is due at once: that is in time."""
    return row["due_at"] + ibis.interval(days=1)


def _overdue(row: Row) -> Any:
    return row["paid_at"].isnull() & (_due(row) < row["cutoff_at"]).fill_null(False)

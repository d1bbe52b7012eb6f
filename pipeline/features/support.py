"""How often the account asks for help, how urgent it is, and how it is served."""

from __future__ import annotations

from typing import Any

from pipeline.features.aggregates import Aggregate, Count, Highest, Mean, Since, Sum, day_number
from pipeline.features.base import Row, measure

_HOUR = 3600


def _urgent(row: Row) -> Any:
    return row["priority"].isin(("urgent", "high"))


@measure(
    source="tickets",
    dimension="support",
    windows=(4, 13, 26),
    before=(4, 13),
    direction=1,
    reason="{value} tickets, was {before} ({weeks} weeks)",
)
def tickets(row: Row) -> Aggregate:
    """Tickets created. Unit: tickets."""
    return Count()


@measure(
    source="tickets",
    dimension="support",
    windows=(4, 13),
    before=(4, 13),
    direction=1,
    reason="{value} urgent or high tickets, was {before} ({weeks} weeks)",
)
def urgent_tickets(row: Row) -> Aggregate:
    """Tickets of priority high or urgent. Unit: tickets."""
    return Count(where=_urgent(row))


@measure(
    source="tickets",
    dimension="support",
    windows=(13, 26),
    before=(13,),
    direction=1,
    reason="first answer after {value}, was {before} ({weeks} weeks)",
)
def first_response(row: Row) -> Aggregate:
    """Mean wait for the first answer, of tickets that had one. Unit: hours."""
    return Mean(row["first_response_seconds"], scale=_HOUR)


@measure(
    source="tickets",
    dimension="support",
    windows=(13, 26),
    before=(13,),
    direction=1,
    reason="tickets solved after {value}, was {before} ({weeks} weeks)",
)
def resolution(row: Row) -> Aggregate:
    """Mean time from creation to solution, of solved tickets. Unit: hours."""
    return Mean(row["resolution_seconds"], scale=_HOUR)


@measure(
    source="tickets",
    dimension="support",
    windows=(13, 26),
    direction=1,
    reason="tickets reopened {value} times ({weeks} weeks)",
)
def reopens(row: Row) -> Aggregate:
    """Times that tickets were reopened. Unit: reopens."""
    return Sum(row["reopens"])


@measure(
    source="tickets",
    dimension="support",
    windows=(13, 26),
    direction=1,
    reason="{value} tickets escalated ({weeks} weeks)",
)
def escalations(row: Row) -> Aggregate:
    """Tickets that went up a level. Unit: tickets."""
    return Sum(row["escalated"].cast("int64"))


@measure(
    source="tickets",
    speaks="solved_at",
    dimension="support",
    direction=1,
    reason="{value} tickets open",
    group="open_tickets",
)
def open_tickets(row: Row) -> Aggregate:
    """Tickets not solved. Unit: tickets."""
    return Count(where=row["solved_at"].isnull())


@measure(
    source="tickets",
    speaks="solved_at",
    dimension="support",
    direction=1,
    reason="{value} urgent or high tickets open",
    group="open_tickets",
)
def open_urgent_tickets(row: Row) -> Aggregate:
    """Tickets of priority high or urgent, not solved. Unit: tickets."""
    return Count(where=row["solved_at"].isnull() & _urgent(row))


@measure(
    source="tickets",
    speaks="solved_at",
    dimension="support",
    direction=1,
    reason="a ticket open for {value}",
    group="open_tickets",
)
def open_age_days(row: Row) -> Aggregate:
    """Age of the oldest open ticket; null without one. Unit: days."""
    return Highest(row["cutoff_day"] - day_number(row["occurred_at"]), where=row["solved_at"].isnull())


@measure(source="tickets", dimension="support", reason="last ticket {value} ago")
def days_since_ticket(row: Row) -> Aggregate:
    """Days since the latest ticket; null without any. Unit: days."""
    return Since(row["occurred_at"])

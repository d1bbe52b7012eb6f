"""Usage facts: the events, and what they come to in one week of one account.

Each event as measures see it (``EVENT``):

    account_id, user_id, event     what and by whom
    o, k, r                        weeks: occurred, known (k >= o), withdrawn (NEVER if not)
    events, quantity               1, and the quantity in millionths
    days                           the day of the week, as one bit of seven
    first_day, last_day            the day number (from 1970-01-01)

An event counts at a cutoff c if o < c, k < c and c <= r. What is summed, or asked for its first, last or different
days, is read once for each account and pair of weeks: the facts of a week, which are far fewer than events and are
kept. They have ``events`` and ``last_day`` for whoever asks, and a column for each measure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.types as ir

from pipeline.features.aggregates import day_number
from pipeline.features.bits import bit, bit_or

FACTS = "facts"
"""The name under which tables may bring the facts of weeks that were read before."""

NEVER = 1_000_000
"""A week that no cutoff reaches."""

WEEK = ("account_id", "o", "k", "r")
EVENT = ibis.schema(
    dict.fromkeys(("account_id", "user_id", "event"), "string")
    | dict.fromkeys(("o", "k", "r", "events", "quantity", "days", "first_day", "last_day"), "int64")
)


def events(usage: ir.Table) -> ir.Table:
    """The rows of a canonical usage table as ``EVENT``."""
    day = day_number(usage.occurred_at)
    return usage.select(
        "account_id",
        "user_id",
        "event",
        o=usage.occurred_week,
        k=usage.known_week,
        r=usage.retracted_week.fill_null(NEVER),
        events=ibis.literal(1, "int64"),
        quantity=usage.quantity,
        days=bit(day % 7),
        first_day=day,
        last_day=day,
    )


def weekly(rows: ir.Table, asked: Mapping[str, Any]) -> ir.Table:
    """The facts of each week of ``rows`` (``EVENT``), with the aggregates that are ``asked`` of them by name."""
    told = {"events": rows.events.sum().cast("int64"), "last_day": rows.last_day.max()}
    return rows.group_by(*WEEK).aggregate(**told, **asked)


def days_of(rows: ir.Table, where: Any) -> Any:
    """The days of the week with any of the rows for which ``where`` holds, one bit each."""
    return bit_or(rows.days if where is None else where.ifelse(rows.days, 0))

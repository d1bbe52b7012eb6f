"""Usage facts: the events, read once, as one row for each account, member, event and pair of weeks.

    account_id, user_id, event     what and by whom
    o, k, r                        weeks: occurred, known (k >= o), withdrawn (NEVER if not)
    events, quantity               rows, and their quantity in millionths
    days                           the days of the week with use, one bit each
    first_day, last_day            day numbers (from 1970-01-01) of the first and last row

A fact counts at a cutoff c if o < c, k < c and c <= r. Measures that do not ask who, or what, take coarser facts,
which are far fewer.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import ibis
import ibis.expr.types as ir

from pipeline.features.aggregates import day_number

FACTS = "facts"
"""The name under which tables may bring usage facts that were read before."""

NEVER = 1_000_000
"""A week that no cutoff reaches."""

MEMBERS = ("user_id", "event")
VALUES = ("events", "quantity", "days", "first_day", "last_day")
SCHEMA = ibis.schema(
    {"account_id": "string", "user_id": "string", "event": "string"} | dict.fromkeys(("o", "k", "r", *VALUES), "int64")
)


def facts(usage: ir.Table, members: Collection[str] = MEMBERS, values: Collection[str] = VALUES) -> ir.Table:
    """The facts of a canonical usage table, by account and ``members``, with ``values``."""
    rows = usage.select(
        "account_id",
        *members,
        "quantity",
        o=usage.occurred_week,
        k=usage.known_week,
        r=usage.retracted_week.fill_null(NEVER),
        day=day_number(usage.occurred_at),
    )
    found = {
        "events": rows.count().cast("int64"),
        "quantity": rows.quantity.sum().cast("int64"),
        "days": _mask([(rows.day % 7) == bit for bit in range(7)]) if "days" in values else None,
        "first_day": rows.day.min(),
        "last_day": rows.day.max(),
    }
    return rows.group_by(*_keys(members)).aggregate(**{name: found[name] for name in VALUES if name in values})


def coarser(facts: ir.Table, members: Collection[str], values: Collection[str]) -> ir.Table:
    """The same facts by fewer members."""
    found = {
        "events": facts.events.sum().cast("int64"),
        "quantity": facts.quantity.sum().cast("int64"),
        "days": _mask([((facts.days >> bit) & 1) == 1 for bit in range(7)]) if "days" in values else None,
        "first_day": facts.first_day.min(),
        "last_day": facts.last_day.max(),
    }
    return facts.group_by(*_keys(members)).aggregate(**{name: found[name] for name in VALUES if name in values})


def _keys(members: Collection[str]) -> list[str]:
    return ["account_id", *(name for name in MEMBERS if name in members), "o", "k", "r"]


def _mask(days: list[Any]) -> Any:
    """One bit for each day of the week that occurs. Not every engine has a bitwise aggregate."""
    bits = [day.ifelse(1 << bit, 0).max() for bit, day in enumerate(days)]
    total = bits[0]
    for bit in bits[1:]:
        total = total + bit
    return total.cast("int64")

"""Where revenue came from and went, month by month.

An account's revenue of a month is its monthly recurring revenue at the month's end. Between two month ends it is

    new             none before and some now, of an account that never paid before
    reactivation    none before and some now, of one that did
    expansion       more than before
    contraction     less than before, but some
    churn           some before and none now

so that start + new + reactivation + expansion - contraction - churn = end, exactly, in integer minor units.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir

from pipeline.engine import Engine
from pipeline.portfolio.customers import instant_table, rows_of, states
from pipeline.portfolio.periods import Period

KINDS = ("new", "expansion", "contraction", "churn", "reactivation")


def revenue_by_month(
    coverage: ir.Table, months: Sequence[Period], cutoff: date, grace_days: int, engine: Engine
) -> list[dict[str, Any]]:
    """One entry for each of the consecutive finished ``months`` (portfolio.json, ``revenue``), in minor units.

    ``final`` is false while a gap that began in the month may still be closed within the grace. The month in which
    the records begin has no beginning of its own and is left out.
    """
    if not months:
        return []
    instants = engine.frame(instant_table([months[0].start, *(month.end for month in months)]))
    paid = coverage.filter(coverage.mrr > 0)
    moved = _movements(states(paid, instants), _first_paid(paid), instants)
    found = {row["i"]: row for row in rows_of(engine, _totals(moved))}
    last_final = cutoff - timedelta(days=grace_days)
    told = [_entry(month, found.get(i), month.end <= last_final) for i, month in enumerate(months, 1)]
    return told[_records_begin(found, len(months)) :]


def _first_paid(paid: ir.Table) -> ir.Table:
    """When each account began to pay, and when the records begin to show it."""
    return paid.group_by("account_id").aggregate(first_start=paid.first_start.min(), first_row=paid.starts_at.min())


def _movements(held: ir.Table, first: ir.Table, instants: ir.Table) -> ir.Table:
    """Each account's revenue at the end of a month (``now``) and of the month before (``before``), and how it moved."""
    none = ibis.literal(0, "int64")
    ends = held.select("account_id", "i", now=held.mrr, before=none)
    both = ends.union(held.select("account_id", i=held.i + 1, now=none, before=held.mrr)).group_by("account_id", "i")
    both = both.aggregate(now=ibis._.now.sum().cast("int64"), before=ibis._.before.sum().cast("int64"))
    # the first instant has no month before it, and after the last there is no month
    spans = instants.select(i=instants.i + 1, since=instants["at"]).semi_join(instants, "i")
    both = both.join(spans, "i").join(first, "account_id")
    is_old = both.first_start < both.since
    # it paid before the records show it: the records begin here, and not the revenue
    entered = (both.before == 0) & is_old & (both.first_row >= both.since)
    both = both.mutate(is_old=is_old, entered=entered)
    return both.mutate(before=both.entered.ifelse(both.now, both.before))


def _totals(both: ir.Table) -> ir.Table:
    """Amounts and accounts of each kind, by month."""
    rose, fell = both.now > both.before, both.now < both.before
    opened, closed = both.before == 0, both.now == 0
    kinds = {
        "new": rose & opened & ~both.is_old,
        "reactivation": rose & opened & both.is_old,
        "expansion": rose & ~opened,
        "contraction": fell & ~closed,
        "churn": fell & closed,
    }
    change = (both.now - both.before).abs()
    amounts = {kind: holds.ifelse(change, 0).sum().cast("int64") for kind, holds in kinds.items()}
    counts = {f"{kind}_accounts": holds.sum().cast("int64") for kind, holds in kinds.items()}
    ends = {
        "start": both.before.sum().cast("int64"),
        "end": both.now.sum().cast("int64"),
        "start_accounts": (both.before > 0).sum().cast("int64"),
        "end_accounts": (both.now > 0).sum().cast("int64"),
        "entered": both.entered.sum().cast("int64"),
    }
    return both.group_by("i").aggregate(**amounts, **counts, **ends)


def _records_begin(found: dict[int, dict[str, Any]], months: int) -> int:
    """How many of the first months have no beginning: nothing yet, or all that is there had paid before."""
    for place in range(months):
        row = found.get(place + 1)
        if row and row["end"]:
            return place + (1 if row["entered"] == row["start_accounts"] and row["entered"] else 0)
    return months


def _entry(month: Period, row: dict[str, Any] | None, final: bool) -> dict[str, Any]:
    found = row or {}
    names = ("start", *KINDS, "end")
    return {
        "month": month.name,
        "final": final,
        **{name: found.get(name, 0) for name in names},
        "accounts": {name: found.get(f"{name}_accounts", 0) for name in names},
    }

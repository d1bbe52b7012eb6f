"""Who stayed and how much of their revenue stayed, over a stretch of weeks.

With S customers at the start, E at the end and N won between: retention = (E - N) / S * 100. Revenue is monthly
recurring revenue of those who were customers at the start: gross counts losses and cuts only, net counts growth too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir

from pipeline.engine import Engine
from pipeline.portfolio.customers import instant_table, rows_of, states

SPANS = (13, 52)
"""Weeks back from the cutoff."""


@dataclass(frozen=True)
class Retention:
    """Counts in accounts, revenue in minor units, percentages 0 to 100; None where nothing is known."""

    weeks: int
    since: date
    customers_then: int
    customers_now: int
    won: int
    lost: int
    retention: float
    logo_churn: float
    revenue_then: int | None = None
    gross_revenue_retention: float | None = None
    net_revenue_retention: float | None = None
    revenue_unknown: int = 0
    """Accounts that are left out of the revenue figures because their revenue is not known on one of the two days."""


def retentions(
    coverage: ir.Table, cutoff: date, begin: date, engine: Engine, priced: bool, spans: Sequence[int] = SPANS
) -> tuple[int, list[Retention]]:
    """The customers at the cutoff, and the retention over each span that the records reach back for."""
    days = [cutoff, *(cutoff - timedelta(weeks=weeks) for weeks in spans)]
    held = engine.settle(states(coverage, engine.frame(instant_table(days))))
    counts = {row["i"]: row["accounts"] for row in rows_of(engine, held.group_by("i").aggregate(accounts=held.count()))}
    kept = {row["i"]: row for row in rows_of(engine, _kept(held))}
    engine.release(held)
    now = counts.get(0, 0)
    found = [
        _retention(weeks, day, now, kept[i], priced)
        for i, (weeks, day) in enumerate(zip(spans, days[1:], strict=True), 1)
        if day > begin and i in kept
    ]
    return now, found


def _kept(held: ir.Table) -> ir.Table:
    """For each earlier instant: its accounts, those still there, and the revenue of both days where both are known."""
    now = held.filter(held.i == 0).select("account_id", mrr_now=held.mrr, is_here=True)
    then = held.filter(held.i > 0)
    both = then.left_join(now, "account_id").drop("account_id_right")
    is_here = both.is_here.fill_null(False)
    after = is_here.ifelse(both.mrr_now, 0)
    known = both.mutate(is_here=is_here, after=after, is_known=both.mrr.notnull() & after.notnull())
    return known.group_by("i").aggregate(
        accounts=known.count(),
        stayed=known.is_here.sum(),
        known=known.is_known.sum(),
        before=_sum(known, known.mrr),
        gross=_sum(known, ibis.least(known.mrr, known.after)),
        net=_sum(known, known.after),
    )


def _sum(known: ir.Table, amount: Any) -> Any:
    return known.is_known.ifelse(amount, 0).sum().cast("int64")


def _retention(weeks: int, day: date, now: int, kept: dict[str, Any], priced: bool) -> Retention:
    there, stayed = kept["accounts"], kept["stayed"]
    retention = 100.0 * (now - (now - stayed)) / there
    revenue = kept["before"] if priced and kept["before"] else None
    return Retention(
        weeks=weeks,
        since=day,
        customers_then=there,
        customers_now=now,
        won=now - stayed,
        lost=there - stayed,
        retention=retention,
        logo_churn=100.0 - retention,
        revenue_then=revenue,
        gross_revenue_retention=None if revenue is None else 100.0 * kept["gross"] / revenue,
        net_revenue_retention=None if revenue is None else 100.0 * kept["net"] / revenue,
        revenue_unknown=there - kept["known"],
    )

"""How long customers waited for the first answer and for the solution.

A ticket counts in the period in which it was created. One that is still open waits longer than any that was solved,
so that the slow ones are not left out: the median is unknown when half or more are open.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir

from pipeline.engine import Engine
from pipeline.portfolio.customers import rows_of
from pipeline.portfolio.periods import Period, last_weeks, period_table

WEEKS = 13
_OPEN = 10**12
"""Seconds that no wait reaches: what an unanswered ticket counts as."""
_PRIORITIES = ("urgent", "high", "normal", "low")
_MEASURES = ("first_response", "resolution")


def support(rows: ir.Table, cutoff: date, months: Sequence[Period], engine: Engine) -> dict[str, Any]:
    """Waits in seconds: now, 13 weeks before, by priority and by month (portfolio.json, ``support``)."""
    spans = [last_weeks(cutoff, WEEKS), last_weeks(cutoff, WEEKS, WEEKS), *months]
    waits = engine.settle(_waits(rows, spans, engine))
    told = {name for name in _MEASURES if rows_of(engine, waits.aggregate(n=waits[f"{name}_known"].sum()))[0]["n"]}
    whole = {row["period"]: row for row in rows_of(engine, _quantiles(waits, "period"))}
    now = waits.filter(waits.period == 0, waits.priority.notnull())
    urgent = {row["priority"]: row for row in rows_of(engine, _quantiles(now, "priority"))}
    engine.release(waits)
    return {
        "weeks": WEEKS,
        "now": _told(whole.get(0), told),
        "before": _told(whole.get(1), told),
        "by_priority": [{"priority": name, **_told(urgent[name], told)} for name in _PRIORITIES if name in urgent],
        "by_month": [{"month": m.name, **_told(whole.get(place), told)} for place, m in enumerate(months, 2)],
    }


def _waits(rows: ir.Table, spans: Sequence[Period], engine: Engine) -> ir.Table:
    """Each ticket known at the cutoff in its periods, with what was known of its waits by then."""
    at, periods = ibis.literal(spans[0].end_at), engine.frame(period_table(spans))
    known = rows.filter(rows.known_at < at, rows.occurred_at < at)
    within = known.join(periods, [known.occurred_at >= periods.start_at, known.occurred_at < periods.end_at])
    solved = (within.solved_at < at).fill_null(False)
    answered = (within.first_response_at < at).fill_null(False) & within.first_response_seconds.notnull()
    finished = solved & within.resolution_seconds.notnull()
    return within.select(
        "period",
        "priority",
        is_open=(~solved).ifelse(1, 0),
        first_response_known=answered.ifelse(1, 0),
        first_response=answered.ifelse(within.first_response_seconds, _OPEN).cast("int64"),
        resolution_known=finished.ifelse(1, 0),
        resolution=finished.ifelse(within.resolution_seconds, _OPEN).cast("int64"),
    )


def _quantiles(waits: ir.Table, by: str) -> ir.Table:
    found = {"tickets": waits.count(), "open": waits.is_open.sum()}
    for name in _MEASURES:
        found[f"{name}_known"] = waits[f"{name}_known"].sum()
        found[f"{name}_median"] = waits[name].quantile(0.5)
        found[f"{name}_p90"] = waits[name].quantile(0.9)
    return waits.group_by(by).aggregate(**found)


def _told(row: dict[str, Any] | None, told: set[str]) -> dict[str, Any]:
    found = row or {}
    waits = {
        name: {
            "known": found.get(f"{name}_known", 0),
            "median_seconds": _wait(found.get(f"{name}_median")),
            "p90_seconds": _wait(found.get(f"{name}_p90")),
        }
        if name in told
        else None
        for name in _MEASURES
    }
    still_open = found.get("open", 0) if "resolution" in told else None
    return {"tickets": found.get("tickets", 0), "open": still_open, **waits}


def _wait(seconds: float | None) -> int | None:
    """Whole seconds; None where the quantile falls among those who still wait."""
    return None if seconds is None or seconds > _OPEN / 1000 else round(seconds)

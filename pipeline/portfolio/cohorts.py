"""What became of the customers who began in the same month: how many are still there, and what they pay.

A cohort is closed when its month has ended. Its row has one figure for each month end since; one that has not come
yet is absent. Cohorts from before the records begin are left out: who left before then is not in the records.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import ibis.expr.types as ir

from pipeline.engine import Engine
from pipeline.portfolio.customers import firsts, instant_table, rows_of, states
from pipeline.portfolio.periods import Period, period_table


def cohorts(coverage: ir.Table, months: Sequence[Period], begin: date, engine: Engine, priced: bool) -> dict[str, Any]:
    """The triangle of the finished ``months`` (portfolio.json, ``cohorts``); revenue in minor units."""
    first = firsts(coverage)
    undated = first.filter(~first.is_start_known)
    unknown = rows_of(engine, undated.aggregate(n=undated.count()))[0]["n"]
    shown = [month for month in months if month.start >= begin]
    rows = _rows(coverage, first, shown, engine, priced) if shown else []
    return {"months": len(shown), "rows": rows, "unknown_start": unknown}


def _rows(
    coverage: ir.Table, first: ir.Table, months: Sequence[Period], engine: Engine, priced: bool
) -> list[dict[str, Any]]:
    spans = engine.frame(period_table(months))
    began = first.join(spans, [first.first_start >= spans.start_at, first.first_start < spans.end_at])
    began = engine.settle(began.select("account_id", "period"))
    sizes = {row["period"]: row["n"] for row in rows_of(engine, began.group_by("period").aggregate(n=began.count()))}
    held = states(coverage.semi_join(began, "account_id"), engine.frame(instant_table([m.end for m in months])))
    kept = held.join(began, "account_id")
    kept = kept.group_by("period", "i").aggregate(accounts=kept.count(), revenue=kept.mrr.sum().cast("int64"))
    cells = {(row["period"], row["i"]): row for row in rows_of(engine, kept)}
    return [_row(months, place, sizes.get(place, 0), cells, priced) for place in range(len(months))]


def _row(
    months: Sequence[Period], place: int, size: int, cells: dict[tuple[int, int], dict[str, Any]], priced: bool
) -> dict[str, Any]:
    ages = [cells.get((place, i), {}) for i in range(place, len(months))]
    return {
        "cohort": months[place].name,
        "accounts": size,
        "kept": [cell.get("accounts", 0) for cell in ages],
        "kept_revenue": [cell.get("revenue") or 0 for cell in ages] if priced else None,
    }

"""Who was a customer at an instant, and for how much, as it is known at the cutoff.

Coverage counts at an instant when ``starts_at < instant <= ends_at``, as everywhere (pipeline.spine). A gap of at most
the label's grace is none: a customer whose next billing period begins some days late has neither left nor come back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from pipeline.clock import midnight
from pipeline.engine import Engine
from pipeline.labels import known_by

BEFORE_RECORDS = datetime(1971, 1, 1)
"""An account whose start nobody knows is dated before this instant (pipeline.sources.canonical)."""


def coverage_known(rows: ir.Table, cutoff: date, grace_days: int) -> ir.Table:
    """The rows of coverage as known at the cutoff, gaps of up to ``grace_days`` closed."""
    known = known_by(rows, midnight(cutoff))
    known = known.select("account_id", "starts_at", "ends_at", "first_start", "mrr", "plan")
    order = ibis.window(group_by="account_id", order_by=["starts_at", "ends_at"])
    known = known.mutate(next_start=known.starts_at.lead().over(order))
    is_gap = (known.next_start > known.ends_at) & (known.next_start <= known.ends_at + ibis.interval(days=grace_days))
    return known.mutate(ends_at=is_gap.fill_null(False).ifelse(known.next_start, known.ends_at)).drop("next_start")


def states(coverage: ir.Table, instants: ir.Table) -> ir.Table:
    """One row for each customer at each instant (columns ``i``, ``at``): mrr in minor units (null if unknown), plan."""
    held = coverage.join(
        instants,
        [coverage.starts_at < instants["at"], coverage.ends_at.isnull() | (coverage.ends_at >= instants["at"])],
    )
    return held.group_by("account_id", "i").aggregate(mrr=held.mrr.sum().cast("int64"), plan=held.plan.max())


def firsts(coverage: ir.Table) -> ir.Table:
    """Each account's first start, whether the records show that start, and when the records begin to show it."""
    found = coverage.group_by("account_id").aggregate(
        first_start=coverage.first_start.min(), first_seen=coverage.starts_at.min()
    )
    return found.mutate(is_start_known=found.first_start >= ibis.literal(BEFORE_RECORDS))


def records_begin(coverage: ir.Table, engine: Engine) -> date | None:
    """The day from which on the records of coverage tell anything."""
    dated = coverage.filter(coverage.starts_at >= ibis.literal(BEFORE_RECORDS))
    found = rows_of(engine, dated.aggregate(first=dated.starts_at.min()))[0]["first"]
    return None if found is None else found.date()


def instant_table(days: Sequence[date]) -> pa.Table:
    """Instants as a table: ``i`` (their place from 0) and ``at`` (the first instant of the day)."""
    moments = [midnight(day) for day in days]
    return pa.table({"i": pa.array(range(len(days)), pa.int64()), "at": pa.array(moments, pa.timestamp("us"))})


def rows_of(engine: Engine, table: ir.Table) -> list[dict[str, Any]]:
    """A small result as plain values: what is missing is None, and the wide sums of an engine are integers again."""
    return [
        {name: int(value) if isinstance(value, Decimal) else value for name, value in row.items()}
        for batch in engine.batches(table)
        for row in batch.to_pylist()
    ]

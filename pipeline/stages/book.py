"""The portfolio of one week: the tables as known at its cutoff, and the weeks published before it."""

from __future__ import annotations

from datetime import date

import ibis.expr.types as ir
import pandas as pd

from pipeline.labels import churn_events, ends_of_coverage
from pipeline.portfolio import Book, Known, book
from pipeline.spine import coverage_rows
from pipeline.stages.context import Run
from pipeline.stages.tabulate import active_source, snapshot_columns

WEEKS = 52
"""How many published weeks the spread of health is shown for."""


def portfolio_book(run: Run, cutoff: date, scores: pd.DataFrame) -> Book:
    """Everything that portfolio.json says of the week of ``cutoff``."""
    earlier = [week for day, week in run.workspace.current_weeks().items() if day < cutoff][-WEEKS:]
    hidden = frozenset(snapshot_columns(run).get("subscriptions", ()))
    with run.engine() as engine:
        tables = run.tables(engine)
        coverage = coverage_rows(tables, active_source(run), run.config.label.quiet_days)
        known = Known(tables, coverage, _churns(run, tables, coverage, cutoff), cutoff, hidden)
        return book(known, run.config, scores, (week.manifest() for week in earlier), engine)


def _churns(run: Run, tables: dict[str, ir.Table], coverage: ir.Table, cutoff: date) -> ir.Table:
    """The customers who left, as known at the cutoff: as recorded where that is, else by the end of coverage."""
    at = pd.Timestamp(cutoff).to_pydatetime()
    if "churns" in tables:
        recorded = run.config.label.model_copy(update={"kinds": ("cancellation",)})
        return churn_events(tables, coverage, recorded, "churns", at)
    return ends_of_coverage(coverage, run.config.label.grace_days, at)

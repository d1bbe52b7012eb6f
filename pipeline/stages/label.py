"""Which table says who left, and until when an account is a customer; and the labels that follow from that."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import ibis.expr.types as ir

from pipeline.labels import build_labels
from pipeline.spine import Tables, coverage_rows
from pipeline.stages.context import Run
from pipeline.stages.tabulate import active_source


def label_source(run: Run) -> str:
    """Which of the tables that were read says who left."""
    return source_among(run, run.table_paths())


def covered_by(run: Run) -> str:
    """Which table says when an account ends: where the label says, even if another table says who is a customer."""
    source = label_source(run)
    return source if source in ("subscriptions", "accounts") else active_source(run)


def source_among(run: Run, present: Collection[str]) -> str:
    """Which table says who left, where ``present`` are the tables there are."""
    settings = run.config.label
    if "going_quiet" in settings.kinds:
        return "usage"
    if settings.source != "auto":
        return settings.source
    return next((name for name in ("churns", "subscriptions") if name in present), "accounts")


def labels_of(run: Run, tables: Tables, spine: ir.Table, as_of: datetime) -> ir.Table:
    """A label for each row of the spine, as far as it was known at ``as_of`` (``pipeline.labels.build_labels``)."""
    settings = run.config.label
    rows = coverage_rows(tables, covered_by(run), settings.quiet_days)
    return build_labels(tables, rows, spine, settings, label_source(run), as_of, label_wait(run))


def label_wait(run: Run) -> int:
    """How many days after its horizon a label is known: the grace, and the delay with which the label's table tells."""
    told_by = label_source(run)
    delays = (source.delay for table, _, source in run.config.sources.each() if table == told_by)
    delay = max((each for each in delays if each), default=timedelta())
    return run.config.label.grace_days - (-delay // timedelta(days=1))

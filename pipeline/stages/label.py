"""Which table says who left, and which until when an account is a customer."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

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


def label_wait(run: Run) -> int:
    """How many days after its horizon a label is known: the grace, and the delay with which the label's table tells."""
    told_by = label_source(run)
    delays = (source.delay for table, _, source in run.config.sources.each() if table == told_by)
    delay = max((each for each in delays if each), default=timedelta())
    return run.config.label.grace_days - (-delay // timedelta(days=1))

"""Which table says who left, and which until when an account is a customer."""

from __future__ import annotations

from collections.abc import Collection

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

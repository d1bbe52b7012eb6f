"""The commands that read: check, ingest and features."""

from __future__ import annotations

from pipeline.commands import telling
from pipeline.stages.context import Run
from pipeline.stages.examine import examine
from pipeline.stages.outcome import Outcome
from pipeline.stages.read import read
from pipeline.stages.stage import seconds_of
from pipeline.stages.tabulate import tabulate


def check(run: Run) -> Outcome:
    """What the sources hold and what is wrong with them."""
    report = examine(run)
    return Outcome(report.to_dict(), report.text(), report.exit_code)


def ingest(run: Run) -> Outcome:
    """Sources into canonical tables."""
    with run.working("ingest"):
        report = read(run)
    return Outcome(report, telling.ingested(report))


def features(run: Run) -> Outcome:
    """Every feature at every training cutoff and at the week's own."""
    with run.working("features"):
        read(run)
        cutoff = run.cutoff()
        found = tabulate(run, [*run.grid(cutoff), cutoff])
    data = {
        "features": len(found.catalog),
        "rows": found.rows,
        "seconds": round(seconds_of(run.stages)["features"], 3),
        "path": str(found.path),
        "cutoffs": [day.isoformat() for day in found.cutoffs],
    }
    return Outcome(data, telling.tabulated(data))

"""The ingest stage: sources into canonical tables, and what became of every record."""

from __future__ import annotations

import json
from typing import Any

from pipeline.ingest import ingest
from pipeline.stages.context import Run
from pipeline.warehouse import replacing

_REPORT = "ingest_report.json"


def read(run: Run) -> dict[str, Any]:
    """Ingest every source; the report is kept beside the tables."""
    with run.stage("ingest"):
        report = ingest(run.config, run.workspace.warehouse, run.workspace.quarantine, run.reporter.doing).to_dict()
        with replacing(run.workspace.warehouse / _REPORT) as path:
            path.write_text(json.dumps(report, indent=1, default=str))
    return report


def ingest_report(run: Run) -> dict[str, Any]:
    """What the last ingest of this workspace read, accepted and quarantined."""
    path = run.workspace.warehouse / _REPORT
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found


def inputs_of(run: Run) -> dict[str, Any]:
    """The last ingest as a week's manifest keeps it: what was read and what became of it, not how long it took."""
    report = ingest_report(run)
    kept = {name: report[name] for name in ("inputs", "sources", "warnings")}
    totals = {name: report[name] for name in ("records", "accepted", "quarantined", "duplicates", "filtered")}
    return {**kept, **totals, "rows": {name: table["rows"] for name, table in report["tables"].items()}}

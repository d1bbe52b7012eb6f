"""The ingest stage: sources into canonical tables, and what became of every record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pipeline.ingest import ingest
from pipeline.stages.context import Run
from pipeline.warehouse import replacing

_REPORT = "ingest_report.json"


def read(run: Run) -> dict[str, Any]:
    """Ingest every source; the report is kept beside the tables."""
    with run.stage("ingest") as stage:
        before = ingest_report(run)
        report = ingest(run.config, run.workspace.warehouse, run.workspace.quarantine, run.reporter.doing).to_dict()
        with replacing(run.workspace.warehouse / _REPORT) as path:
            path.write_text(json.dumps(report, indent=1, default=str))
        stage.read, stage.wrote = _told(report)
    for told in _new_columns(before, report):
        run.reporter.warn(told)
    return report


def _new_columns(before: dict[str, Any], report: dict[str, Any]) -> Iterator[str]:
    """Columns that no mapping asks for and that were not there at the last ingest."""
    known = {source["name"]: set(source["unknown_columns"]) for source in before.get("sources", ())}
    for source in report["sources"]:
        fresh = [each for each in source["unknown_columns"] if each not in known.get(source["name"], {each})]
        if fresh:
            yield f"{source['name']}: new columns that no mapping asks for, so they are ignored: {', '.join(fresh)}"


def _told(report: dict[str, Any]) -> tuple[str, str]:
    """What an ingest read and wrote; tables whose inputs have not changed are not written again."""
    files = sum(len(source["files"]) for source in report["sources"])
    fresh = [table for table in report["tables"].values() if not table["reused"]]
    read = f"{report['records']:,} records of {len(report['sources'])} sources ({files} files)"
    counts = f"{report['quarantined']:,} quarantined, {report['duplicates']:,} duplicates dropped"
    if not fresh:
        return f"{read}, {counts}, all unchanged", ""
    return read, f"{len(fresh)} tables of {sum(table['rows'] for table in fresh):,} rows, {counts}"


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

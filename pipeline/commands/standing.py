"""The status command: the champion and the published weeks."""

from __future__ import annotations

from pipeline.commands import telling
from pipeline.stages.champion import entry_of
from pipeline.stages.context import Run
from pipeline.stages.outcome import Outcome
from pipeline.stages.watch import waiting


def status(run: Run) -> Outcome:
    """The champion and the published weeks."""
    weeks = list(run.workspace.current_weeks().values())
    data = {
        "workspace": str(run.workspace.root),
        "champion": entry_of(run),
        "waiting": waiting(run),
        "weeks": [{"as_of": week.cutoff.isoformat(), "path": str(week.path)} for week in weeks],
        "latest": weeks[-1].manifest() if weeks else None,
        "latest_path": str(weeks[-1].path) if weeks else None,
    }
    return Outcome(data, telling.stood(data))

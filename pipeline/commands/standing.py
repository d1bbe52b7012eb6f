"""The status command: the champion, the published weeks, and what did not finish."""

from __future__ import annotations

from dataclasses import asdict

from pipeline.commands import telling
from pipeline.stages.attempts import unfinished
from pipeline.stages.champion import entry_of
from pipeline.stages.context import Run
from pipeline.stages.outcome import Outcome
from pipeline.stages.watch import waiting


def status(run: Run) -> Outcome:
    """The champion, the published weeks, and what began and did not finish."""
    weeks = list(run.workspace.current_weeks().values())
    attempts = unfinished(run.workspace)
    # asked only where it matters: who asks holds the workspace for that moment
    holder = run.workspace.holder() if any(each.exit_code is None for each in attempts) else None
    data = {
        "workspace": str(run.workspace.root),
        "champion": entry_of(run),
        "waiting": waiting(run),
        "unfinished": [asdict(each) | {"told": each.told(holder)} for each in attempts],
        "weeks": [{"as_of": week.cutoff.isoformat(), "path": str(week.path)} for week in weeks],
        "latest": weeks[-1].manifest() if weeks else None,
        "latest_path": str(weeks[-1].path) if weeks else None,
    }
    return Outcome(data, telling.stood(data))

"""``holdfast demo``: write the demo company into a workspace and say what it is."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Protocol

from pipeline.config import Config
from pipeline.demo.company import LAST_DAY, DemoSummary, simulate
from pipeline.stages.outcome import Outcome


class Reporter(Protocol):
    """Where progress goes."""

    def doing(self, text: str) -> None:
        """Show what is being done."""

    def done(self, text: str) -> None:
        """Leave a line for what is done."""


def write_demo(
    workspace: Path,
    accounts: int,
    weeks: int,
    seed: int,
    reporter: Reporter,
    end: date | None = None,
    config: Config | None = None,
) -> Outcome:
    """Exports to ``<workspace>/demo/exports``, the hidden truth apart in ``<workspace>/demo/truth``.

    History ends before the last Monday on or before ``end``, or else where ``calendar.as_of`` of ``config`` says.
    ``data_root`` is not written to: it may hold real exports.
    """
    folder = workspace / "demo"
    summary = simulate(
        folder / "exports",
        folder / "truth",
        accounts=accounts,
        weeks=weeks,
        seed=seed,
        end=end or _end_of(config),
        progress=lambda done, total: reporter.doing(f"demo company: {done:,} of {total:,} accounts"),
    )
    reporter.done(f"wrote {summary.events:,} usage events of {summary.accounts:,} accounts")
    return Outcome(summary.to_dict(), _told(summary, config.name if config else "Demo company"))


def _end_of(config: Config | None) -> date:
    """The last day that a configuration asks for; a fixed one where it takes whatever the data cover."""
    if config is None or config.calendar.as_of == "data":
        return LAST_DAY
    return config.calendar.calendar.today() if config.calendar.as_of == "today" else config.calendar.as_of


def _told(summary: DemoSummary, name: str) -> str:
    rows = sum(summary.rows.values())
    return (
        f"{name}: {summary.accounts:,} accounts from {summary.first_day} to {summary.end}, {summary.churns:,} of "
        f"which left.\n{summary.events:,} usage events and {rows:,} other rows are in {summary.exports}.\n"
        f"What was hidden from them is in {summary.truth}; the pipeline never reads it."
    )

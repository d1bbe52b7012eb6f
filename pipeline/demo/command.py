"""``holdfast demo``: write the demo company into a workspace and say what it is."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from pipeline.demo.company import DemoSummary, simulate
from pipeline.stages.outcome import Outcome


class Reporter(Protocol):
    """Where progress goes."""

    def doing(self, text: str) -> None:
        """Show what is being done."""

    def done(self, text: str) -> None:
        """Leave a line for what is done."""


def write_demo(workspace: Path, accounts: int, weeks: int, seed: int, reporter: Reporter) -> Outcome:
    """Exports to ``<workspace>/demo/exports``, the hidden truth apart in ``<workspace>/demo/truth``."""
    folder = workspace / "demo"
    summary = simulate(
        folder / "exports",
        folder / "truth",
        accounts=accounts,
        weeks=weeks,
        seed=seed,
        progress=lambda done, total: reporter.doing(f"demo company: {done:,} of {total:,} accounts"),
    )
    reporter.done(f"wrote {summary.events:,} usage events of {summary.accounts:,} accounts")
    return Outcome(summary.to_dict(), _told(summary))


def _told(summary: DemoSummary) -> str:
    rows = sum(summary.rows.values())
    return (
        f"Demo company: {summary.accounts:,} accounts from {summary.first_day} to {summary.end}, {summary.churns:,} of "
        f"which left.\n{summary.events:,} usage events and {rows:,} other rows are in {summary.exports}.\n"
        f"What was hidden from them is in {summary.truth}; the pipeline never reads it."
    )

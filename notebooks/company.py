"""The small demo company that the notebooks look at; for your own, load your configuration and name your workspace."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

from pipeline.commands import command
from pipeline.config import load_config
from pipeline.demo import simulate
from pipeline.stages.context import Run
from pipeline.stages.learn import Learned, learn
from pipeline.stages.progress import Terminal
from pipeline.warehouse import Workspace

TRUTH = "truth"


def demo_company(accounts: int = 240) -> Run:
    """Write and ingest a demo company in a folder of its own, with one candidate so that a notebook is quick."""
    folder = Path(tempfile.mkdtemp(prefix="holdfast-notebook-"))
    simulate(folder / "exports", folder / TRUTH, accounts=accounts)
    root = next(place for place in (Path.cwd(), *Path.cwd().parents) if (place / "config.yaml").exists())
    text = (root / "config.yaml").read_text().replace("workspace/demo/exports", "exports")
    (folder / "config.yaml").write_text(text + "\nmodel: {candidates: [logistic]}\n")
    run = Run(load_config(folder / "config.yaml"), Workspace(folder / "workspace"), Terminal())
    command("ingest")(run)
    return run


def learned_from(run: Run) -> tuple[Learned, date]:
    """A training on what was known at the last week, and that week."""
    cutoff = run.cutoff()
    return learn(run, cutoff), cutoff

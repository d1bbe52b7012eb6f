"""The small demo company that the notebooks look at; for your own, load your configuration and name your workspace.

It is made once, learned from, and kept in ``workspace/notebooks/`` until the program or ``config.yaml`` changes. Each
notebook works on a copy, so that what one tries is not there for the next.
"""

from __future__ import annotations

import shutil
import tempfile
from datetime import date
from pathlib import Path

from pipeline.commands import command
from pipeline.config import load_config
from pipeline.demo import simulate
from pipeline.stages.context import Run
from pipeline.stages.identity import code_version
from pipeline.stages.learn import Learned, learn
from pipeline.stages.progress import Terminal
from pipeline.warehouse import Workspace, text_hash

TRUTH = "truth"
_ROOT = next(place for place in (Path.cwd(), *Path.cwd().parents) if (place / "config.yaml").exists())
_KEPT = _ROOT / "workspace" / "notebooks"


def demo_company(accounts: int = 240) -> Run:
    """A demo company in a folder of its own, ingested, with one candidate so that a notebook is quick."""
    config = (_ROOT / "config.yaml").read_text().replace("workspace/demo/exports", "exports")
    config += "\nmodel: {candidates: [logistic]}\n"
    kept = _KEPT / f"{accounts}-{code_version()}-{text_hash(config)[:8]}"
    if not kept.exists():
        _make(kept, config, accounts)
    folder = Path(tempfile.mkdtemp(prefix="holdfast-notebook-"))
    shutil.copytree(kept, folder, dirs_exist_ok=True)
    return _company(folder)


def learned_from(run: Run) -> tuple[Learned, date]:
    """A training on what was known at the last week, and that week."""
    cutoff = run.cutoff()
    return learn(run, cutoff), cutoff


def _company(folder: Path) -> Run:
    return Run(load_config(folder / "config.yaml"), Workspace(folder / "workspace"), Terminal())


def _make(kept: Path, config: str, accounts: int) -> None:
    _KEPT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".making-", dir=_KEPT, ignore_cleanup_errors=True) as making:
        fresh = Path(making) / kept.name
        simulate(fresh / "exports", fresh / TRUTH, accounts=accounts)
        (fresh / "config.yaml").write_text(config)
        run = _company(fresh)
        command("ingest")(run)
        learned_from(run)
        for old in _KEPT.glob("[0-9]*"):
            shutil.rmtree(old)
        # whole or not at all
        fresh.rename(kept)

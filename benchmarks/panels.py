"""From a configuration to what models learn from: features and labels at all training cutoffs."""

from __future__ import annotations

from pathlib import Path

from models.panel import Panel
from models.settings import TrainSettings
from pipeline.config import load_config
from pipeline.stages.context import Run
from pipeline.stages.learn import train_settings, training_panel
from pipeline.stages.progress import Terminal
from pipeline.stages.read import read
from pipeline.stages.tabulate import tabulate
from pipeline.warehouse import Workspace


def training(config: Path, workspace: Path) -> tuple[Panel, TrainSettings]:
    """Ingest, tabulate and label in ``workspace``."""
    run = Run(load_config(config), Workspace(workspace), Terminal(), None)
    with run.workspace.locked():
        read(run)
        as_of = run.cutoff()
        found = tabulate(run, [*run.grid(as_of), as_of])
        return training_panel(run, found, as_of), train_settings(run)

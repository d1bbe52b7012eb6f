"""What a CRM may hold before this week's import."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from pipeline.deliver.crm import PRODUCTS
from pipeline.stages.context import Run
from pipeline.warehouse import Week


def crm_states(run: Run, cutoff: date) -> dict[str, list[pd.DataFrame]]:
    """By product: the state after the last import before ``cutoff``, and after those of earlier versions of its week.

    Whether a first version was imported before its correction came is not known, so both must be made good. Replayed
    weeks count for nothing: nobody imported them.
    """
    weeks = [week for week in run.workspace.weeks() if week.cutoff <= cutoff]
    before = [week for week in weeks if week.cutoff < cutoff]
    versions = [week for week in weeks if week.cutoff == cutoff]
    return {
        name: [pd.read_parquet(path) for path in (*_paths([*reversed(before)], file)[:1], *_paths(versions, file))]
        for name, file in PRODUCTS.items()
    }


def _paths(weeks: list[Week], file: str) -> list[Path]:
    return [path for week in weeks if (path := week.path / f"{file}.parquet").exists()]

"""What a CRM may hold before this week's import."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pandas as pd

from pipeline.deliver.crm import PRODUCTS
from pipeline.stages.context import Run
from pipeline.warehouse import Week


def crm_states(run: Run, cutoff: date) -> dict[str, list[pd.DataFrame]]:
    """By product: the state after the last import before ``cutoff``, and after those of earlier versions of its week.

    Whether a first version was imported before its correction came is not known, so both must be made good. A CRM that
    was never told anything has an empty state. Replayed weeks count for nothing: nobody imported them.
    """
    weeks = [week for week in run.workspace.weeks() if week.cutoff <= cutoff]
    before = [week for week in reversed(weeks) if week.cutoff < cutoff]
    versions = [week for week in weeks if week.cutoff == cutoff]
    return {name: [_last(before, file), *_states(versions, file)] for name, file in PRODUCTS.items()}


def _last(newest_first: list[Week], file: str) -> pd.DataFrame:
    return next(_states(newest_first, file), pd.DataFrame())


def _states(weeks: list[Week], file: str) -> Iterator[pd.DataFrame]:
    return (pd.read_parquet(path) for week in weeks if (path := week.path / f"{file}.parquet").exists())

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pipeline.lists.past import LOOKED_AT
from pipeline.warehouse import Week


def test_of_an_earlier_week_only_the_columns_asked_for_are_read_and_those_it_was_published_with(tmp_path: Path) -> None:
    rows = pd.DataFrame({"account_id": ["a1"], "health": [50.0], "reason_1": ["a long text"], "points_usage": [-3.0]})
    rows.to_parquet(tmp_path / "health_scores.parquet")
    read = Week(pd.Timestamp("2026-01-05").date(), 1, tmp_path).log(LOOKED_AT)
    assert list(read.columns) == ["account_id", "health", "points_usage"]
    assert read.equals(rows[list(read.columns)])

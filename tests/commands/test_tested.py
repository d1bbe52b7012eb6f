"""What a backtest tells people in a screenful."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.commands.tested import _table


def told(**auc: float | None) -> str:
    """The table of two candidates, of whom ``sober`` was chosen."""

    def figures(value: float | None) -> dict[str, Any]:
        given = {"value": value, "low": None, "high": None}
        return dict.fromkeys(("auc", "average_precision", "log_loss"), given)

    models = {name: figures(value) for name, value in auc.items()}
    rest: dict[str, Any] = {"baselines": {}, "benchmarks": {}, "chosen": "sober", "title": "sober"}
    return "\n".join(_table({"models": models, "calibration": {"told": ""}, **rest}))


def test_where_another_candidate_stands_higher_on_the_last_fold_it_is_said_how_the_choice_was_made() -> None:
    assert "bold stands higher here; the choice was made by the earlier folds, never by this last one" in told(
        sober=0.71, bold=0.74
    )


@pytest.mark.parametrize("bold", [0.70, 0.7101, None])
def test_where_none_does_nothing_is_said(bold: float | None) -> None:
    assert "earlier folds" not in told(sober=0.71, bold=bold)

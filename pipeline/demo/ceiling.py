"""The best that any model can reach on the demo company, from its hidden truth.

Only the demo's own report and its tests call this: the pipeline never reads the truth.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.demo.hazard import HORIZONS
from pipeline.demo.stories import Floats
from pipeline.errors import ConfigError, StorageError


def ceiling(truth_dir: Path, horizon_days: int, cutoffs: Iterable[date]) -> dict[str, float]:
    """The AUC of the true probabilities, within each cutoff and averaged over those with leavers and stayers.

    - ``auc``: against what then happened, as a model's own AUC is measured on the same cutoffs.
    - ``expected_auc``: what it would be on average if the same weeks could be lived again and again.
    - ``base_rate``, ``churns`` (distinct accounts), ``accounts``, ``cutoffs``: what it was measured on.

    Cutoffs whose horizon had not passed at the export still have an outcome in the truth, except for decisions
    taken later; leave them out. Raises ConfigError for a horizon that the truth does not hold.
    """
    if horizon_days not in HORIZONS:
        raise ConfigError(f"no truth for a horizon of {horizon_days} days", hint=f"valid: {HORIZONS}")
    rows = _labelled(truth_dir, horizon_days, list(cutoffs))
    weeks = [group for _, group in rows.groupby("cutoff") if 0 < group["left"].sum() < len(group)]
    chance = [group["chance"].to_numpy() for group in weeks]
    return {
        "auc": _mean([auc(p, group["left"].to_numpy(np.float64)) for p, group in zip(chance, weeks, strict=True)]),
        "expected_auc": _mean([auc(p, p) for p in chance]),
        "base_rate": float(rows["left"].mean()),
        "churns": float(rows.loc[rows["left"], "account_id"].nunique()),
        "accounts": float(rows["account_id"].nunique()),
        "cutoffs": float(len(weeks)),
    }


def auc(score: Floats, left: Floats) -> float:
    """The chance that a leaver outranks a stayer; ``left`` is 0 or 1, or the probability of leaving."""
    order = np.argsort(score)
    weight, score = left[order], score[order]
    below = np.concatenate([[0.0], np.cumsum(1 - weight)])
    low = np.searchsorted(score, score, side="left")
    high = np.searchsorted(score, score, side="right")
    wins = weight * (below[low] + (below[high] - below[low]) / 2)
    return float(wins.sum() / (weight.sum() * (1 - weight).sum()))


def _labelled(truth_dir: Path, horizon_days: int, cutoffs: list[date]) -> pd.DataFrame:
    try:
        hazard = pd.read_parquet(truth_dir / "hazard.parquet", filters=[("cutoff", "in", cutoffs)])
        ends = pd.read_parquet(truth_dir / "accounts.parquet", columns=["account_id", "churned_at"])
    except OSError as error:
        raise StorageError(f"the demo's truth could not be read: {error}", hint="run: holdfast demo") from None
    rows = hazard.merge(ends, on="account_id", validate="many_to_one")
    ahead = rows["churned_at"] - pd.to_datetime(rows["cutoff"])
    return rows.assign(
        left=(ahead < timedelta(days=horizon_days)).fillna(False).astype(bool),
        chance=rows[f"probability_{horizon_days}d"],
    )


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")

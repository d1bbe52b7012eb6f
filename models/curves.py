"""The tables behind the plots of a backtest: calibration, gains, and what weighs most."""

from __future__ import annotations

import numpy as np
import pandas as pd

from models.shares import wilson

_BINS = 10
_SHARES = np.linspace(0.01, 1.0, 100)


def reliability_table(out_of_fold: pd.DataFrame, bins: int = _BINS) -> pd.DataFrame:
    """Predicted and realised churn in bins with equally many rows.

    Columns: predicted, realised, low, high (95 % Wilson interval over distinct accounts), rows, churns (distinct).
    """
    p = 1 / (1 + np.exp(-out_of_fold["z"].to_numpy(dtype=np.float64)))
    edges = np.unique(np.quantile(p, np.linspace(0, 1, bins + 1)[1:-1])) if len(p) else np.array([])
    frame = out_of_fold.assign(p=p, bin=np.searchsorted(edges, p, side="right"))
    rows = []
    for _, part in frame.groupby("bin", sort=True):
        left = part.loc[part["y"]]
        accounts = part["account_id"].nunique()
        low, high = wilson(float(part["y"].mean()) * accounts, accounts)
        rows.append((part["p"].mean(), part["y"].mean(), low, high, len(part),
                     len(left[["account_id", "churn_day"]].drop_duplicates())))  # fmt: skip
    return pd.DataFrame(rows, columns=["predicted", "realised", "low", "high", "rows", "churns"])


def gains_table(out_of_fold: pd.DataFrame) -> pd.DataFrame:
    """What calling the likeliest share of accounts catches, within each cutoff, averaged over cutoffs by churns.

    Columns: share (of accounts called), recall (of churns caught), precision, lift. Ties are shared out evenly.
    """
    caught, churns, rows = np.zeros(len(_SHARES)), 0, 0
    for _, part in out_of_fold.groupby("cutoff", sort=True):
        caught += _caught(part["z"].to_numpy(dtype=np.float64), part["y"].to_numpy(dtype=np.float64))
        churns, rows = churns + int(part["y"].sum()), rows + len(part)
    recall = caught / churns if churns else np.full(len(_SHARES), np.nan)
    base = churns / rows if rows else float("nan")
    table = {"share": _SHARES, "recall": recall, "precision": base * recall / _SHARES, "lift": recall / _SHARES}
    return pd.DataFrame(table)


def _caught(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Churns among the likeliest share of one cutoff, for each share."""
    frame = pd.DataFrame({"z": -z, "y": y}).groupby("z", sort=True)["y"].agg(["size", "sum"])
    known, left = np.append(0, frame["size"].cumsum()), np.append(0, frame["sum"].cumsum())
    return np.asarray(np.interp(_SHARES * len(y), known, left))


def importance(points: pd.DataFrame) -> pd.Series[float]:
    """Mean absolute points of each feature over the given rows, heaviest first."""
    return points.abs().mean().sort_values(ascending=False, kind="stable")

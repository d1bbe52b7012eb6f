"""Plots of a backtest that a person would keep."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

_BINS = 10


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
        low, high = _wilson(float(part["y"].mean()), part["account_id"].nunique())
        rows.append((part["p"].mean(), part["y"].mean(), low, high, len(part),
                     len(left[["account_id", "churn_day"]].drop_duplicates())))  # fmt: skip
    return pd.DataFrame(rows, columns=["predicted", "realised", "low", "high", "rows", "churns"])


def reliability_plot(out_of_fold: pd.DataFrame, title: str) -> Figure:
    """Predicted against realised churn; on the diagonal the probabilities are true."""
    table = reliability_table(out_of_fold)
    figure = Figure(figsize=(5.5, 5.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    top = float(np.nanmax(table[["predicted", "high"]].to_numpy())) * 1.05 if len(table) else 1.0
    axes.plot([0, top], [0, top], color="0.6", linewidth=1, linestyle="--", label="perfectly calibrated")
    spread = np.abs(table[["low", "high"]].to_numpy().T - table["realised"].to_numpy())
    axes.errorbar(table["predicted"], table["realised"], yerr=spread, fmt="o", color="#1f4e79", capsize=3)
    for row in table.itertuples():
        axes.annotate(str(row.churns), (row.predicted, row.realised), xytext=(5, 5), textcoords="offset points")
    axes.set(xlabel="predicted share leaving", ylabel="realised share leaving", title=title, xlim=(0, top),
             ylim=(0, top))  # fmt: skip
    axes.legend(loc="upper left", frameon=False, title="numbers: distinct churns in the bin")
    return figure


def _wilson(share: float, count: int) -> tuple[float, float]:
    """95 % interval of a share."""
    spread = 1.96
    middle = (share + spread**2 / (2 * count)) / (1 + spread**2 / count)
    half = spread * np.sqrt(share * (1 - share) / count + spread**2 / (4 * count**2)) / (1 + spread**2 / count)
    return float(min(middle - half, share)), float(max(middle + half, share))


def importance(points: pd.DataFrame) -> pd.Series[float]:
    """Mean absolute points of each feature over the given rows, heaviest first."""
    return points.abs().mean().sort_values(ascending=False, kind="stable")

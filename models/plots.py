"""Plots and their tables of a backtest that a person would keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

_BINS = 10
_SHARES = np.linspace(0.01, 1.0, 100)
INK, OTHER, GREY = "#1f4e79", "#c0562b", "0.6"


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


def reliability_plot(out_of_fold: pd.DataFrame, title: str) -> Figure:
    """Predicted against realised churn; on the diagonal the probabilities are true."""
    table = reliability_table(out_of_fold)
    figure, axes = _canvas(5.5, 5.5)
    top = float(np.nanmax(table[["predicted", "high"]].to_numpy())) * 1.05 if len(table) else 1.0
    axes.plot([0, top], [0, top], color=GREY, linewidth=1, linestyle="--", label="perfectly calibrated")
    spread = np.abs(table[["low", "high"]].to_numpy().T - table["realised"].to_numpy())
    axes.errorbar(table["predicted"], table["realised"], yerr=spread, fmt="o", color=INK, capsize=3)
    for row in table.itertuples():
        axes.annotate(str(row.churns), (row.predicted, row.realised), xytext=(5, 5), textcoords="offset points")
    axes.set(xlabel="predicted share leaving", ylabel="realised share leaving", title=title, xlim=(0, top),
             ylim=(0, top))  # fmt: skip
    axes.legend(loc="upper left", frameon=False, title="numbers: distinct churns in the bin")
    return figure


def gains_plot(curves: Mapping[str, pd.DataFrame], title: str) -> Figure:
    """Share of churns caught against the share of accounts called; the diagonal is calling by lot."""
    figure, axes = _canvas(6.5, 5)
    axes.plot([0, 100], [0, 100], color=GREY, linewidth=1, linestyle="--", label="by lot")
    for colour, (name, table) in zip((INK, OTHER), curves.items(), strict=False):
        axes.plot(100 * table["share"], 100 * table["recall"], color=colour, linewidth=2, label=name)
    axes.set(xlabel="accounts called, likeliest first (%)", ylabel="churns caught (%)", title=title, xlim=(0, 100),
             ylim=(0, 102))  # fmt: skip
    axes.legend(loc="lower right", frameon=False)
    return figure


def lift_plot(curves: Mapping[str, pd.DataFrame], title: str) -> Figure:
    """How many times the usual share of churns stand among those called; 1 is calling by lot."""
    figure, axes = _canvas(6.5, 5)
    axes.axhline(1, color=GREY, linewidth=1, linestyle="--", label="by lot")
    for colour, (name, table) in zip((INK, OTHER), curves.items(), strict=False):
        axes.plot(100 * table["share"], table["lift"], color=colour, linewidth=2, label=name)
    axes.set(xlabel="accounts called, likeliest first (%)", ylabel="lift", title=title, xlim=(0, 50), ylim=(0, None))
    axes.legend(loc="upper right", frameon=False)
    return figure


def precision_recall_plot(curves: Mapping[str, pd.DataFrame], title: str) -> Figure:
    """Precision against recall as ever more accounts are called; the line is calling by lot."""
    figure, axes = _canvas(6.5, 5)
    for colour, (name, table) in zip((INK, OTHER), curves.items(), strict=False):
        axes.plot(100 * table["recall"], 100 * table["precision"], color=colour, linewidth=2, label=name)
        base = 100 * float(table["precision"].iloc[-1])
    axes.axhline(base, color=GREY, linewidth=1, linestyle="--", label=f"by lot ({base:.1f} %)")
    axes.set(xlabel="recall: churns caught (%)", ylabel="precision: of those called, churned (%)", title=title,
             xlim=(0, 102), ylim=(0, None))  # fmt: skip
    axes.legend(loc="upper right", frameon=False)
    return figure


def segments_plot(segments: Sequence[Mapping[str, Any]], title: str) -> Figure:
    """AUC of each segment with its interval; those markedly worse than the rest stand out."""
    told = [each for each in segments if each["auc"]["value"] is not None]
    figure, axes = _canvas(7, 1.5 + 0.32 * max(1, len(told)))
    for place, each in enumerate(reversed(told)):
        interval, colour = each["auc"], OTHER if each.get("worse") else INK
        if interval["low"] is not None:
            axes.plot([interval["low"], interval["high"]], [place, place], color=colour, linewidth=1.5)
        axes.plot(interval["value"], place, "o", color=colour)
    names = [f"{each['by']} {each['segment']} ({each['churns']})" for each in reversed(told)]
    axes.axvline(0.5, color=GREY, linewidth=1, linestyle="--")
    axes.set_yticks(range(len(told)), names)
    axes.set(xlabel="AUC within cutoffs, 95 % interval (in brackets: distinct churns)", title=title)
    return figure


def learning_curve_plot(curve: Mapping[str, Any], title: str) -> Figure:
    """AUC over the number of churns learned from: whether more history would still help."""
    figure, axes = _canvas(6.5, 5)
    points = [each for each in curve.get("by_churns", []) if each["auc"]["value"] is not None]
    x, y = [each["churns"] for each in points], [each["auc"]["value"] for each in points]
    if points and all(each["auc"]["low"] is not None for each in points):
        low, high = ([each["auc"][edge] for each in points] for edge in ("low", "high"))
        axes.fill_between(x, low, high, color=INK, alpha=0.15, linewidth=0)
    axes.plot(x, y, "o-", color=INK, linewidth=2)
    axes.set(xlabel="distinct churns learned from", ylabel="AUC on later cutoffs", title=title)
    return figure


def importance(points: pd.DataFrame) -> pd.Series[float]:
    """Mean absolute points of each feature over the given rows, heaviest first."""
    return points.abs().mean().sort_values(ascending=False, kind="stable")


def importance_plot(weights: pd.Series[float], title: str, count: int = 20) -> Figure:
    """The heaviest features by mean absolute points."""
    heaviest = weights.head(count)[::-1]
    figure, axes = _canvas(7, 1.2 + 0.27 * max(1, len(heaviest)))
    axes.barh([str(name) for name in heaviest.index], heaviest.to_numpy(), color=INK)
    axes.set(xlabel="mean absolute points of health", title=title)
    return figure


def _canvas(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _wilson(share: float, count: int) -> tuple[float, float]:
    """95 % interval of a share."""
    spread = 1.96
    middle = (share + spread**2 / (2 * count)) / (1 + spread**2 / count)
    half = spread * np.sqrt(share * (1 - share) / count + spread**2 / (4 * count**2)) / (1 + spread**2 / count)
    return float(max(0.0, min(middle - half, share))), float(max(middle + half, share))

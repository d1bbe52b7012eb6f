"""Plots of a backtest that a person would keep; their tables are in ``curves``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from models.curves import reliability_table

INK, OTHER, GREY = "#1f4e79", "#c0562b", "0.6"


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

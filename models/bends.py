"""Numbers that act in bends, as the days to a renewal do, so that a straight line cannot follow them.

For each number the share of leavers is compared, over bins of about equal size, with the logistic line that fits those
shares best. Only the few that stray surely from their line get steps of their own: steps for every number were tried
and lost more to noise than they gained. Rows without a value are no evidence here.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit, ndtri

from models.panel import FloatArray, Panel, kinds_of

_BINS = 8
_MIN_BINS = 5
_MIN_VALUES = 20
_MOST = 5
_NEWTON = 8
_HOLD = 1.0
_SURE = 20.0
"""Chi-square that a bend must exceed; with 6 degrees of freedom chance does so once in some 360 numbers."""


def find_bends(panel: Panel) -> dict[str, FloatArray]:
    """The inner edges of the bins of each number that bends, at most five numbers, the surest first.

    A churn that stands in many rows counts once.
    """
    once = panel.churns / max(1, int(panel.y.sum()))
    found: dict[str, tuple[float, FloatArray]] = {}
    for name in (name for name, kind in kinds_of(panel.X).items() if kind == "number"):
        values = panel.X[name].to_numpy(np.float64)
        there = ~np.isnan(values)
        edges = _edges(values[there])
        if len(edges) + 1 >= _MIN_BINS:
            found[name] = once * _bend(values[there], panel.y[there].astype(np.float64), edges), edges
    surest = sorted(found, key=lambda name: -found[name][0])[:_MOST]
    return {name: found[name][1] for name in surest if found[name][0] > _SURE}


def _edges(seen: FloatArray) -> FloatArray:
    """Inner edges of bins of about equal size; none for a number of few values."""
    if len(np.unique(seen)) < _MIN_VALUES:
        return np.zeros(0)
    edges: FloatArray = np.unique(np.quantile(seen, np.linspace(0, 1, _BINS + 1)[1:-1], method="nearest"))
    return np.asarray(edges[edges > seen.min()], dtype=np.float64)


def _bend(values: FloatArray, y: FloatArray, edges: FloatArray) -> float:
    """Chi-square of the shares of leavers in the bins around the logistic line that fits them best."""
    place = np.searchsorted(edges, values, side="right")
    rows = np.bincount(place, minlength=len(edges) + 1).astype(np.float64)
    left = np.asarray(np.bincount(place, y, minlength=len(edges) + 1), dtype=np.float64)
    line = _line(rows, left)
    return float(((left - rows * line) ** 2 / (rows * line * (1 - line))).sum())


def _line(rows: FloatArray, left: FloatArray) -> FloatArray:
    """Shares of leavers by bin as a logistic line along the bins has them: Newton's steps, hardly held back."""
    middle = (np.cumsum(rows) - rows / 2) / rows.sum()
    columns = np.column_stack([np.ones(len(rows)), ndtri(middle)])
    share = (left.sum() + 0.5) / (rows.sum() + 1)
    weights = np.array([np.log(share / (1 - share)), 0.0])
    hold = np.diag([0.0, _HOLD])
    for _ in range(_NEWTON):
        line = expit(columns @ weights)
        bow = columns.T @ (columns * (rows * line * (1 - line))[:, None]) + hold
        weights += np.linalg.solve(bow, columns.T @ (left - rows * line) - hold @ weights)
    return np.asarray(np.clip(expit(columns @ weights), 1e-6, 1 - 1e-6))

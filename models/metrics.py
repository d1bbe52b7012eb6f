"""Metrics of one cutoff for many weightings of its accounts at once.

``weights`` is (rows, resamples): the first column is all ones (the value itself), the others say how often each row's
account was drawn. Everything is a weighted sum over rows sorted once, so two hundred resamples cost a few cumulative
sums. A weighting that drew only one class gives NaN.
"""

from __future__ import annotations

import numpy as np

from models.panel import BoolArray, FloatArray

BINS = 10


def ranking(y: BoolArray, z: FloatArray, weights: FloatArray, share: float = 0.05) -> dict[str, FloatArray]:
    """``auc``, ``average_precision`` and ``lift_at_5pct`` (ties count half, or as drawn by lot)."""
    order = np.argsort(-z, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(z[order]) != 0, True))
    sorted_weights = weights[order]
    everyone = np.cumsum(sorted_weights, axis=0)[ends]
    left = np.cumsum(sorted_weights * y[order, None], axis=0)[ends]
    return _from_curve(everyone, left, share)


def _from_curve(everyone: FloatArray, left: FloatArray, share: float) -> dict[str, FloatArray]:
    """The three figures from running totals at each distinct score, highest risk first."""
    total, churned = everyone[-1], left[-1]
    stayed = everyone - left
    new_left, new_stayed = np.diff(left, axis=0, prepend=0), np.diff(stayed, axis=0, prepend=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        auc = (new_stayed * (left - new_left / 2)).sum(axis=0) / (churned * (total - churned))
        precision = np.where(everyone > 0, left / everyone, 0.0)
        average = (new_left * precision).sum(axis=0) / churned
        lift = _caught(everyone, left, share * total) / churned / share
    valid = (churned > 0) & (churned < total)
    return {name: np.where(valid, value, np.nan) for name, value in
            (("auc", auc), ("average_precision", average), ("lift_at_5pct", lift))}  # fmt: skip


def _caught(everyone: FloatArray, left: FloatArray, length: FloatArray) -> FloatArray:
    """Churns in the first ``length`` rows, a tie that straddles the end shared out evenly."""
    place = np.minimum((everyone < length).sum(axis=0), len(everyone) - 1)
    lanes = np.arange(everyone.shape[1])
    before = np.maximum(place - 1, 0)
    low_all = np.where(place > 0, everyone[before, lanes], 0.0)
    low_left = np.where(place > 0, left[before, lanes], 0.0)
    width = everyone[place, lanes] - low_all
    part = np.divide(length - low_all, width, out=np.zeros_like(width), where=width > 0)
    return np.asarray(low_left + part * (left[place, lanes] - low_left))


def losses(y: BoolArray, z: FloatArray, weights: FloatArray) -> dict[str, FloatArray]:
    """``log_loss`` and ``brier`` of calibrated log-odds."""
    p = 1 / (1 + np.exp(-z))
    each = np.column_stack([np.logaddexp(0, z) - y * z, (p - y) ** 2])
    with np.errstate(invalid="ignore"):
        mean = (each.T @ weights) / weights.sum(axis=0)
    return {"log_loss": mean[0], "brier": mean[1]}


def bin_edges(z: FloatArray) -> FloatArray:
    """Inner edges of ten bins with equally many rows."""
    return np.unique(np.quantile(z, np.linspace(0, 1, BINS + 1)[1:-1]))


def bin_gaps(y: BoolArray, z: FloatArray, weights: FloatArray, edges: FloatArray) -> FloatArray:
    """(bins, resamples): summed predicted minus realised churns in each bin."""
    place = np.searchsorted(edges, z, side="right")
    off = (np.arange(BINS)[:, None] == place) * (1 / (1 + np.exp(-z)) - y)
    return np.asarray(off @ weights)

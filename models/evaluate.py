"""Metrics with intervals, measured within each cutoff and averaged.

Intervals resample accounts (all rows of an account together). Where there are at least eight separate blocks of time
(each as long as horizon plus grace), blocks are resampled as well; otherwise the intervals omit shocks in time, and
``omits_shocks`` says so.

On small worlds of known truth (300 accounts, some 40 churns) the 95 % intervals of AUC, log loss, Brier and lift held
the truth in 93 to 96 % of 150 draws; that of average precision, which small samples flatter, in 87 %. The calibration
error is above 0 by chance alone and is told beside what chance would show; its resamples are centred on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models import metrics
from models.calibration import FEW_CHURNS
from models.panel import BoolArray, FloatArray, Panel
from models.threads import one_blas_thread

METRICS = ("auc", "average_precision", "log_loss", "brier", "ece", "lift_at_5pct")
ENOUGH_BLOCKS = 8
_HELD = 4_000_000
"""Weights that are held at once: 32 MB."""
NOT_MEASURABLE = f"not measurable below {FEW_CHURNS} churns"


@dataclass(frozen=True)
class Interval:
    """A value and its 95 % interval; all None where it cannot be measured, with the reason in ``note``."""

    value: float | None
    low: float | None
    high: float | None
    note: str = ""

    @classmethod
    def of(cls, drawn: FloatArray) -> Interval:
        """From the value itself (first) and its resamples (others)."""
        if not np.isfinite(drawn[0]):
            return cls(None, None, None, "no cutoff with both classes")
        spread = drawn[1:][np.isfinite(drawn[1:])]
        if not spread.size:
            return cls(float(drawn[0]), None, None)
        low, high = np.quantile(spread, [0.025, 0.975])
        return cls(float(drawn[0]), float(low), float(high))

    def to_dict(self) -> dict[str, Any]:
        """``value``, ``low``, ``high`` and, where there is one, ``note``."""
        return {"value": self.value, "low": self.low, "high": self.high, **({"note": self.note} if self.note else {})}


@dataclass(frozen=True)
class Evaluation:
    """The rows that are judged and the weightings they are judged under; the same for every model, so differences
    are paired."""

    panel: Panel
    resamples: int
    seed: int
    block_days: int

    @cached_property
    def _draws(self) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Times each account was drawn (accounts, 1 + resamples; hardly ever above 10), and each row's account."""
        names, code = np.unique(self.panel.account_id.astype(str), return_inverse=True)
        random, count = np.random.default_rng(self.seed), len(names)
        drawn = np.ones((count, self.resamples + 1), dtype=np.uint8)
        for column in range(1, self.resamples + 1 if count else 0):
            drawn[:, column] = np.bincount(random.integers(0, count, count), minlength=count)
        return drawn, code

    @cached_property
    def cutoffs(self) -> list[NDArray[np.int64]]:
        """Row numbers of each cutoff, in order."""
        return [np.flatnonzero(self.panel.cutoff == day) for day in np.unique(self.panel.cutoff)]

    def weights(self, rows: NDArray[np.int64], columns: slice = slice(None)) -> FloatArray:
        """How often the account of each row was drawn (rows, 1 + resamples); the first column is all ones."""
        draws, code = self._draws
        return draws[code[rows], columns].astype(np.float64)

    def _in_parts(self, rows: NDArray[np.int64]) -> Iterator[FloatArray]:
        """``weights`` a few columns at a time, so that no more than ``_HELD`` of them are held."""
        step = max(1, _HELD // max(1, len(rows)))
        for start in range(0, self.resamples + 1, step):
            yield self.weights(rows, slice(start, start + step))

    @cached_property
    def _blocks(self) -> NDArray[np.int64]:
        """The block of time of each cutoff."""
        days = np.array([self.panel.cutoff[here[0]] for here in self.cutoffs], dtype="datetime64[D]").astype(int)
        return np.asarray(days if not len(days) else (days - days.min()) // max(1, self.block_days))

    @property
    def omits_shocks(self) -> bool:
        """True where there are too few blocks of time to resample."""
        return len(np.unique(self._blocks)) < ENOUGH_BLOCKS

    @cached_property
    def _shares(self) -> FloatArray:
        """Weight of each cutoff in each resample (cutoffs, 1 + resamples)."""
        shares = np.ones((len(self.cutoffs), self.resamples + 1))
        if not self.omits_shocks:
            random = np.random.default_rng(self.seed + 1)
            names, code = np.unique(self._blocks, return_inverse=True)
            drawn = random.multinomial(len(names), np.full(len(names), 1 / len(names)), size=self.resamples).T
            shares[:, 1:] = drawn[code]
        return shares

    def measure(self, z: FloatArray) -> dict[str, Interval]:
        """Every metric of calibrated log-odds ``z``, one a row of the panel."""
        found = {name: Interval.of(values) for name, values in self.drawn(z).items()}
        with one_blas_thread():
            found["ece"] = self._ece(z)
        return {name: found[name] for name in METRICS}

    def drawn(self, z: FloatArray) -> dict[str, FloatArray]:
        """Every metric but the calibration error: the value first, then its resamples."""
        with one_blas_thread():
            return self._each(z, all_of_them=True)

    def auc(self, z: FloatArray, within: BoolArray | None = None) -> FloatArray:
        """Mean AUC within cutoffs: the value first, then its resamples. ``within``: only among these rows."""
        return self._each(z, all_of_them=False, within=within)["auc"]

    def average(self, table: Sequence[FloatArray]) -> FloatArray:
        """Mean over cutoffs, one row each, in every resample; what is not finite in a cutoff is left out."""
        if not len(table):
            return np.full(self.resamples + 1, np.nan)
        rows = np.vstack(table)
        shares = np.where(np.isfinite(rows), self._shares, 0.0)
        total = shares.sum(axis=0)
        summed = (np.where(np.isfinite(rows), rows, 0.0) * shares).sum(axis=0)
        mean: FloatArray = np.divide(summed, total, out=np.full(len(total), np.nan), where=total > 0)
        return mean

    def _each(self, z: FloatArray, all_of_them: bool, within: BoolArray | None = None) -> dict[str, FloatArray]:
        wanted = [name for name in METRICS if name != "ece"] if all_of_them else ["auc"]
        found = [self._at(here if within is None else here[within[here]], z, all_of_them) for here in self.cutoffs]
        # a cutoff without both classes says nothing about any of them
        silent = np.full(self.resamples + 1, np.nan)
        return {name: self.average([made.get(name, silent) for made in found]) for name in wanted}

    def _at(self, here: NDArray[np.int64], z: FloatArray, all_of_them: bool) -> dict[str, FloatArray]:
        """The metrics of some rows of one cutoff; none where they hold one class."""
        y, own = self.panel.y[here], z[here]
        if not y.any() or y.all():
            return {}
        made = [
            metrics.ranking(y, own, weights) | (metrics.losses(y, own, weights) if all_of_them else {})
            for weights in self._in_parts(here)
        ]
        return {name: np.concatenate([part[name] for part in made]) for name in made[0]}

    def _ece(self, z: FloatArray) -> Interval:
        """Mean gap between predicted and realised share over ten bins of all rows together."""
        if self.panel.churns < FEW_CHURNS:
            return Interval(None, None, None, NOT_MEASURABLE)
        edges = metrics.bin_edges(z)
        gaps, total = np.zeros((metrics.BINS, self.resamples + 1)), np.zeros(self.resamples + 1)
        for here in self.cutoffs:
            weights = self.weights(here)
            gaps += metrics.bin_gaps(self.panel.y[here], z[here], weights, edges)
            total += weights.sum(axis=0)
        return Interval.of(_centred(np.abs(gaps).sum(axis=0) / total))

    def ece_by_chance(self, z: FloatArray) -> FloatArray:
        """The calibration error that probabilities which are true to the last digit would show on these rows.

        It is never 0: with few churns a bin is off by chance. Outcomes are drawn anew from the probabilities, one draw
        for an account and block of time, since the same churn stands in all cutoffs that see it ahead.
        """
        panel, random = self.panel, np.random.default_rng(self.seed + 2)
        p, place = 1 / (1 + np.exp(-z)), np.searchsorted(metrics.bin_edges(z), z, side="right")
        block = (panel.cutoff.astype("datetime64[D]").astype(np.int64)) // max(1, self.block_days)
        once = pd.MultiIndex.from_arrays([self._draws[1], block]).factorize()[0]
        found = []
        for _ in range(self.resamples):
            left = random.random(int(once.max(initial=-1)) + 1)[once] < p
            gaps = np.bincount(place, weights=left - p, minlength=metrics.BINS)
            found.append(np.abs(gaps).sum() / max(1, len(p)))
        return np.array(found)


def _centred(drawn: FloatArray) -> FloatArray:
    """The resamples moved so that their median is the value itself (first), none below 0.

    A mean of absolute gaps only grows by noise, and resampling adds as much noise again as the sample has: resampled
    errors lie above the value, which could fall below its own interval. Their spread is right, their place is not
    (Efron and Tibshirani 1993, ch. 10). What chance adds to the value itself is told by ``ece_by_chance``.
    """
    value, resampled = drawn[:1], drawn[1:]
    return np.append(value, np.maximum(resampled - np.median(resampled) + value, 0.0)) if resampled.size else drawn


def calibration_told(error: Interval, by_chance: FloatArray) -> dict[str, Any]:
    """The calibration error beside what chance alone would show (its median and 97.5 % quantile), in words too."""
    if error.value is None or not len(by_chance):
        return {"error": error.to_dict(), "by_chance": None, "told": f"Calibration error: {error.note}."}
    middle, high = (float(each) for each in np.quantile(by_chance, [0.5, 0.975]))
    verdict = "no more than chance would show" if error.value <= high else "more than chance would show"
    told = f"Calibration error {error.value:.3f}: {verdict} (true probabilities: {middle:.3f}, up to {high:.3f})."
    return {"error": error.to_dict(), "by_chance": {"median": middle, "high": high}, "told": told}


def paired(one: FloatArray, other: FloatArray) -> Interval:
    """The difference of two measurements under the same weightings."""
    return Interval.of(one - other)

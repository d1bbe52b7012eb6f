"""The walk forward: at each fold every model learns what was known and predicts what came later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from models.baselines import Baselines
from models.benchmarks import BENCHMARKS, Benchmark
from models.calibration import Calibration, calibrate
from models.candidates import CANDIDATES, Candidate
from models.errors import HistoryError
from models.fits import Fits
from models.panel import BoolArray, FloatArray, Panel
from models.progress import Progress, told_to
from models.settings import TrainSettings
from models.split import Fold, thin, time_folds
from models.threads import one_blas_thread

_LEARNERS: Mapping[str, Benchmark | Candidate] = {**BENCHMARKS, **CANDIDATES}
_MIN_TRAIN_CHURNS = 10
_CALIBRATION_CHURNS = 150


@dataclass(frozen=True)
class Predictions:
    """Out-of-fold log-odds of one model, raw and calibrated: NaN at rows that no fold validated.

    ``effort``: for each fold, what was tuned.
    """

    log_odds: FloatArray
    z: FloatArray
    effort: tuple[dict[str, Any], ...] = ()


def usable_folds(panel: Panel, settings: TrainSettings) -> tuple[list[Fold], list[str]]:
    """Folds that have something to learn from and both classes to be tested on, and a word on those left out."""
    made = time_folds(panel.cutoffs, settings.horizon_days, settings.grace_days, settings.folds, settings.window)
    kept = [fold for fold in made if _teaches(panel, fold, settings)]
    if not kept:
        raise HistoryError(
            f"No fold in time has {needed(settings)} distinct churns before it and both classes in it "
            f"({panel.churns} churns at {len(panel.cutoffs)} cutoffs).",
            hint="Provide a longer history; until then the scorecard is used.",
        )
    left_out = len(made) - len(kept)
    return kept, [f"{left_out} of {len(made)} folds left out: too few churns."] if left_out else []


def _teaches(panel: Panel, fold: Fold, settings: TrainSettings) -> bool:
    """Whether a fold has enough churns before it and both classes in it."""
    later = panel.y[panel.rows_at(fold.validation)]
    return panel.at(fold.train).churns >= needed(settings) and bool(later.any()) and not bool(later.all())


def needed(settings: TrainSettings) -> int:
    """The distinct churns that a fold must have before it."""
    return min(_MIN_TRAIN_CHURNS, settings.min_churns)


@dataclass(frozen=True)
class Walk:
    """One walk over the folds, shared by all models. ``fits``: those kept from a walk before, if any."""

    panel: Panel
    settings: TrainSettings
    folds: list[Fold]
    rules: Baselines
    progress: Progress
    fits: Fits | None = None

    def training(self, fold: Fold) -> tuple[date, ...]:
        """The fold's training cutoffs, thinned to the settings' rows."""
        return thin(fold.train, self.panel.rows_by_cutoff, self.settings.max_rows)

    @property
    def validated(self) -> tuple[date, ...]:
        """The cutoffs of all folds that models were asked about, in order."""
        return tuple(day for fold in self.folds for day in fold.validation)

    def base_rate(self, day: date) -> float:
        """The share that left among what the fold before or at ``day`` learned from."""
        fold = next((fold for fold in reversed(self.folds) if fold.validation[0] <= day), self.folds[0])
        return float(self.panel.y[self.panel.rows_at(self.training(fold))].mean())

    def predict(self) -> dict[str, Predictions]:
        """Out-of-fold predictions of every learner and simple rule; fits run side by side, the longest first."""
        names = (*self.settings.benchmarks, *self.settings.candidates, *self.rules.names)
        tasks = [(name, number) for number in reversed(range(len(self.folds))) for name in names]
        made = {name: self._empty() for name in names}
        effort: dict[str, dict[int, dict[str, Any]]] = {name: {} for name in names}
        # the limit is one for the whole process, so it is set around the threads, not inside them
        with one_blas_thread():
            self.progress(f"fitting {len(names)} models on {len(self.folds)} folds")
            side_by_side = Parallel(self.settings.threads, backend="threading", return_as="generator_unordered")
            for done, found in enumerate(side_by_side(delayed(self._told_fold)(*task) for task in tasks), 1):
                name, number, rows, log_odds, tuned = found
                made[name][rows], effort[name][number] = log_odds, tuned
                self.progress(f"fold {number + 1}: {name} ({done} of {len(tasks)})")
        order = range(len(self.folds))
        return {name: self.calibrated(made[name], [effort[name][number] for number in order]) for name in names}

    def _told_fold(self, name: str, number: int) -> tuple[str, int, BoolArray, FloatArray, dict[str, Any]]:
        """``_fold``, which tells of its trials as it goes."""
        with told_to(lambda text: self.progress(f"fold {number + 1}: {name}, {text}")):
            return self._fold(name, number)

    def _fold(self, name: str, number: int) -> tuple[str, int, BoolArray, FloatArray, dict[str, Any]]:
        """One model on one fold: what it predicts for the validation rows, and what was tuned."""
        fold = self.folds[number]
        past, later = self.panel.rows_at(self.training(fold)), self.panel.rows_at(fold.validation)
        if name in _LEARNERS:
            return name, number, later, *self.learner(name, past, later)
        fitted = self.rules.fit(name, past)
        feature = {"feature": fitted.features[0]} if fitted.features else {}
        return name, number, later, fitted.log_odds(self.rules.columns(name, later)), feature

    def learner(self, name: str, past: BoolArray, later: BoolArray) -> tuple[FloatArray, dict[str, Any]]:
        """Log-odds of the rows ``later`` by a candidate or benchmark, learned from the rows ``past``; what was tuned.

        A fit that was kept is not made again.
        """
        return self._kept(name, past, self.panel.X.loc[later], _told(later))

    def elsewhere(self, name: str, past: BoolArray, asked: Panel) -> FloatArray:
        """Log-odds of other rows than the panel's, by a candidate or rule that learned from the rows ``past``."""
        if name not in CANDIDATES:
            return self.rules.fit(name, past).log_odds(asked.X)
        return self._kept(name, past, asked.X, asked.digest())[0]

    def _kept(self, name: str, past: BoolArray, X: pd.DataFrame, asked: str) -> tuple[FloatArray, dict[str, Any]]:
        """A fit on the rows ``past``, asked about ``X`` (named by ``asked``), or what was kept of it."""
        kept = self.fits.get(name, _told(past), asked) if self.fits else None
        if kept is not None:
            return kept
        fitted = _LEARNERS[name].build(self.panel.take(past), self.settings)
        log_odds, effort = fitted.log_odds(X), dict(fitted.effort)
        if self.fits:
            self.fits.put(log_odds, effort, name, _told(past), asked)
        return log_odds, effort

    def _empty(self) -> FloatArray:
        return np.full(len(self.panel), np.nan)

    def calibrated(self, made: FloatArray, effort: Sequence[dict[str, Any]] = ()) -> Predictions:
        """Each fold calibrated on what earlier folds predicted for cutoffs whose labels were known by then."""
        z = made.copy()
        for fold in self.folds:
            later = self.panel.rows_at(fold.validation)
            z[later] = calibration_at(self.panel, made, fold.train).apply(made[later])
        return Predictions(made, z, tuple(effort))


def _told(rows: BoolArray) -> str:
    """Rows of the panel as a name."""
    return np.packbits(rows).tobytes().hex()


def calibration_at(panel: Panel, log_odds: FloatArray, cutoffs: tuple[date, ...]) -> Calibration:
    """Calibration on the latest out-of-fold rows at the given cutoffs; the identity where there are none.

    As many cutoffs back as hold 150 distinct churns: those were predicted by models that had learned about as much as
    the one to be calibrated.
    """
    known = panel.rows_at(cutoffs) & np.isfinite(log_odds)
    recent = _recent(panel, known)
    return calibrate(log_odds[recent], panel.y[recent], panel.take(recent).churns)


def _recent(panel: Panel, known: BoolArray) -> BoolArray:
    """The latest whole cutoffs among the known rows that hold enough churns, or all of them."""
    for day in np.unique(panel.cutoff[known])[::-1]:
        recent: BoolArray = known & (panel.cutoff >= day)
        left = pd.DataFrame({"account": panel.account_id, "day": panel.churn_day}).loc[recent & panel.y]
        if len(left.drop_duplicates()) >= _CALIBRATION_CHURNS:
            return recent
    return known

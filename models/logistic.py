"""Regularised logistic regression whose log-odds split up exactly by original feature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from models.bends import find_bends
from models.calibration import calibrate
from models.encode import Encoding
from models.inner import Split, inner_splits
from models.panel import FloatArray, Panel
from models.settings import TrainSettings
from models.threads import one_blas_thread
from models.tuning import Parameters, Range, Tuned, Tuner
from models.usual import Usual

USUAL_STRENGTH = 0.002
_FEW: tuple[Parameters, ...] = tuple({"strength": each} for each in (USUAL_STRENGTH, 0.0005, 0.01, 0.05, 0.25))
"""Prior variances of a standardised coefficient to choose from; the first is taken where churns are too few to."""
_SPACE = {"strength": Range(0.0001, 1.0, log=True)}
_HARDLY = 4.0
_INNER_ROWS = 30_000
_SLOPES = (0.3, 2.5)


@dataclass(frozen=True)
class _Inner:
    """An inner fold ready to be asked: both sides, and their columns as the past knows them."""

    past: Panel
    later: Panel
    encoding: Encoding
    columns: FloatArray
    unseen: FloatArray
    solver: LogisticRegression


@dataclass(frozen=True)
class Logistic:
    """Encoding and coefficients of a fitted model."""

    encoding: Encoding
    coefficients: FloatArray
    intercept: float
    strength: float
    tuned: Tuned | None = field(default=None, repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        # how long a trial took must not enter a model file
        return {**self.__dict__, "tuned": None}

    @property
    def features(self) -> tuple[str, ...]:
        """Original features in order."""
        return self.encoding.features

    @property
    def base(self) -> float:
        """Log-odds of the average training row."""
        return self.intercept

    @property
    def effort(self) -> dict[str, Any]:
        """What the inner folds chose, and the trials behind it where there were any."""
        return {**(self.tuned.to_dict() if self.tuned else {}), "strength": self.strength}

    def log_odds(self, X: pd.DataFrame) -> FloatArray:
        """Uncalibrated churn log-odds, each row alone, so that batches cannot matter."""
        made: FloatArray = np.einsum("ij,j->i", self.encoding.encode(X), self.coefficients) + self.intercept
        return made

    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:
        """Log-odds that each feature adds to ``base``."""
        parts = self.encoding.encode(X) * self.coefficients
        whole = np.zeros((len(X), len(self.features)))
        for column, position in enumerate(self.encoding.owner):
            whole[:, position] += parts[:, column]
        return pd.DataFrame(whole, index=X.index, columns=list(self.features))


def fit_logistic(panel: Panel, settings: TrainSettings) -> Logistic:
    """Fit on ``panel``; how hard to regularise is chosen on its own later cutoffs.

    The same cutoffs tell whether log-odds so regularised are too timid or too bold; the slope is corrected, so that
    fits on little and on much history are on one scale.
    """
    bends = find_bends(replace(panel, X=Usual.of(panel.X, panel.ages).fade(panel.X)))
    splits = inner_splits(panel, settings, folds=3 if settings.trials else 2, share=0.4, max_rows=_INNER_ROWS)
    tuned = Tuner(partial(_prepare, bends), _unseen, _FEW, _SPACE).choose(splits, settings)
    slope = float(np.clip(tuned.found.get("slope", 1.0), *_SLOPES))
    fitted = _fit(panel, float(tuned.parameters["strength"]), bends)
    return replace(_bolder(fitted, slope, panel), tuned=tuned)


def fit_rule(panel: Panel, features: Sequence[str]) -> Logistic:
    """A simple rule as a model: hardly regularised logistic regression on the given features alone."""
    return _fit(replace(panel, X=panel.X[list(features)]), _HARDLY, {})


def _fit(panel: Panel, strength: float, bends: Mapping[str, FloatArray]) -> Logistic:
    """One fit. A churn that stands in many rows counts once against the prior."""
    panel.both_classes()
    encoding, columns = Encoding.learn(panel.X, Usual.of(panel.X, panel.ages), bends)
    return _solve(encoding, columns, panel, strength, None)


def _solve(
    encoding: Encoding, columns: FloatArray, panel: Panel, strength: float, start: LogisticRegression | None
) -> Logistic:
    once = panel.churns / max(1, int(panel.y.sum()))
    fit = start or LogisticRegression(solver="newton-cholesky", max_iter=50, tol=1e-6, warm_start=True)
    fit.set_params(C=strength * once)
    with one_blas_thread():
        fit.fit(columns, panel.y)
    return Logistic(encoding, fit.coef_[0].copy(), float(fit.intercept_[0]), strength)


def _bolder(model: Logistic, slope: float, panel: Panel) -> Logistic:
    """Coefficients times ``slope``, and the intercept that keeps the training rows' share of churners."""
    z = slope * (model.log_odds(panel.X) - model.intercept)
    shift = calibrate(z, panel.y, churns=0).b
    return replace(model, coefficients=slope * model.coefficients, intercept=shift)


def _prepare(bends: Mapping[str, FloatArray], split: Split) -> _Inner:
    """The rows of an inner fold, encoded as its past knew how."""
    past, later = split
    encoding, columns = Encoding.learn(past.X, Usual.of(past.X, past.ages), bends)
    solver = LogisticRegression(solver="newton-cholesky", max_iter=50, tol=1e-5, warm_start=True)
    return _Inner(past, later, encoding, columns, encoding.encode(later.X), solver)


def _unseen(inner: _Inner, parameters: Parameters) -> tuple[float, dict[str, float]]:
    """The log loss on the later rows after learning from the past, and the slope that the log-odds should have had."""
    fitted = _solve(inner.encoding, inner.columns, inner.past, float(parameters["strength"]), inner.solver)
    z = np.einsum("ij,j->i", inner.unseen, fitted.coefficients) + fitted.intercept
    loss = float((np.logaddexp(0, z) - inner.later.y * z).mean())
    return loss, {"slope": calibrate(z, inner.later.y, inner.later.churns).a}

"""Regularised logistic regression whose log-odds split up exactly by original feature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from models.bends import find_bends
from models.calibration import calibrate
from models.encode import Encoding
from models.inner import inner_splits
from models.panel import FloatArray, Panel
from models.settings import TrainSettings
from models.threads import one_blas_thread

STRENGTHS = (0.0005, 0.002, 0.01, 0.05, 0.25)
"""Prior variances of a standardised coefficient to choose from; the second is taken where churns are too few to."""
USUAL_STRENGTH = 0.002
_HARDLY = 4.0
_INNER_ROWS = 30_000
_SLOPES = (0.3, 2.5)


@dataclass(frozen=True)
class Logistic:
    """Encoding and coefficients of a fitted model."""

    encoding: Encoding
    coefficients: FloatArray
    intercept: float
    strength: float

    @property
    def features(self) -> tuple[str, ...]:
        """Original features in order."""
        return self.encoding.features

    @property
    def base(self) -> float:
        """Log-odds of the average training row."""
        return self.intercept

    @property
    def effort(self) -> dict[str, float]:
        """What the inner folds chose, for the run's parameters."""
        return {"strength": self.strength}

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
    bends = find_bends(panel)
    strength, slope = _tune(panel, settings, bends)
    return _bolder(_fit(panel, strength, bends), slope, panel)


def fit_rule(panel: Panel, features: Sequence[str]) -> Logistic:
    """A simple rule as a model: hardly regularised logistic regression on the given features alone."""
    return _fit(replace(panel, X=panel.X[list(features)]), _HARDLY, {})


def _fit(panel: Panel, strength: float, bends: Mapping[str, FloatArray]) -> Logistic:
    """One fit. A churn that stands in many rows counts once against the prior."""
    panel.both_classes()
    encoding, columns = Encoding.learn(panel.X, bends)
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


def _tune(panel: Panel, settings: TrainSettings, bends: Mapping[str, FloatArray]) -> tuple[float, float]:
    """The strength with the least mean log loss on unseen inner rows, and the slope that it should have had.

    The usual strength and slope 1 where there are too few churns to tell.
    """
    splits = inner_splits(panel, settings, folds=2, share=0.4, max_rows=_INNER_ROWS)
    if not splits:
        return USUAL_STRENGTH, 1.0
    told = [(_unseen(past, future, bends), future) for past, future in splits]
    losses = [(np.logaddexp(0, z) - future.y * z).mean(axis=1) for z, future in told]
    best = int(np.argmin(np.mean(losses, axis=0)))
    slopes = [calibrate(z[best], future.y, future.churns).a for z, future in told]
    return STRENGTHS[best], float(np.clip(np.mean(slopes), *_SLOPES))


def _unseen(past: Panel, future: Panel, bends: Mapping[str, FloatArray]) -> FloatArray:
    """Log-odds of ``future`` after learning from ``past``, a row for each strength."""
    encoding, columns = Encoding.learn(past.X, bends)
    unseen = encoding.encode(future.X)
    solver = LogisticRegression(solver="newton-cholesky", max_iter=50, tol=1e-5, warm_start=True)
    models = [_solve(encoding, columns, past, strength, solver) for strength in STRENGTHS]
    return np.array([np.einsum("ij,j->i", unseen, each.coefficients) + each.intercept for each in models])

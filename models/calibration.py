"""Calibration in log-odds: ``z = a * log_odds + b`` with a > 0, so order never changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from models.panel import BoolArray, FloatArray

FEW_CHURNS = 50
_SLOPES = (0.05, 5.0)


@dataclass(frozen=True)
class Calibration:
    """Slope and shift from out-of-fold log-odds to calibrated churn log-odds."""

    a: float = 1.0
    b: float = 0.0

    def __post_init__(self) -> None:
        if not (self.a > 0 and np.isfinite([self.a, self.b]).all()):
            raise ValueError(f"calibration needs a finite slope above 0, found a={self.a}, b={self.b}")

    def apply(self, log_odds: FloatArray) -> FloatArray:
        """Calibrated log-odds."""
        return self.a * log_odds + self.b


def calibrate(log_odds: FloatArray, y: BoolArray, churns: int, weights: FloatArray | None = None) -> Calibration:
    """Maximum likelihood on out-of-fold log-odds; below 50 distinct churns only the shift is fitted.

    ``weights``: for how many rows each one stands; all alike if None. The slope is kept within 0.05 and 5: beyond that
    the ranking, not its scale, is what is wrong.
    """
    if len(y) == 0 or y.all() or not y.any():
        return Calibration()
    free = churns >= FEW_CHURNS
    bounds = [tuple(np.log(_SLOPES)) if free else (0.0, 0.0), (-20.0, 20.0)]
    share = np.full(len(y), 1 / len(y)) if weights is None else weights / weights.sum()
    left = float(share @ y)
    start = np.array([0.0, np.log(left / (1 - left)) - float(share @ log_odds)])
    fit = minimize(_loss, start, args=(log_odds, y, share), jac=True, method="L-BFGS-B", bounds=bounds)
    return Calibration(float(np.exp(fit.x[0])), float(fit.x[1]))


def _loss(theta: FloatArray, log_odds: FloatArray, y: BoolArray, share: FloatArray) -> tuple[float, FloatArray]:
    """Mean log loss and its gradient in (log a, b)."""
    slope = np.exp(theta[0])
    z = slope * log_odds + theta[1]
    off = 1 / (1 + np.exp(-np.clip(z, -500, 500))) - y
    value = float(share @ (np.logaddexp(0, z) - y * z))
    return value, np.array([float(share @ (off * log_odds)) * slope, float(share @ off)])

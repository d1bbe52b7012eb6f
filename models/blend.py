"""The blend of a sober and a supple model: the mean of their log-odds, which still splits up exactly by feature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from models.boosting import Boosted, fit_boosted
from models.logistic import Logistic, fit_logistic
from models.panel import FloatArray, Panel
from models.settings import TrainSettings


@dataclass(frozen=True)
class Blend:
    """Two models that learned from the same rows and features."""

    sober: Logistic
    supple: Boosted

    @property
    def features(self) -> tuple[str, ...]:
        """Original features in order."""
        return self.sober.features

    @property
    def base(self) -> float:
        """Log-odds of the average training row."""
        return (self.sober.base + self.supple.base) / 2

    @property
    def effort(self) -> dict[str, Any]:
        """What the inner folds chose for both; trials of both, told apart by ``member``."""
        members = {"logistic": self.sober.effort, "lightgbm": self.supple.effort}
        trials = [{"member": name, **trial} for name, told in members.items() for trial in told.pop("trials", [])]
        cuts = [told.pop("cut") for told in members.values() if "cut" in told]
        chosen = {f"{name}_{key}": value for name, told in members.items() for key, value in told.items()}
        return {**chosen, **({"trials": trials} if trials else {}), **({"cut": " ".join(cuts)} if cuts else {})}

    def log_odds(self, X: pd.DataFrame) -> FloatArray:
        """Uncalibrated churn log-odds."""
        return np.asarray((self.sober.log_odds(X) + self.supple.log_odds(X)) / 2)

    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:
        """Log-odds that each feature adds to ``base``."""
        return (self.sober.contributions(X) + self.supple.contributions(X)) / 2


def fit_blend(panel: Panel, settings: TrainSettings) -> Blend:
    """Both models fitted on ``panel``."""
    return Blend(fit_logistic(panel, settings), fit_boosted(panel, settings))

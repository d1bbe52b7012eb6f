"""The models that may become champion, each a small declaration.

Only models whose log-odds split up exactly by feature stand here: ``base + contributions.sum(axis=1) == log_odds``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, Protocol

import pandas as pd

from models.blend import fit_blend
from models.boosting import fit_boosted
from models.logistic import fit_logistic
from models.panel import FloatArray, Panel
from models.settings import TrainSettings


class Estimator(Protocol):
    """A fitted model before calibration."""

    @property
    def features(self) -> tuple[str, ...]:
        """Original features in order."""
        ...

    @property
    def base(self) -> float:
        """Log-odds of the average training row."""
        ...

    @property
    def effort(self) -> dict[str, Any]:
        """What was tuned and how it came out, as plain values; ``trials`` where a search was made."""
        ...

    def log_odds(self, X: pd.DataFrame) -> FloatArray:
        """Churn log-odds of each row."""
        ...

    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:
        """Log-odds that each feature adds to ``base``."""
        ...


@dataclass(frozen=True)
class Candidate:
    """A name and how to fit it; raises OneClassError where there is nothing to learn."""

    name: str
    build: Callable[[Panel, TrainSettings], Estimator]


CANDIDATES: Mapping[str, Candidate] = MappingProxyType(
    {
        candidate.name: candidate
        for candidate in (
            Candidate("logistic", fit_logistic),
            Candidate("lightgbm", fit_boosted),
            Candidate("lightgbm_monotone", partial(fit_boosted, monotone=True)),
            Candidate("blend", fit_blend),
        )
    }
)

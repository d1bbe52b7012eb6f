"""Well-known learners to stand beside the candidates. They can never become champion: no exact split, no such name.

They learn from the same rows and features, with what is missing filled in the same way, and with the library's own
settings but for the seed, the number of threads, and what keeps a forest from repeating or outlasting its rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from threadpoolctl import threadpool_limits

from models.boosting import encode
from models.panel import FloatArray, Panel
from models.settings import TrainSettings
from models.usual import Usual

_TREE_ROWS = 10_000
"""Rows that a tree of the forest draws at most: more make it slower by far and hardly better."""
_LEAST = 1e-4
"""A forest may be wholly sure; its log-odds are kept finite."""


@dataclass(frozen=True)
class Asked:
    """A fitted benchmark: it ranks and gives log-odds, and cannot say why."""

    usual: Usual
    learner: Any

    @property
    def effort(self) -> dict[str, Any]:
        """Nothing is tuned."""
        return {}

    def log_odds(self, X: pd.DataFrame) -> FloatArray:
        """Uncalibrated churn log-odds."""
        if not len(X):
            return np.zeros(0)
        p = np.clip(self.learner.predict_proba(encode(X, self.usual))[:, 1], _LEAST, 1 - _LEAST)
        return np.asarray(np.log(p / (1 - p)))


@dataclass(frozen=True)
class Benchmark:
    """A name and how to make its learner from a seed and the number of training rows."""

    name: str
    learner: Callable[[int, int], Any]

    def build(self, panel: Panel, settings: TrainSettings) -> Asked:
        """Fit on ``panel``."""
        panel.both_classes()
        usual = Usual.of(panel.X, panel.ages)
        with threadpool_limits(1):  # fits stand side by side, and one thread cannot vary
            return Asked(usual, self.learner(settings.seed, len(panel)).fit(encode(panel.X, usual), panel.y))


def _forest(seed: int, rows: int) -> RandomForestClassifier:
    """Leaves of at least 0.2 % of the rows: a forest of full trees only repeats its training rows."""
    drawn = min(rows, _TREE_ROWS)
    return RandomForestClassifier(min_samples_leaf=max(5, drawn // 500), max_samples=drawn, random_state=seed, n_jobs=1)


BENCHMARKS: Mapping[str, Benchmark] = MappingProxyType(
    {
        each.name: each
        for each in (
            Benchmark("hist_gradient_boosting", lambda seed, rows: HistGradientBoostingClassifier(random_state=seed)),
            Benchmark("random_forest", _forest),
        )
    }
)

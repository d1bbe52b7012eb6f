"""Gradient boosted trees (LightGBM) with exact TreeSHAP contributions.

What is missing counts as the usual value (``models.usual``), so trees learn no branch for it.

Each fit runs on one thread: fits of several folds stand side by side instead (``models.walk``), which is faster where
cores are shared, since no thread waits for another, and cannot depend on the number of threads. Contributions are
worked out row by row, so they may use all cores.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from models.inner import Split, inner_splits
from models.panel import FloatArray, Panel
from models.settings import TrainSettings
from models.tuning import Parameters, Range, Tuned, Tuner
from models.usual import Usual

try:
    import lightgbm as lgb
except OSError as error:  # pragma: no cover  (a machine without OpenMP)
    raise ImportError("LightGBM needs the OpenMP runtime libgomp.so.1; on Debian: apt-get install libgomp1") from error

USUAL_ROUNDS = 80
_MAX_ROUNDS = 400
_PATIENCE = 40
_FEW: tuple[Parameters, ...] = (
    {"extra_trees": False, "lambda_l2": 10.0},
    {"extra_trees": True, "lambda_l2": 1.0},
)
"""Splits at the best place, held back by a penalty, or at random places, which holds back by itself.

A small penalty on splits at the best place lets a tree single out one month of joining, which tells nothing later.
"""
_SPACE: dict[str, Range | tuple[bool, ...]] = {
    "extra_trees": (False, True),
    "lambda_l2": Range(0.3, 100.0, log=True),
    "num_leaves": Range(2, 15, whole=True),
    "learning_rate": Range(0.02, 0.1, log=True),
    "feature_fraction": Range(0.1, 0.8),
}


@dataclass
class Boosted:
    """A fitted model as LightGBM's own text, with what stands in for a missing value."""

    features: tuple[str, ...]
    usual: Usual
    text: str
    base: float
    rounds: int
    tuned: Tuned | None = field(default=None, repr=False, compare=False)
    _booster: lgb.Booster | None = field(default=None, repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        # how long a trial took must not enter a model file
        return {**self.__dict__, "_booster": None, "tuned": None}

    @property
    def effort(self) -> dict[str, Any]:
        """What the inner folds chose, and the trials behind it where there were any."""
        return {**(self.tuned.to_dict() if self.tuned else {}), "rounds": float(self.rounds)}

    def log_odds(self, X: pd.DataFrame) -> FloatArray:
        """Uncalibrated churn log-odds."""
        if len(X) == 0:
            return np.zeros(0)
        made = self._open().predict(encode(X, self.usual), raw_score=True, num_threads=1)
        return np.asarray(made, dtype=np.float64)

    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:
        """Log-odds that each feature adds to ``base`` (exact TreeSHAP)."""
        whole = np.zeros((len(X), len(self.features)))
        if len(X):
            data = encode(X, self.usual)
            whole = np.asarray(self._open().predict(data, pred_contrib=True))[:, :-1]
        return pd.DataFrame(whole, index=X.index, columns=list(self.features))

    def _open(self) -> lgb.Booster:
        """The booster, read from its text once."""
        if self._booster is None:
            self._booster = lgb.Booster(model_str=self.text)
        return self._booster


def fit_boosted(panel: Panel, settings: TrainSettings, monotone: bool = False) -> Boosted:
    """Fit on ``panel``; how trees split and how many there are is chosen on its own later cutoffs."""
    panel.both_classes()
    usual, options = Usual.of(panel.X, panel.ages), _options(panel, settings, monotone)
    tuned = _tuner(usual, options).choose(_inner(panel, settings), settings)
    rounds = max(10, int(tuned.found.get("rounds", USUAL_ROUNDS)))
    booster = lgb.train({**options, **tuned.parameters}, _dataset(panel, usual, options), num_boost_round=rounds)
    text = booster.model_to_string()
    shown = lgb.Booster(model_str=text)
    base = float(np.asarray(shown.predict(encode(panel.X.iloc[:1], usual), pred_contrib=True))[0, -1])
    return Boosted(tuple(panel.X.columns), usual, text, base, rounds, tuned)


def encode(X: pd.DataFrame, usual: Usual) -> FloatArray:
    """Numbers faded by age, a text as its place among the known ones; the usual value where one is missing."""
    X = usual.fade(X)
    columns: list[FloatArray] = []
    for name in X.columns:
        if name in usual.numbers:
            columns.append(usual.number(name, X[name]))
        else:
            places = {value: float(place) for place, value in enumerate(usual.texts[name])}
            columns.append(np.asarray(usual.text(name, X[name]).map(places), dtype=np.float64))
    return np.column_stack(columns) if columns else np.zeros((len(X), 0))


def _dataset(panel: Panel, usual: Usual, options: dict[str, Any]) -> lgb.Dataset:
    return lgb.Dataset(encode(panel.X, usual), label=panel.y.astype(np.float64), params=dict(options))


def _options(panel: Panel, settings: TrainSettings, monotone: bool) -> dict[str, Any]:
    """The fewer distinct churns, the fewer leaves."""
    churns, rows = panel.churns, len(panel)
    sides = [panel.direction.get(name, 0) for name in panel.X.columns]
    return {
        "objective": "binary", "learning_rate": 0.05, "verbosity": -1,
        "num_leaves": 4 if churns < 400 else 7 if churns < 1500 else 15,
        "min_data_in_leaf": max(20, rows // 250),
        "feature_fraction": 0.5, "bagging_fraction": 0.8, "bagging_freq": 1, "max_bin": 63, "min_data_in_bin": 3,
        "seed": settings.seed, "num_threads": 1,
        "deterministic": True, "force_row_wise": True, "feature_pre_filter": False,
        **({"monotone_constraints": sides, "monotone_constraints_method": "basic"} if monotone and any(sides) else {}),
    }  # fmt: skip


def _inner(panel: Panel, settings: TrainSettings) -> list[Split]:
    """One later block of the training rows to ask; three where trials are to be pruned from one to the next."""
    folds = 3 if settings.trials else 1
    found = inner_splits(panel, settings, folds=folds, share=0.3, max_rows=settings.max_rows)
    return found if settings.trials else found[-1:]


def _tuner(usual: Usual, options: dict[str, Any]) -> Tuner[Split]:
    """How boosted trees are tuned; early stopping tells the number of trees by the way."""
    return Tuner(lambda split: split, partial(_unseen, usual, options), _FEW, _SPACE)


def _unseen(
    usual: Usual, options: dict[str, Any], split: Split, parameters: Parameters
) -> tuple[float, dict[str, float]]:
    """The least log loss on the later rows after learning from the past, and the number of trees that reaches it."""
    past, later = split
    every = {**options, **parameters}
    seen = _dataset(past, usual, every)
    unseen = lgb.Dataset(encode(later.X, usual), label=later.y.astype(np.float64), reference=seen)
    stop = lgb.early_stopping(_PATIENCE, verbose=False)
    found = lgb.train(every, seen, _MAX_ROUNDS, valid_sets=[unseen], callbacks=[stop])
    return float(found.best_score["valid_0"]["binary_logloss"]), {"rounds": float(found.best_iteration)}

"""Gradient boosted trees (LightGBM) with exact TreeSHAP contributions.

What is missing counts as the usual value (``models.usual``), so trees learn no branch for it.

Each fit runs on one thread: fits of several folds stand side by side instead (``models.walk``), which is faster where
cores are shared, since no thread waits for another, and cannot depend on the number of threads. Contributions are
worked out row by row, so they may use all cores.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from models.inner import inner_splits
from models.panel import FloatArray, Panel
from models.settings import TrainSettings
from models.usual import Usual

try:
    import lightgbm as lgb
except OSError as error:  # pragma: no cover  (a machine without OpenMP)
    raise ImportError("LightGBM needs the OpenMP runtime libgomp.so.1; on Debian: apt-get install libgomp1") from error

USUAL_ROUNDS = 80
_MAX_ROUNDS = 400
_PATIENCE = 40
_SPLITS: tuple[dict[str, Any], ...] = (
    {"extra_trees": False, "lambda_l2": 10.0},
    {"extra_trees": True, "lambda_l2": 1.0},
)
"""Splits at the best place, held back by a penalty, or at random places, which holds back by itself.

A small penalty on splits at the best place lets a tree single out one month of joining, which tells nothing later.
"""


@dataclass
class Boosted:
    """A fitted model as LightGBM's own text, with what stands in for a missing value."""

    features: tuple[str, ...]
    usual: Usual
    text: str
    base: float
    rounds: int
    random_splits: bool
    _booster: lgb.Booster | None = field(default=None, repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_booster": None}

    @property
    def effort(self) -> dict[str, float]:
        """What the inner folds chose, for the run's parameters."""
        return {"rounds": float(self.rounds), "random_splits": float(self.random_splits)}

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
    usual = Usual.of(panel.X)
    splits, rounds = _choose(panel, settings, usual, _options(panel, settings, monotone))
    options = {**_options(panel, settings, monotone), **splits}
    booster = lgb.train(options, _dataset(panel, usual, options), num_boost_round=rounds)
    text = booster.model_to_string()
    shown = lgb.Booster(model_str=text)
    base = float(np.asarray(shown.predict(encode(panel.X.iloc[:1], usual), pred_contrib=True))[0, -1])
    return Boosted(tuple(panel.X.columns), usual, text, base, rounds, bool(splits["extra_trees"]))


def encode(X: pd.DataFrame, usual: Usual) -> FloatArray:
    """Numbers as they are, a text as its place among the known ones; the usual value where one is missing."""
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


def _choose(panel: Panel, settings: TrainSettings, usual: Usual, options: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """The splits with the least log loss on unseen inner rows, and the number of trees where it stops falling.

    The first splits and a usual number with too few churns to tell.
    """
    inner = inner_splits(panel, settings, folds=1, share=0.3, max_rows=settings.max_rows)
    if not inner:
        return _SPLITS[0], USUAL_ROUNDS
    told = [_unseen(*inner[-1], usual, {**options, **splits}) for splits in _SPLITS]
    best = min(range(len(told)), key=lambda place: told[place][0])
    return _SPLITS[best], max(10, told[best][1])


def _unseen(past: Panel, later: Panel, usual: Usual, options: dict[str, Any]) -> tuple[float, int]:
    """The least log loss on ``later`` after learning from ``past``, and the number of trees that reaches it."""
    seen = _dataset(past, usual, options)
    unseen = lgb.Dataset(encode(later.X, usual), label=later.y.astype(np.float64), reference=seen)
    stop = lgb.early_stopping(_PATIENCE, verbose=False)
    found = lgb.train(options, seen, _MAX_ROUNDS, valid_sets=[unseen], callbacks=[stop])
    return float(found.best_score["valid_0"]["binary_logloss"]), int(found.best_iteration)

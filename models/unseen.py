"""Asking about accounts that a model never saw: each third of the accounts by a model that learned from the others."""

from __future__ import annotations

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from models.panel import BoolArray, FloatArray, Panel
from models.threads import one_blas_thread
from models.walk import Predictions, Walk

GROUPS = 3


def groups(panel: Panel) -> NDArray[np.int64]:
    """The third that the account of each row belongs to, in the order of the accounts' names."""
    return np.asarray(np.unique(panel.account_id.astype(str), return_inverse=True)[1] % GROUPS)


def learned_without(walk: Walk, name: str, past: BoolArray, asked: BoolArray) -> FloatArray:
    """Log-odds of the rows ``asked`` (third left out, row) from models that learned from ``past`` without a third.

    Raises OneClassError where what is left holds one class only.
    """
    group = groups(walk.panel)
    with one_blas_thread():
        side_by_side = Parallel(walk.settings.threads, backend="threading")
        fits = side_by_side(delayed(walk.learner)(name, past & (group != each), asked) for each in range(GROUPS))
    return np.vstack([log_odds for log_odds, _ in fits])


def among_the_training(walk: Walk, names: tuple[str, ...]) -> tuple[BoolArray, dict[str, Predictions]]:
    """What each candidate says of the last fold's own training rows, each by a model that never saw the account.

    The rows, and predictions that are missing elsewhere. Nothing of the last fold itself is looked at. Raises as
    ``learned_without``.
    """
    past = walk.panel.rows_at(walk.training(walk.folds[-1]))
    group, rows = groups(walk.panel)[past], np.arange(int(past.sum()))
    found = {}
    for name in names:
        made = np.full(len(walk.panel), np.nan)
        made[past] = learned_without(walk, name, past, past)[group, rows]
        found[name] = Predictions(made, made)
    return past, found

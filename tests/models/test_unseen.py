"""Where history holds one fold, candidates are compared on accounts that they did not learn from, and nothing later."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.backtest import backtest
from models.panel import Panel, panel_from
from models.unseen import among_the_training, groups
from models.walk import Walk, usable_folds
from tests.models.worlds import SETTINGS, START

BOTH = replace(SETTINGS, candidates=("logistic", "lightgbm"), folds=2, resamples=50)
DAYS = [START + np.timedelta64(days, "D") for days in (0, 7, 364)]
"""Two weeks to learn from, a long gap, and a week to be asked about: one fold."""


def world(crossed: bool, later_upside_down: bool = False) -> Panel:
    """Who leaves is told by two features together, which only trees see, or by their sum."""
    random, parts = np.random.default_rng(5), []
    for day in DAYS:
        X = random.normal(size=(600, 3))
        signal = X[:, 0] * X[:, 1] if crossed else X[:, 0] + X[:, 1]
        turned = -signal if later_upside_down and day >= DAYS[2] else signal
        left = random.random(len(X)) < np.where(turned > 0, 0.3, 0.02)
        labels = pd.DataFrame({"cutoff": day, "label": left, "churned_at": day})
        parts.append((pd.DataFrame(X, columns=["f0", "f1", "f2"]), labels))
    labels = pd.concat([each for _, each in parts], ignore_index=True)
    labels["account_id"] = [f"a{row:05d}" for row in range(len(labels))]
    return panel_from(pd.concat([each for each, _ in parts], ignore_index=True), labels)


@pytest.mark.parametrize(("crossed", "better"), [(True, "lightgbm"), (False, "logistic")])
def test_with_one_fold_the_candidate_is_chosen_that_ranks_unseen_accounts_surely_better(crossed: bool, better: str):
    panel = world(crossed)
    folds, _ = usable_folds(panel, BOTH)
    assert len(folds) == 1
    assert backtest(panel, BOTH).verdict.candidate == better


def test_the_choice_knows_nothing_of_the_fold_that_is_read_last():
    assert backtest(world(True, later_upside_down=True), BOTH).verdict.candidate == "lightgbm"


def test_no_account_is_judged_by_a_model_that_saw_it(monkeypatch: pytest.MonkeyPatch):
    panel = world(True)
    folds, _ = usable_folds(panel, BOTH)
    learned: list[np.ndarray] = []

    class Watched(Walk):
        def learner(self, name, past, later):  # type: ignore[no-untyped-def]
            learned.append(past)
            return super().learner(name, past, later)

    walk = Watched(panel, BOTH, folds, None, lambda text: None)  # type: ignore[arg-type]
    rows, found = among_the_training(walk, ("logistic",))
    group = groups(panel)
    assert [set(group[past]) for past in learned] == [{0, 1, 2} - {out} for out in range(3)]
    assert all(set(panel.cutoff[past].astype("datetime64[D]")) <= set(DAYS[:2]) for past in learned)
    assert np.isfinite(found["logistic"].z[rows]).all()
    assert np.isnan(found["logistic"].z[~rows]).all()

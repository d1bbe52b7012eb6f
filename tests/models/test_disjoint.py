from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.backtest import backtest
from models.disjoint import account_disjoint
from models.panel import Panel, panel_from
from tests.models.worlds import SETTINGS, World

LIGHTGBM = replace(SETTINGS, candidates=("lightgbm",), folds=2)


def memorable(panel: Panel) -> Panel:
    """Nothing but what tells accounts from one another, in a world where some leave again and again."""
    draw = np.random.default_rng(5)
    names, code = np.unique(panel.account_id.astype(str), return_inverse=True)
    prone = draw.random(len(names)) < 0.25
    y = draw.random(len(panel)) < np.where(prone[code], 0.5, 0.02)
    number = draw.permutation(len(names))[code]
    X = panel.X[["f0"]].assign(f0=number % 40, f1=number // 40)
    day = np.where(y, panel.cutoff, np.datetime64("NaT", "D"))
    return replace(panel, X=X, y=y, churn_day=day)


def test_a_model_that_remembers_accounts_is_told_in_words() -> None:
    found = account_disjoint(backtest(memorable(World(accounts=250, cutoffs=10).panel()), LIGHTGBM))
    assert found["markedly_lower"]
    assert found["difference"]["high"] < 0
    assert "remembers accounts" in found["told"]
    assert found["auc"]["value"] < found["time_ordered"]["value"] - 0.05


def test_a_model_that_knows_behaviour_is_as_good_on_accounts_it_never_saw(panel: Panel) -> None:
    found = account_disjoint(backtest(panel, replace(SETTINGS, candidates=("logistic",), folds=2)))
    assert not found["markedly_lower"]
    assert "does not live on remembering" in found["told"]


def test_where_the_interval_is_wide_nothing_is_claimed_of_remembering() -> None:
    few = World(accounts=60, cutoffs=8, signal=0.8).panel()
    found = account_disjoint(backtest(few, replace(LIGHTGBM, min_churns=1)))
    assert found["difference"]["low"] < -0.03 < found["difference"]["high"]
    assert not found["markedly_lower"]
    assert "cannot be told" in found["told"] and "does not live" not in found["told"]
    assert f"{found['difference']['low']:+.3f} to {found['difference']['high']:+.3f}" in found["told"]


def test_where_too_few_left_to_leave_accounts_out_a_note_says_so() -> None:
    X, labels = World(accounts=120, cutoffs=8).draw()
    third = np.unique(labels["account_id"], return_inverse=True)[1] % 3 == 0
    labels["label"] &= third | (labels["cutoff"] > labels["cutoff"].max() - np.timedelta64(50, "D"))
    found = backtest(panel_from(X, labels), replace(SETTINGS, candidates=("logistic",), folds=2, min_churns=1))
    assert "one class" in account_disjoint(found).get("note", "")

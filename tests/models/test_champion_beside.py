from __future__ import annotations

from dataclasses import replace

from models.backtest import backtest
from models.panel import Panel
from models.train import train
from tests.models.worlds import SETTINGS

QUICK = replace(SETTINGS, candidates=("logistic",), folds=2, resamples=20)


def test_a_champion_that_is_old_enough_stands_beside_and_changes_neither_choice_nor_grade(panel: Panel) -> None:
    old = train(panel.at(panel.cutoffs[:7]), QUICK).model
    alone, beside = backtest(panel, QUICK), backtest(panel, QUICK, champion=old)
    assert set(beside.baselines) - set(alone.baselines) == {"champion"}
    assert beside.baselines["champion"]["auc"].value > 0.7
    assert (alone.chosen, alone.grade, alone.verdict) == (beside.chosen, beside.grade, beside.verdict)


def test_a_champion_that_learned_from_the_last_fold_is_left_out_with_a_note(panel: Panel) -> None:
    new = train(panel, QUICK).model
    found = backtest(panel, QUICK, champion=new)
    assert "champion" not in found.baselines
    assert any("knows part of the last fold" in note for note in found.notes)


def test_a_champion_of_other_features_is_left_out_with_a_note(panel: Panel) -> None:
    old = train(panel.at(panel.cutoffs[:7]), QUICK).model
    found = backtest(replace(panel, X=panel.X.rename(columns={"f3": "g3"})), QUICK, champion=old)
    assert "champion" not in found.baselines
    assert any("other features" in note for note in found.notes)

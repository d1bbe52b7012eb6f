from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from models.backtest import backtest
from models.logistic import fit_rule
from models.panel import Panel
from models.train import train
from tests.models.worlds import SETTINGS

QUICK = replace(SETTINGS, candidates=("logistic",), folds=2, resamples=20)


class Knowing:
    """An estimator that knows every answer of a panel."""

    base, effort = 0.0, {}

    def __init__(self, panel: Panel) -> None:
        self.features = tuple(panel.X.columns)
        self._answers = pd.Series(np.where(panel.y, 9.0, -9.0), panel.X.index)

    def log_odds(self, X: pd.DataFrame) -> np.ndarray:
        return self._answers[X.index].to_numpy()

    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:
        return X.select_dtypes("number") * 0.0


def test_a_champion_that_is_old_enough_stands_beside_and_changes_neither_choice_nor_grade(panel: Panel) -> None:
    old = train(panel.at(panel.cutoffs[:7]), QUICK).model
    alone, beside = backtest(panel, QUICK), backtest(panel, QUICK, champion=old)
    assert set(beside.baselines) - set(alone.baselines) == {"champion"}
    assert beside.baselines["champion"]["auc"].value > 0.7
    assert (alone.chosen, alone.grade, alone.verdict) == (beside.chosen, beside.grade, beside.verdict)


def test_a_champion_that_knows_part_of_the_last_fold_is_measured_by_its_recipe_learned_before_it(panel: Panel) -> None:
    new = train(panel, QUICK).model
    knows = replace(new, estimator=Knowing(panel))
    found = backtest(panel, QUICK, champion=knows)
    assert found.baselines["champion"] == found.models["logistic"], "no answer of the last fold is in it"
    assert any("knows part of the last fold" in note and "learned anew" in note for note in found.notes)


def test_the_recipe_reads_the_champions_features_and_no_newer_ones(panel: Panel) -> None:
    fewer = replace(panel, X=panel.X[["f0", "f1", "f2"]])
    found = backtest(panel, QUICK, champion=train(fewer, QUICK).model)
    alone = backtest(fewer, QUICK).models["logistic"]
    assert found.baselines["champion"] == alone
    assert found.baselines["champion"] != found.models["logistic"]


def test_a_best_single_feature_is_learned_anew_on_the_feature_that_it_is(panel: Panel) -> None:
    rows = panel.rows_at(panel.cutoffs)
    rule = fit_rule(panel.take(rows), ["f1"])
    champion = train(panel, QUICK).model
    champion = replace(champion, estimator=rule, metadata={**champion.metadata, "name": "best_single_feature"})
    found = backtest(panel, QUICK, champion=champion)
    asked, known = found.out_of_fold("champion"), panel.X["f1"].loc[found.panel.rows_at(found.walk.validated)]
    last = asked["cutoff"] == asked["cutoff"].max()
    order = asked.loc[last, "log_odds"].corr(known.reset_index(drop=True)[last], method="spearman")
    assert abs(order) > 0.95


def test_a_champion_of_other_features_is_left_out_with_a_note(panel: Panel) -> None:
    for cutoffs in (panel.cutoffs[:7], panel.cutoffs):
        old = train(panel.at(cutoffs), QUICK).model
        found = backtest(replace(panel, X=panel.X.rename(columns={"f3": "g3"})), QUICK, champion=old)
        assert "champion" not in found.baselines
        assert any("champion" in note and "features" in note and "there are now" in note for note in found.notes)

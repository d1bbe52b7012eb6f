from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from models.panel import Panel, panel_from
from models.scale import Scale
from models.train import Trained, train
from tests.models.worlds import SETTINGS, World


def test_a_strong_signal_gets_a_good_grade_and_the_truth_is_nearly_reached(trained: Trained, panel: Panel):
    found = trained.backtest
    assert found.grade in ("A", "B")
    assert found.chosen in SETTINGS.candidates
    assert found.models[found.chosen]["auc"].value > 0.8
    assert found.verdict.difference.value > 0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_where_nobody_can_know_the_grade_is_c_or_none(seed):
    made = train(World(signal=0.0, base=-2.5, seed=seed).panel(), SETTINGS)
    assert made.backtest.grade in ("C", "none")
    if made.backtest.grade == "none":
        assert made.model is None
        assert made.backtest.chosen == "prevalence"
        assert "No signal" in made.reason


def test_a_rule_that_says_all_there_is_to_know_is_used_as_a_model_with_exact_points():
    X, labels = World(accounts=500, features=4).draw()
    random = np.random.default_rng(9)
    z = -2.5 + 1.5 * X["f0"].fillna(0).to_numpy()
    labels["label"] = random.random(len(X)) < 1 / (1 + np.exp(-z))
    labels["churned_at"] = labels["cutoff"]
    panel = panel_from(X.rename(columns={"f0": "days_since_use"}), labels)
    made = train(panel, SETTINGS)
    assert made.backtest.grade == "C"
    assert made.backtest.chosen in ("days_since_last_use", "best_single_feature")
    assert "The rule is used" in made.reason
    scores, points = made.model.score(panel.X), made.model.contributions(panel.X)
    assert list(points.columns) == ["days_since_use"]
    assert np.abs(60 + scores["points_base"] + points.sum(axis=1) - scores["score"]).max() < 1e-6


def test_the_same_data_give_the_same_model_and_scores_at_one_and_two_threads(trained: Trained, panel: Panel):
    with threadpool_limits(1):
        one = train(panel, replace(SETTINGS, threads=1))
    assert one.model.version == trained.model.version
    pd.testing.assert_frame_equal(one.model.score(panel.X), trained.model.score(panel.X), check_exact=True)
    assert one.backtest.to_dict() == trained.backtest.to_dict()


def test_other_data_give_another_version(trained: Trained):
    other = train(World(seed=2).panel(), SETTINGS)
    assert other.model.version != trained.model.version


def test_too_few_churns_are_not_learned_from_and_the_reason_counts_them(panel: Panel):
    made = train(panel, replace(SETTINGS, min_churns=10_000))
    assert made.model is None
    assert f"{panel.churns} distinct churns" in made.reason
    assert "at least 10000" in made.reason


def test_one_class_and_short_history_are_answered_with_the_scorecard_and_the_reason():
    panel = World(accounts=100, cutoffs=3).panel()
    everybody = replace(panel, y=np.ones(len(panel), bool), churn_day=panel.cutoff)
    assert "everybody left" in train(everybody, SETTINGS).reason
    short = train(World(accounts=900, cutoffs=2, weeks=1).panel(), SETTINGS)
    assert short.model is None
    assert "nothing can be tested in time" in short.reason


def test_sixty_is_the_median_account_of_the_latest_cutoff(trained: Trained, panel: Panel):
    latest = panel.X.loc[panel.rows_at(panel.cutoffs[-1:])]
    assert trained.model.score(latest)["score"].median() == pytest.approx(60)


def test_a_frozen_scale_is_kept(panel: Panel):
    frozen = Scale(-1.25, version="7")
    assert train(panel, replace(SETTINGS, candidates=("logistic",), folds=2), scale=frozen).model.scale == frozen


def test_the_last_fold_decides_nothing_about_the_choice(panel: Panel):
    """Turning the labels of the last fold around changes its figures, not which candidate and rule meet there."""
    found = train(panel, SETTINGS).backtest
    last = panel.rows_at(panel.cutoffs[-3:])
    y = np.where(last, np.random.default_rng(4).permutation(panel.y), panel.y)
    turned = replace(panel, y=y, churn_day=np.where(y, panel.cutoff, np.datetime64("NaT", "D")))
    other = train(turned, SETTINGS).backtest
    assert (found.verdict.candidate, found.folds[0]) == (other.verdict.candidate, other.folds[0])


def test_training_rows_over_the_limit_are_thinned_by_whole_cutoffs_and_named(panel: Panel):
    made = train(panel, replace(SETTINGS, max_rows=1200, candidates=("logistic",)))
    assert panel.rows_by_cutoff[made.cutoffs[-1]] and len(made.cutoffs) < len(panel.cutoffs)
    assert any("thinned by whole cutoffs" in note and made.cutoffs[0].isoformat()[:4] in note
               for note in made.backtest.notes)  # fmt: skip


def test_the_backtest_is_plain_json_with_the_promised_keys(trained: Trained):
    told = json.loads(json.dumps(trained.backtest.to_dict(), allow_nan=False))
    assert {"models", "baselines", "chosen", "grade", "grade_reason", "cutoffs", "churns", "accounts"} <= set(told)
    for each in (*told["models"].values(), *told["baselines"].values()):
        assert set(each) == {"auc", "average_precision", "log_loss", "brier", "ece", "lift_at_5pct"}
        assert all({"value", "low", "high"} <= set(metric) for metric in each.values())
    assert [fold["role"] for fold in told["folds"]] == ["selection", "selection", "test"]


def test_out_of_fold_rows_are_later_than_what_taught_them(trained: Trained):
    frame = trained.backtest.out_of_fold("logistic")
    assert list(frame.columns) == ["account_id", "cutoff", "churn_day", "y", "log_odds", "z"]
    assert not frame.duplicated(["account_id", "cutoff"]).any()
    first = pd.Timestamp(trained.backtest.folds[0]["train"]["last_cutoff"])
    assert (frame["cutoff"] - first).min() >= pd.Timedelta(days=SETTINGS.gap_days)


def test_the_scorecard_stands_among_the_simple_rules(panel: Panel):
    score = 60 - 5 * panel.X["f0"].fillna(0).to_numpy() + 5 * panel.X["f1"].fillna(0).to_numpy()
    made = train(panel, replace(SETTINGS, candidates=("logistic",), folds=2, resamples=20), scorecard=score)
    assert made.backtest.baselines["scorecard"]["auc"].value > 0.75

"""Fast weighted metrics against scikit-learn, which works them out one weighting at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from models import metrics
from models.evaluate import NOT_MEASURABLE, Evaluation, calibration_told, paired
from tests.models.worlds import World


@pytest.mark.parametrize("decimals", [1, 12])
def test_weighted_metrics_equal_those_of_scikit_learn_with_and_without_ties(decimals):
    random = np.random.default_rng(5)
    z = np.round(random.normal(size=400), decimals)
    y = random.random(400) < 1 / (1 + np.exp(-z))
    weights = random.integers(0, 4, size=(400, 6)).astype(float)
    made = {**metrics.ranking(y, z, weights), **metrics.losses(y, z, weights)}
    p = 1 / (1 + np.exp(-z))
    for column in range(6):
        w = weights[:, column]
        assert made["auc"][column] == pytest.approx(roc_auc_score(y, z, sample_weight=w))
        assert made["average_precision"][column] == pytest.approx(average_precision_score(y, z, sample_weight=w))
        assert made["log_loss"][column] == pytest.approx(log_loss(y, p, sample_weight=w))
        assert made["brier"][column] == pytest.approx(brier_score_loss(y, p, sample_weight=w))


def test_lift_of_a_perfect_ranking_is_one_over_the_base_rate_and_of_a_constant_is_one():
    y = np.arange(1000) < 50
    ones = np.ones((1000, 1))
    assert metrics.ranking(y, y.astype(float), ones)["lift_at_5pct"][0] == pytest.approx(20)
    assert metrics.ranking(y, np.zeros(1000), ones)["lift_at_5pct"][0] == pytest.approx(1)


def test_metrics_are_averaged_within_cutoffs_so_a_drift_between_cutoffs_is_no_skill():
    panel = World(signal=0.0, accounts=200, cutoffs=6).panel()
    late = panel.cutoff.astype(int) > np.median(panel.cutoff.astype(int))
    assert Evaluation(panel, 10, 1, 28).measure(late * 3.0)["auc"].value == pytest.approx(0.5)


def test_the_interval_covers_the_value_and_is_the_same_each_time():
    panel = World(accounts=200, cutoffs=4).panel()
    z = -panel.X["f1"].fillna(0).to_numpy()
    first, second = (Evaluation(panel, 100, 1, 28).measure(z) for _ in range(2))
    assert first == second
    auc = first["auc"]
    assert auc.low < auc.value < auc.high


def test_calibration_error_is_not_measurable_below_fifty_churns():
    panel = World(accounts=150, cutoffs=2).panel()
    assert panel.churns < 50
    ece = Evaluation(panel, 10, 1, 28).measure(np.zeros(len(panel)))["ece"]
    assert (ece.value, ece.note) == (None, NOT_MEASURABLE)


def test_the_calibration_error_of_the_truth_is_small_and_of_a_shifted_one_is_the_shift():
    panel = replace(World(accounts=2000, cutoffs=6, signal=0.0, base=-1.0).panel())
    truth = np.full(len(panel), np.log(panel.y.mean() / (1 - panel.y.mean())))
    made = Evaluation(panel, 10, 1, 28)
    assert made.measure(truth)["ece"].value < 1e-9
    assert made.measure(truth + 0.5)["ece"].value == pytest.approx(
        abs(1 / (1 + np.exp(-truth[0] - 0.5)) - panel.y.mean()), rel=1e-6
    )


def test_a_model_does_not_differ_from_itself():
    panel = World(accounts=100, cutoffs=3).panel()
    made = Evaluation(panel, 20, 1, 28)
    drawn = made.auc(panel.X["f0"].fillna(0).to_numpy())
    assert paired(drawn, drawn).to_dict() == {"value": 0.0, "low": 0.0, "high": 0.0}


def test_intervals_say_when_they_omit_shocks_in_time():
    assert Evaluation(World(accounts=100, cutoffs=4).panel(), 5, 1, 28).omits_shocks
    assert not Evaluation(World(accounts=100, cutoffs=14).panel(), 5, 1, 28).omits_shocks


def test_rows_without_a_churn_are_not_measurable_and_say_so():
    panel = World(accounts=100, cutoffs=3).panel()
    for rows in (~panel.y, panel.y & ~panel.y):
        found = Evaluation(panel.take(rows), 10, 1, 28).measure(np.zeros(int(rows.sum())))
        assert {each.value for each in found.values()} == {None}


def test_true_probabilities_are_called_no_more_off_than_chance_and_bold_ones_more():
    random = np.random.default_rng(11)
    panel = World(accounts=600, cutoffs=5).panel()
    z = random.normal(-2, 1, len(panel))
    y = random.random(len(panel)) < 1 / (1 + np.exp(-z))
    panel = replace(panel, y=y, churn_day=np.where(y, panel.cutoff, np.datetime64("NaT", "D")))
    evaluation = Evaluation(panel, 100, 1, 28)
    for shift, verdict in ((0.0, "no more than chance"), (0.7, "more than chance")):
        found = calibration_told(evaluation.measure(z + shift)["ece"], evaluation.ece_by_chance(z + shift))
        assert f": {verdict} would show" in found["told"]
        assert 0 < found["by_chance"]["median"] < found["by_chance"]["high"]


def test_the_calibration_error_lies_inside_its_own_interval_though_resampling_only_adds_to_it():
    panel = World(signal=0.0, accounts=600, cutoffs=4, base=-2.0).panel()
    order = np.random.default_rng(3).permutation(len(panel))
    tenth = np.empty(len(panel), dtype=int)
    tenth[order] = np.arange(len(panel)) * 10 // len(panel)
    shares = np.bincount(tenth, weights=panel.y) / np.bincount(tenth)
    z = np.log(shares / (1 - shares))[tenth]
    for shift in (0.0, 0.05):
        ece = Evaluation(panel, 100, 1, 28).measure(z + shift)["ece"]
        assert 0 <= ece.low <= ece.value < ece.high

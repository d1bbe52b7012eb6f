from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.errors import FeatureMismatchError
from models.panel import Panel
from models.scale import DIMENSIONS
from models.train import Trained


def test_points_add_up_to_the_score(each_trained: Trained, panel: Panel):
    model = each_trained.model
    scores, points = model.score_and_points(panel.X)
    by_dimension = scores[[f"points_{name}" for name in DIMENSIONS]].sum(axis=1)
    assert np.abs(60 + scores["points_base"] + by_dimension - scores["score"]).max() < 1e-6
    assert np.abs(60 + scores["points_base"] + points.sum(axis=1) - scores["score"]).max() < 1e-6


def test_contributions_add_up_to_the_log_odds(each_trained: Trained, panel: Panel):
    fitted = each_trained.model.estimator
    whole = fitted.base + fitted.contributions(panel.X).sum(axis=1)
    assert np.abs(whole - fitted.log_odds(panel.X)).max() < 1e-9


def test_the_base_is_the_average_row(each_trained: Trained, panel: Panel):
    """Contributions are relative to the training mean, so over the training rows each averages about nothing."""
    fitted = each_trained.model.estimator
    assert np.abs(fitted.contributions(panel.X).mean()).max() < 0.05


def test_score_and_probability_order_accounts_alike(each_trained: Trained, panel: Panel):
    scores = each_trained.model.score(panel.X).sort_values("score", ascending=False)
    assert scores["churn_probability"].is_monotonic_increasing
    assert each_trained.model.calibration.a > 0


def test_a_batch_scores_as_its_rows_alone_and_keeps_its_index(each_trained: Trained, panel: Panel):
    model, many = each_trained.model, panel.X.iloc[:300]
    some = many.iloc[[5, 200, 17]]
    alone = pd.concat([model.score(some.iloc[[place]]) for place in range(3)])
    pd.testing.assert_frame_equal(model.score(some), alone, check_exact=True)
    pd.testing.assert_frame_equal(model.score(many).loc[some.index], alone, check_exact=True)


def test_no_rows_are_scored_as_no_rows(each_trained: Trained, panel: Panel):
    assert len(each_trained.model.score(panel.X.iloc[:0])) == 0


def test_a_column_of_nothing_but_nulls_stays_and_has_no_effect(each_trained: Trained, panel: Panel):
    model, some = each_trained.model, panel.X.head(200)
    assert "empty" in model.features
    assert (model.contributions(some)["empty"] == 0).all()
    pd.testing.assert_frame_equal(model.score(some.assign(empty=5.0)), model.score(some))


def test_a_category_never_seen_and_a_missing_one_are_scored(each_trained: Trained, panel: Panel):
    strange = panel.X.head(2).assign(region=pd.array(["mars", None], dtype="string"))
    assert np.isfinite(each_trained.model.score(strange)["score"]).all()


def test_an_infinite_value_is_a_missing_one(each_trained: Trained, panel: Panel):
    model, row = each_trained.model, panel.X.head(1)
    pd.testing.assert_frame_equal(model.score(row.assign(f0=np.inf)), model.score(row.assign(f0=np.nan)))


def test_a_renamed_feature_is_refused_with_its_name_and_the_likely_new_one(trained: Trained, panel: Panel):
    with pytest.raises(FeatureMismatchError) as caught:
        trained.model.score(panel.X.rename(columns={"f3": "f3b"}))
    assert caught.value.problems == (
        "Feature 'f3' is missing; did 'f3b' replace it?",
        "1 feature is new since the champion was trained: f3b.",
    )


def test_reordered_features_are_refused(trained: Trained, panel: Panel):
    with pytest.raises(FeatureMismatchError, match="position 0 is 'region', in training 'f0'"):
        trained.model.score(panel.X[list(panel.X.columns)[::-1]])


def test_a_number_that_became_text_is_refused(trained: Trained, panel: Panel):
    with pytest.raises(FeatureMismatchError, match="'f0' is text; the model learned from number"):
        trained.model.score(panel.X.astype({"f0": "string"}))


def test_a_text_that_is_wholly_missing_this_week_is_still_scored(trained: Trained, panel: Panel):
    assert np.isfinite(trained.model.score(panel.X.head(3).assign(region=np.nan))["z"]).all()


def test_risk_factors_point_the_way_the_world_was_made(each_trained: Trained, panel: Panel):
    model, row = each_trained.model, panel.X.fillna(0.0).head(1)
    worse = pd.concat([row.assign(f0=2.0, f1=-2.0), row.assign(f0=-2.0, f1=2.0)])
    assert model.score(worse)["score"].is_monotonic_increasing


def test_points_stand_under_the_dimension_of_their_feature(trained: Trained, panel: Panel):
    scores, points = trained.model.score(panel.X), trained.model.contributions(panel.X)
    pd.testing.assert_series_equal(scores["points_support"], points["f0"], check_names=False)
    pd.testing.assert_series_equal(scores["points_commercial"], points["region"], check_names=False)

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.baselines import Baselines
from models.bends import find_bends
from models.boosting import fit_boosted
from models.candidates import CANDIDATES, Estimator
from models.logistic import fit_logistic
from models.panel import Panel, panel_from
from models.usual import HALF_LIFE_DAYS
from tests.models.worlds import SETTINGS, World


@pytest.fixture(scope="module", params=sorted(CANDIDATES))
def fitted(request: pytest.FixtureRequest, panel: Panel) -> Estimator:
    return CANDIDATES[request.param].build(panel, SETTINGS)


@pytest.fixture(scope="module")
def bent() -> Panel:
    """Leaving depends on f0 in a bump around 0 that no line follows, and on f1; f0 is missing in a tenth of rows."""
    X, labels = World(accounts=900, features=4).draw()
    z = -3.4 + 2.2 * (X["f0"].fillna(0).abs() < 0.5) - 0.8 * X["f1"].fillna(0)
    labels["label"] = np.random.default_rng(5).random(len(X)) < 1 / (1 + np.exp(-z))
    labels["churned_at"] = labels["cutoff"] + pd.Timedelta(days=3)
    return panel_from(X, labels)


def _both(fitted: Estimator, X: pd.DataFrame, name: str, usual: object) -> None:
    """Without the value and with the usual one: the same log-odds, and the same points of every feature."""
    without, given = X.assign(**{name: None if isinstance(usual, str) else np.nan}), X.assign(**{name: usual})
    np.testing.assert_array_equal(fitted.log_odds(without), fitted.log_odds(given))
    pd.testing.assert_frame_equal(fitted.contributions(without), fitted.contributions(given), check_exact=True)


@pytest.mark.parametrize("feature", [f"f{place}" for place in range(8)])
def test_a_missing_number_counts_as_the_training_median(fitted: Estimator, panel: Panel, feature: str):
    _both(fitted, panel.X.head(300), feature, panel.X[feature].median())


def test_a_missing_text_counts_as_the_most_frequent_one(fitted: Estimator, panel: Panel):
    _both(fitted, panel.X.head(300), "region", panel.X["region"].value_counts().index[0])


def test_a_text_never_seen_counts_as_a_missing_one(fitted: Estimator, panel: Panel):
    some = panel.X.head(50)
    strange, missing = some.assign(region="mars"), some.assign(region=None)
    np.testing.assert_array_equal(fitted.log_odds(strange), fitted.log_odds(missing))


def test_a_row_of_nothing_but_missing_values_is_the_usual_account(fitted: Estimator, panel: Panel):
    bare = panel.X.head(1).assign(**{name: np.nan for name in panel.X if name != "region"}, region=None)
    usual = {name: panel.X[name].median() for name in panel.X if name.startswith("f")}
    given = bare.assign(**usual, region=panel.X["region"].value_counts().index[0])
    np.testing.assert_array_equal(fitted.log_odds(bare), fitted.log_odds(given))


def test_a_simple_rule_takes_a_missing_value_for_the_usual_one_too(panel: Panel):
    rule = Baselines.of(panel, replace(SETTINGS, tenure_feature="f0")).fit("tenure", np.ones(len(panel), bool))
    _both(rule, panel.X[["f0"]].head(300), "f0", panel.X["f0"].median())


def test_a_number_that_bends_is_found_and_one_that_does_not_is_left_alone(bent: Panel, panel: Panel):
    assert list(find_bends(bent)) == ["f0"]
    assert find_bends(panel) == {}


@pytest.mark.parametrize("fit", [fit_logistic, fit_boosted])
def test_a_bump_is_followed_and_its_points_still_add_up_under_one_feature(bent: Panel, fit):
    fitted = fit(bent, SETTINGS)
    row = bent.X.head(1).assign(f1=0.0)
    edge, top, other = (fitted.log_odds(row.assign(f0=value))[0] for value in (-1.5, 0.0, 1.5))
    assert top > edge + 1
    assert top > other + 1
    points = fitted.contributions(bent.X)
    assert list(points.columns) == list(bent.X.columns)
    np.testing.assert_allclose(fitted.base + points.sum(axis=1), fitted.log_odds(bent.X), atol=1e-9)


def test_steps_are_not_learned_from_rows_without_a_value(bent: Panel):
    """That only those leave who have no value makes no step: their place in the number is not known."""
    away = bent.X["f0"].isna().to_numpy()
    y = np.random.default_rng(6).random(len(bent)) < np.where(away, 0.4, 0.02)
    told = replace(bent, y=y, churn_day=np.where(y, bent.cutoff, np.datetime64("NaT", "D")))
    assert find_bends(told) == {}


@pytest.fixture(scope="module", params=sorted(CANDIDATES))
def faded(request: pytest.FixtureRequest, panel: Panel) -> Estimator:
    """Learned from rows in which f0 is an answer of 0 to 400 days ago."""
    age = np.random.default_rng(3).integers(0, 400, len(panel)).astype(float)
    answered = replace(panel, X=panel.X.assign(age=age), ages={"f0": "age"})
    return CANDIDATES[request.param].build(answered, SETTINGS)


def test_an_old_answer_counts_as_one_that_stands_out_less(faded: Estimator, panel: Panel):
    """After a quarter as one that stands out half as much today, after many years as the usual one."""
    usual, told = panel.X["f0"].median(), panel.X["f0"].median() + 1.5
    some = panel.X.head(200).assign(f0=told)

    def answered(value: float, age: float) -> pd.Series:
        return faded.contributions(some.assign(f0=value, age=age))["f0"]

    np.testing.assert_allclose(answered(told, HALF_LIFE_DAYS), answered(usual + 0.75, 0), rtol=0.2)
    np.testing.assert_allclose(answered(told, 1e5), answered(np.nan, 1e5), atol=1e-9)

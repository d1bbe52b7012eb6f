import numpy as np
import pandas as pd
import pytest

from models.usual import HALF_LIFE_DAYS
from pipeline.features.base import REGISTRY
from pipeline.features.info import DIMENSIONS, FeatureInfo
from pipeline.health.scorecard import BUDGET, LEVELS, contributions, evidence, score
from tests.pipeline.company import CATALOG, features

DOUBLED = 2
"""What points are scaled up by at a company that can tell of one thing only."""


def test_points_add_up_to_the_score() -> None:
    values = features()
    scored = score(values, CATALOG)
    dimensions = [f"points_{name}" for name in DIMENSIONS]
    assert np.allclose(scored["score"], 60 + scored["points_base"] + scored[dimensions].sum(axis=1), atol=1e-9)
    assert np.allclose(scored["score"], 60 + contributions(values, CATALOG).sum(axis=1), atol=1e-9)


def test_no_odds_are_claimed() -> None:
    assert score(features(10), CATALOG)["churn_probability"].isna().all()


def test_what_is_missing_adds_no_risk() -> None:
    values = features()
    full = contributions(values, CATALOG)
    for name in full.columns[(full < 0).any()]:
        absent = contributions(values.assign(**{str(name): np.nan}), CATALOG)
        assert (absent[name] == 0).all()
    empty = pd.DataFrame(np.nan, index=["a"], columns=values.columns)
    assert score(empty, CATALOG)["score"].tolist() == [60.0]
    assert score(empty, CATALOG)["rules_spoken"].tolist() == [0.0]


def test_no_dimension_goes_beyond_its_budget() -> None:
    worst = features(60, drift=9.0)
    scored = score(worst, CATALOG)
    for name, (most_cost, most_gain) in BUDGET.items():
        assert scored[f"points_{name}"].between(most_cost - 1e-9, most_gain + 1e-9).all(), name


def test_trouble_lowers_the_score() -> None:
    assert score(features(drift=1.8), CATALOG)["score"].mean() < score(features(), CATALOG)["score"].mean() - 5


def test_a_bare_monthly_table_has_a_scorecard_from_its_changes() -> None:
    catalog = [
        FeatureInfo("level_logins_last", "level_logins_last", "usage", "levels", direction=-1, group="level_logins"),
        FeatureInfo("level_logins_before", "level_logins_before", "usage", "levels", group="level_logins"),
    ]
    values = pd.DataFrame({"level_logins_last": [100.0, 50.0, 0.0], "level_logins_before": [100.0, 100.0, 100.0]})
    health = score(values, catalog)["health"].tolist()
    assert health[0] == 60 and health[0] > health[1] > health[2]


def test_a_fall_of_what_is_worse_when_higher_costs_nothing_and_a_rise_does() -> None:
    catalog = [
        FeatureInfo("level_errors_last", "level_errors_last", "usage", "levels", direction=1, group="level_errors"),
        FeatureInfo("level_errors_before", "level_errors_before", "usage", "levels", group="level_errors"),
    ]
    values = pd.DataFrame({"level_errors_last": [1.0, 40.0, 90.0], "level_errors_before": [40.0, 40.0, 40.0]})
    health = score(values, catalog)["health"].tolist()
    assert health[:2] == [60, 60] and health[2] < 60


def test_a_count_falls_only_by_what_chance_does_not_explain() -> None:
    catalog = [
        FeatureInfo("event_x_4w", "event_x", "usage", "usage", unit="quantity", direction=-1, before="event_x_before"),
        FeatureInfo("event_x_before", "event_x", "usage", "usage", unit="quantity", group="event_x"),
    ]
    values = pd.DataFrame({"event_x_4w": [0.0, 30.0, 0.0, 300.0], "event_x_before": [2.0, 40.0, 40.0, 600.0]})
    points = contributions(values, catalog)["event_x_4w"].tolist()
    assert points[:2] == [0, 0] and points[2] < points[3] < 0


def test_a_feature_without_a_rule_of_its_own_is_judged_among_peers() -> None:
    catalog = [FeatureInfo("spend", "spend", "commercial", "accounts", direction=-1)]
    values = pd.DataFrame({"spend": np.arange(40.0)})
    points = contributions(values, catalog)["spend"]
    assert [points.iloc[place] for place in (0, 20, 39)] == [-4 * DOUBLED, 0, 2 * DOUBLED]
    assert (contributions(values.head(20), catalog)["spend"] == 0).all()


def test_bands_begin_where_the_scale_says() -> None:
    values = pd.DataFrame({"days_since_use": [0.0, 25.0, 60.0]})
    scored = score(values, CATALOG, red=40, amber=55)
    assert scored["band"].tolist() == ["green", "amber", "red"]
    assert score(values, CATALOG, red=10, amber=20)["band"].tolist() == ["green"] * 3


def test_a_company_of_few_sources_can_have_red_accounts_and_one_of_many_is_scored_as_ever() -> None:
    surveys = [info for info in CATALOG if info.dimension == "sentiment"]
    worst = pd.DataFrame({"nps_last": [0.0, 9.0], "csat_mean_26w": [0.1, 0.9], "nps_age_days": 5.0})
    assert score(worst, surveys)["band"].tolist() == ["red", "green"]
    assert score(worst, CATALOG)["band"].tolist() == ["amber", "green"]
    only_falls = [FeatureInfo("level_x_last", "level_x_last", "usage", "levels", direction=-1, group="level_x")]
    fallen = pd.DataFrame({"level_x_last": [20.0], "level_x_before": [100.0]})
    assert score(fallen, only_falls)["band"].tolist() == ["red"]


def test_no_accounts_is_a_defined_result() -> None:
    assert score(features(5).head(0), CATALOG).empty


@pytest.mark.parametrize("name", LEVELS)
def test_each_level_rule_names_a_feature_that_can_exist(name: str) -> None:
    import pipeline.features.build  # noqa: F401  # declares the features

    windows = [f"{told.name}_{weeks}w" for told in REGISTRY.declarations for weeks in getattr(told, "windows", ())]
    items = [text.replace("{item}", kind) for text in windows for kind in ("nps", "csat", "ces")]
    plain = [told.name.replace("{item}", kind) for told in REGISTRY.declarations for kind in ("nps", "csat", "ces")]
    assert name in {*windows, *items, *plain}


def test_contacts_by_the_cs_team_are_no_evidence_about_the_customer() -> None:
    catalog = [
        FeatureInfo("touches_13w", "touches", "relationship", "touches", direction=-1, before="touches_before_13w"),
        FeatureInfo("days_since_touch", "days_since_touch", "relationship", "touches", direction=1, group="touches"),
        FeatureInfo("days_since_use", "days_since_use", "usage", "usage", direction=1),
    ]
    values = pd.DataFrame({"touches_13w": [0.0] * 40, "touches_before_13w": 9.0, "days_since_touch": np.arange(40.0)})
    values["days_since_use"] = 0.0
    assert [info.name for info in evidence(catalog)] == ["days_since_use"]
    assert list(contributions(values, catalog).columns) == ["days_since_use"]


def test_effort_that_everybody_has_is_no_sign_of_one_account() -> None:
    catalog = [FeatureInfo("effort_score", "effort_score", "effort", "tickets", direction=1, group="effort")]
    slow = pd.DataFrame({"effort_score": [100.0] * 39 + [60.0]})
    assert contributions(slow, catalog)["effort_score"].tolist() == [0.0] * 39 + [2.0 * DOUBLED]
    quick = pd.DataFrame({"effort_score": [20.0] * 39 + [100.0]})
    assert contributions(quick, catalog)["effort_score"].iloc[39] == LEVELS["effort_score"][-1][1] * DOUBLED


def test_an_answer_counts_half_after_a_quarter_and_never_more_than_on_its_day() -> None:
    catalog = [FeatureInfo("nps_last", "nps_last", "sentiment", "surveys", direction=-1, age="nps_age_days")]
    values = pd.DataFrame({"nps_last": 0.0, "nps_age_days": [0.0, HALF_LIFE_DAYS, 10 * HALF_LIFE_DAYS, np.nan]})
    points = contributions(values, catalog)["nps_last"].tolist()
    assert points[:2] == [-24, -12] and -0.1 < points[2] < 0 and points[3] == -24

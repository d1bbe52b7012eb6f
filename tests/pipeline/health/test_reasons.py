import math

import numpy as np
import pandas as pd
import pytest

from pipeline.config.settings import FeatureSettings
from pipeline.features.build import REGISTRY
from pipeline.features.info import FeatureInfo
from pipeline.features.plan import make_plan
from pipeline.health.peers import Peers
from pipeline.health.reasons import beside, explain
from tests.pipeline.company import CATALOG


def told(points: dict[str, float], values: dict[str, object], catalog: list[FeatureInfo] = CATALOG) -> list[str]:
    """The reasons of one account among six usual ones."""
    usual = {"days_since_use": 2.0, "nps_last": 8.0, "tickets_13w": 2.0, "seat_utilisation_4w": 0.6}
    features = pd.DataFrame([values, *[usual] * 6], index=["ours", *"abcdef"])
    contributions = pd.DataFrame([points, *[{}] * 6], index=features.index).fillna(0.0)
    rows = explain(contributions, features, catalog)
    return [text for text in rows.loc["ours", ["reason_1", "reason_2", "reason_3"]] if text]


def test_a_reason_is_plain_words_with_numbers() -> None:
    assert told({"logins_4w": -9.0}, {"logins_4w": 41.0, "logins_before_4w": 108.0}) == ["logins 41, was 108 (4 weeks)"]


def test_a_level_is_told_beside_what_is_usual_here() -> None:
    assert told({"days_since_use": -9.0}, {"days_since_use": 34.0}) == ["last use 34 days ago; usual here 2 days"]


def test_only_what_costs_points_is_a_reason_and_the_costliest_comes_first() -> None:
    points = {"nps_last": -3.0, "days_since_use": -8.0, "tickets_13w": 4.0, "seat_utilisation_4w": -0.4}
    values = {"nps_last": 3.0, "days_since_use": 40.0, "tickets_13w": 0.0, "seat_utilisation_4w": 0.2}
    assert told(points, values) == ["last use 40 days ago; usual here 2 days", "last NPS answer 3; usual here 8"]


def test_correlated_features_share_one_reason() -> None:
    catalog = [
        FeatureInfo(name, name, "usage", "usage", reason=f"{name} {{value}}", direction=-1, group="use")
        for name in "abc"
    ]
    assert told({"a": -2.0, "b": -5.0, "c": -1.0}, {"a": 1.0, "b": 2.0, "c": 3.0}, catalog) == ["b 2"]


def test_a_missing_value_is_never_a_reason() -> None:
    assert told({"nps_last": -5.0, "days_since_use": -2.0}, {"nps_last": math.nan, "days_since_use": 20.0}) == [
        "last use 20 days ago; usual here 2 days"
    ]


def test_a_figure_that_looks_good_is_told_only_where_nothing_else_is() -> None:
    good = {"logins_4w": 200.0, "logins_before_4w": 108.0}
    assert told({"logins_4w": -9.0, "nps_last": -1.0}, {**good, "nps_last": 2.0}) == ["last NPS answer 2; usual here 8"]
    assert told({"logins_4w": -9.0}, good) == ["logins 200 (4 weeks)"]


def test_the_third_reason_looks_beyond_the_dimensions_of_the_first_two() -> None:
    points = {"logins_4w": -9.0, "days_since_use": -8.0, "users_4w": -7.0, "nps_last": -2.0}
    values = {
        "logins_4w": 1.0,
        "logins_before_4w": 9.0,
        "days_since_use": 50.0,
        "users_4w": 1.0,
        "users_before_4w": 4.0,
    }
    assert told(points, {**values, "nps_last": 2.0})[2] == "last NPS answer 2; usual here 8"
    assert told(points, values)[2] == "1 person active, was 4 (4 weeks)"


CALENDAR = {"days_to_renewal": 20.0, "days_since_use": 50.0, "nps_last": 2.0, "seat_utilisation_4w": 0.1}
USE, ANSWER, SEATS = (
    "last use 50 days ago; usual here 2 days",
    "last NPS answer 2; usual here 8",
    "10 % of seats in use; usual here 60 %",
)


def test_the_day_of_renewal_is_told_where_there_is_room_for_it() -> None:
    points = {"days_to_renewal": -5.0, "days_since_use": -8.0, "nps_last": -3.0}
    assert told(points, CALENDAR) == [USE, ANSWER, "renewal in 20 days"]
    assert told({**points, "seat_utilisation_4w": -1.0}, CALENDAR) == [USE, ANSWER, SEATS]


def test_where_the_calendar_costs_most_the_reasons_say_so() -> None:
    points = {"days_to_renewal": -9.0, "days_since_use": -8.0, "nps_last": -3.0, "seat_utilisation_4w": -1.0}
    assert told(points, CALENDAR) == [USE, ANSWER, "renewal in 20 days, and costs the score most"]


def test_where_the_calendar_costs_more_than_all_else_it_comes_first_and_gives_the_play() -> None:
    points = {"days_to_renewal": -20.0, "days_since_use": -8.0, "nps_last": -3.0, "seat_utilisation_4w": -1.0}
    first = "renewal in 20 days, and costs the score more than all else together"
    assert told(points, CALENDAR) == [first, USE, ANSWER]
    rows = explain(pd.DataFrame([points]), pd.DataFrame([CALENDAR]), CATALOG)
    assert rows[["main_dimension", "main_measure"]].loc[0].tolist() == ["timing", "days_to_renewal"]
    assert told({"days_to_renewal": -20.0}, CALENDAR) == ["renewal in 20 days"], "alone it weighs against nothing"
    plain = explain(pd.DataFrame([points]), pd.DataFrame([CALENDAR]), CATALOG, weighed=False)
    assert plain["reason_1"].tolist() == ["renewal in 20 days"]


def test_what_was_agreed_stands_behind_what_the_customer_did_and_says_why_it_counts() -> None:
    seats = FeatureInfo("seats", "seats", "commercial", "subscriptions", reason="{value} seats")
    catalog, values = [*CATALOG, seats], {**CALENDAR, "seats": 12.0}
    points = {"seats": -4.0, "days_since_use": -8.0, "nps_last": -3.0}
    reason = "12 seats (all else equal, such accounts left more often here)"
    assert told(points, values, catalog) == [USE, ANSWER, reason]
    assert told({**points, "seat_utilisation_4w": -1.0}, values, catalog) == [USE, ANSWER, SEATS]
    most = told({**points, "seats": -9.0, "seat_utilisation_4w": -1.0}, values, catalog)
    assert most == [USE, ANSWER, f"{reason}, and costs the score most"]


@pytest.mark.parametrize("column", ["reason_1", "reason_3", "main_dimension", "main_measure"])
def test_an_account_without_reasons_has_empty_texts(column: str) -> None:
    rows = explain(pd.DataFrame({"nps_last": [0.0]}), pd.DataFrame({"nps_last": [math.nan]}), CATALOG)
    assert rows[column].tolist() == [""]


def test_no_reason_of_any_feature_shows_nan_a_bracket_or_a_column_name() -> None:
    sources = {"spine", "subscriptions", "tickets", "surveys", "invoices", "touches", "levels", "usage"}
    settings = FeatureSettings(login_events=["login"], key_events=["report"], features=["export"], milestones=["live"])
    catalog = list(make_plan(REGISTRY, settings, sources, {"monthly logins": -1}).features)
    draw = np.random.default_rng(5)
    names = [info.name for info in catalog]
    values = pd.DataFrame(draw.exponential(3, (300, len(names))), columns=names)
    values = values.where(draw.random(values.shape) > 0.4)
    points = pd.DataFrame(draw.normal(0, 3, values.shape), columns=names)
    rows = explain(points, values, catalog, currency="EUR", count=9)
    texts = set(rows[[f"reason_{at}" for at in range(1, 10)]].to_numpy().ravel()) - {""}
    assert len(texts) > 200
    raw = {name for name in names if "_" in name} | {"nan", "None"}
    assert [text for text in texts if "{" in text or raw & set(text.split())] == []


def test_of_a_group_the_clearest_figure_speaks_and_else_the_costliest() -> None:
    catalog = [
        FeatureInfo(name, name, "usage", "usage", reason=f"{name} {{value}}, was {{before}}", direction=-1,
                    before=f"{name}_before", group="use")
        for name in ("events", "days")
    ]  # fmt: skip
    points = {"events": -6.0, "days": -2.0}
    values = {"events": 229.0, "events_before": 230.0, "days": 4.0, "days_before": 20.0}
    assert told(points, values, catalog) == ["days 4, was 20"]
    assert told(points, {**values, "days": 20.0}, catalog) == ["events 229"]
    assert told({**points, "days": 1.0}, values, catalog) == ["events 229"], "what is to its credit explains no cost"


def test_the_same_words_come_from_a_model_served_alone_but_for_the_peers() -> None:
    """Ours is one of seven of its segment; a served row stands alone and is judged by medians of the training."""
    usual = {"days_since_use": 2.0, "logins_4w": 95.0, "logins_before_4w": 95.0}
    ours = {"days_since_use": 34.0, "logins_4w": 41.0, "logins_before_4w": 108.0}
    features = pd.DataFrame([ours, *[usual] * 6])
    points = pd.DataFrame([{"days_since_use": -8.0, "logins_4w": -9.0}] * 7)
    listed = explain(points, features, CATALOG, peers=Peers.of(features, pd.Series(["Small"] * 7))).loc[0]
    served = explain(points[:1], features[:1], CATALOG, peers=Peers.in_training(usual, 1)).loc[0]
    assert listed[["reason_1", "reason_2"]].tolist() == [
        "logins 41, was 108 (4 weeks); accounts like it 95",
        "last use 34 days ago; accounts like it 2 days",
    ]
    assert served.tolist() == [text.split(";")[0] for text in listed]


def test_a_feature_without_words_is_told_by_its_group() -> None:
    catalog = [
        FeatureInfo("trend", "trend", "usage", "usage", group="use"),
        FeatureInfo("use_4w", "use", "usage", "usage", reason="use {value}", direction=-1, group="use"),
    ]
    assert told({"trend": -9.0}, {"trend": -0.5, "use_4w": 7.0}, catalog) == ["use 7"]


def test_what_else_there_is_stands_behind_the_reason_and_is_marked() -> None:
    names = ["reason_1", "reason_2", "reason_3", "main_dimension", "main_measure"]
    words = pd.DataFrame([["use 7", "", "", "usage", "use"]], columns=names, dtype="string")
    context = pd.DataFrame([["use 7", "1 urgent ticket", "", "support", "x"]], columns=names, dtype="string")
    assert beside(words, context).loc[0].tolist() == ["use 7", "also: 1 urgent ticket", "", "usage", "use"]
    weighed = words.assign(reason_1="use 7, and costs the score most")
    assert beside(weighed, context).loc[0, "reason_2"] == "also: 1 urgent ticket", "nothing is told twice"

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from models.profile import profile_of
from pipeline.config import MonitorSettings
from pipeline.monitor import (
    Monitoring,
    PublishedWeek,
    Scores,
    compare_inputs,
    compare_scores,
    holds_of,
    input_warnings,
    outcome_reasons,
    outcomes_of,
    retrain_reasons,
)

WEEK, BEFORE = date(2026, 11, 16), date(2026, 11, 9)
SETTINGS = MonitorSettings()


def inputs_with(shift: float, weight: float, at_training: float = 0.0):
    random = np.random.default_rng(1)
    then = pd.DataFrame({"logins": random.normal(size=2000), "seats": random.normal(size=2000)})
    now = pd.DataFrame({"logins": random.normal(size=2000) + shift, "seats": random.normal(size=2000)})
    profile = profile_of(then, 2000, {"logins": weight})
    shape = replace(profile.shapes["logins"], at_training=at_training)
    return compare_inputs(replace(profile, shapes={**profile.shapes, "logins": shape}), now)


def test_f44_an_input_that_matters_warns_from_a_tenth_and_is_far_from_a_quarter():
    assert inputs_with(0.1, weight=0.5).shifted == ()
    some, far = inputs_with(0.4, weight=0.5), inputs_with(0.8, weight=0.5)
    assert [shift.feature for shift in some.shifted] == ["logins"]
    assert (some.far, [shift.feature for shift in far.far]) == ((), ["logins"])
    assert "logins" in input_warnings(some)[0]


def test_a_shift_that_carries_no_points_or_was_there_in_training_is_counted_but_not_told():
    for quiet in (inputs_with(0.8, weight=0.001), inputs_with(0.8, weight=0.5, at_training=0.6)):
        assert (quiet.shifted, quiet.over_far) == ((), 1)
        assert input_warnings(quiet) == []


def test_f44_far_inputs_hold_a_week_only_where_the_configuration_says_so():
    far = inputs_with(0.8, weight=0.5)
    assert holds_of(far, None, SETTINGS, WEEK) == []
    assert "logins" in holds_of(far, None, MonitorSettings(drift="hold"), WEEK)[0]


def bands(*counts: int, model: str = "m", p: float | None = 0.1) -> pd.DataFrame:
    band = [name for name, count in zip(("red", "amber", "green"), counts, strict=True) for _ in range(count)]
    accounts = [f"a{place:03}" for place in range(len(band))]
    return pd.DataFrame({"account_id": accounts, "band": band, "model": model, "churn_probability": p})


def test_f42_more_than_the_agreed_share_changing_band_in_a_week_holds_it():
    changed = compare_scores(bands(60, 20, 20), bands(20, 20, 60), BEFORE)
    assert (changed.accounts, changed.changed_band, changed.lower) == (100, 60, 60)
    assert "60 of 100 accounts (60 %) changed band" in holds_of(None, changed, SETTINGS, WEEK)[0]
    few = compare_scores(bands(21, 29, 50), bands(0, 50, 50), BEFORE)
    assert (few.changed_band, holds_of(None, few, SETTINGS, WEEK)) == (21, [])


def test_f42_a_hold_that_nobody_answered_does_not_lapse_because_the_last_list_is_older_by_then():
    changed = compare_scores(bands(60, 20, 20), bands(20, 20, 60), BEFORE)
    later = WEEK + timedelta(weeks=1)
    assert holds_of(None, changed, SETTINGS, later) == []
    assert "60 of 100 accounts" in holds_of(None, changed, SETTINGS, later, is_waiting=True)[0]


def test_another_model_that_repaints_more_than_the_agreed_share_waits_for_a_person_however_long_ago():
    changed = compare_scores(bands(60, 20, 20, model="new", p=0.2), bands(20, 20, 60, model="old"), BEFORE)
    for week in (WEEK, WEEK + timedelta(weeks=5)):
        told = holds_of(None, changed, SETTINGS, week)
        assert len(told) == 1
        assert "60 of 100 accounts (60 %) changed band since 2026-11-09, 60 of them for the worse" in told[0]
        assert "new expects 20.0 of them to leave, old expected 10.0" in told[0]
    assert holds_of(None, changed, MonitorSettings(band_change=0.7), WEEK) == []
    rules = compare_scores(bands(60, 20, 20, model="scorecard", p=None), bands(20, 20, 60, model="old"), BEFORE)
    assert "scorecard claims no chances" in holds_of(None, rules, SETTINGS, WEEK)[0]


def test_a_first_model_after_the_scorecard_or_a_replayed_week_repaints_nothing():
    first = compare_scores(bands(60, 20, 20), bands(20, 20, 60, model="scorecard", p=None), BEFORE)
    replayed = compare_scores(bands(60, 20, 20), bands(20, 20, 60, model="old"), BEFORE, replayed=True)
    assert [holds_of(None, each, SETTINGS, WEEK) for each in (first, replayed)] == [[], []]


def test_a_replayed_or_older_week_or_a_handful_of_accounts_hold_nothing():
    whole = Scores(BEFORE, True, 100, 80, 80)
    assert holds_of(None, whole, SETTINGS, WEEK)
    for other in (
        replace(whole, replayed=True),
        replace(whole, compared_with=BEFORE - timedelta(weeks=1)),
        replace(whole, accounts=10, changed_band=8),
    ):
        assert holds_of(None, other, SETTINGS, WEEK) == []
    assert not compare_scores(bands(1, 1, 1), bands(1, 1, 1, model="n"), BEFORE).same_model


def published(p: float, churns: int, *, accounts: int = 400, listed: int = 0, week: date = BEFORE) -> PublishedWeek:
    """Equal probabilities; the first accounts leave, the last ones were listed."""
    scores = pd.DataFrame({"account_id": [f"a{place:03}" for place in range(accounts)], "churn_probability": p})
    scores["band"], scores["model"] = "green", "m"
    scores["weeks_listed"] = (np.arange(accounts) >= accounts - listed).astype(int)
    return PublishedWeek(week, scores, frozenset(f"a{place:03}" for place in range(churns)))


def test_outcomes_tell_expected_and_realised_churn_by_band_and_list():
    told = {
        each.group: (each.accounts, each.expected, each.left) for each in outcomes_of([published(0.1, 30, listed=40)])
    }
    assert told["green"] == (400, 40.00000000000001, 30) or np.isclose(told["green"][1], 40)
    assert (told["listed"][0], told["listed"][2]) == (40, 0)
    assert (told["not listed"][0], told["not listed"][2]) == (360, 30)
    assert told["red"] == (0, None, 0)


def test_probabilities_that_did_not_come_true_call_for_a_new_training():
    assert outcome_reasons([published(0.1, 40)]) == []
    assert outcome_reasons([published(0.1, 46)]) == []
    assert "expected 40 churns where 90 came" in outcome_reasons([published(0.1, 90)])[0]
    assert outcome_reasons([published(0.01, 12)]) == [], "twelve churns prove nothing"


def test_one_churn_seen_by_many_weeks_is_one_churn():
    weeks = [published(0.01, 12, week=BEFORE - timedelta(weeks=back)) for back in range(12)]
    assert outcome_reasons(weeks) == []
    repeated = [published(0.1, 25, week=BEFORE - timedelta(weeks=back)) for back in range(12)]
    assert outcome_reasons(repeated) == [], "25 for 40 is within chance, however often it is looked at"


def test_a_list_that_caught_nobody_calls_for_a_new_training():
    assert "of those it listed" in outcome_reasons([published(0.1, 40, listed=120)])[0]
    assert outcome_reasons([published(0.1, 40, listed=10)]) == []


def test_time_inputs_and_outcomes_are_each_a_reason_to_train_and_told_in_a_line():
    far = inputs_with(0.8, weight=0.5)
    reasons = retrain_reasons(far, [published(0.1, 90)], 14, 13)
    assert len(reasons) == 3
    assert retrain_reasons(inputs_with(0.8, weight=0.05), [], 12, 13) == []
    told = Monitoring(retrain=tuple(reasons)).told()
    assert len(told) == 1
    assert told[0].startswith("Train anew: the last training was 14 weeks ago, and 13 are agreed; ")
    assert Monitoring().told() == []

import numpy as np
import pandas as pd
import pytest

from pipeline.features.info import FeatureInfo
from pipeline.lists.signals import SIGNALS, conditions, evidence, flags, tags
from tests.pipeline.company import AS_OF, features, scored

HELD = {
    "quiet account": {"logins_4w": 6, "logins_before_4w": 10, "tickets_13w": 0},
    "satisfied but leaving": {"nps_last": 9, "health": 20, "band": "red"},
    "onboarding stuck": {"tenure_days": 60, "milestones_share": 0.25},
    "unused features": {"plan_features_unused_13w": 3},
    "champion lost": {"champion_days_since_seen": 30, "days_since_use": 2},
    "effort too high": {"ces_last": 0.4},
    "contraction ahead": {"seat_utilisation_4w": 0.39, "days_to_renewal": 180, "term_months": 12},
    "renewal soon": {"days_to_renewal": 75, "notice_days": 30},
    "early renewal": {"days_to_renewal": 91, "health": 50, "band": "amber"},
    "payment trouble": {"invoices_overdue": 1},
    "ready to expand": {"seat_utilisation_4w": 0.95, "nps_last": 8},
    "advocate": {"nps_last": 9, "health": 80},
}


def one(values: dict[str, object]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Features and scores of one account that is green unless said otherwise."""
    state = {"health": 60.0, "band": "green", **{k: v for k, v in values.items() if k in ("health", "band")}}
    known = {name: float(value) for name, value in values.items() if name not in state}  # type: ignore[arg-type]
    return pd.DataFrame([known], index=["a"]), pd.DataFrame([state], index=["a"])


@pytest.mark.parametrize("name", HELD)
def test_a_signal_holds_when_its_condition_does(name: str) -> None:
    assert flags(*one(HELD[name])).loc["a", name]


def test_who_carries_a_warning_is_no_good_news() -> None:
    values = {**HELD["ready to expand"], **HELD["advocate"]}
    assert flags(*one(values)).loc["a", ["advocate", "ready to expand"]].all()
    troubled = flags(*one({**values, "invoices_overdue": 1}))
    assert troubled.loc["a", "payment trouble"] and not troubled.loc["a", ["advocate", "ready to expand"]].any()


def test_where_no_tickets_are_known_a_fall_in_use_alone_makes_an_account_quiet() -> None:
    fallen = {"logins_4w": 6, "logins_before_4w": 10}
    assert flags(*one(fallen)).loc["a", "quiet account"]
    assert not flags(*one({**fallen, "tickets_13w": 1})).loc["a", "quiet account"]


def test_every_signal_says_its_condition_and_has_a_test() -> None:
    assert {*HELD, "recovered"} == {signal.name for signal in SIGNALS}
    assert all(signal.condition and signal.tip for signal in SIGNALS)


def test_nobody_is_tagged_for_having_little_data() -> None:
    values = features(50)
    unknown = pd.DataFrame(np.nan, index=values.index, columns=values.columns)
    judged = pd.DataFrame({"health": 60.0, "band": "green"}, index=values.index)
    assert not flags(unknown, judged).to_numpy().any()
    assert not flags(pd.DataFrame(index=values.index), judged).to_numpy().any()


def test_recovered_is_green_now_and_was_red_within_eight_weeks() -> None:
    values, judged = one({})
    weeks = [pd.DataFrame({"account_id": ["a"], "health": [health]}) for health in (58.0, 45.0, 39.0)]
    assert flags(values, judged, weeks).loc["a", "recovered"]
    assert not flags(values, judged, weeks[:2]).loc["a", "recovered"]
    assert not flags(values, judged, [*weeks[:1] * 8, weeks[2]]).loc["a", "recovered"]


def test_a_renewal_that_has_passed_is_no_recovery() -> None:
    values, judged = one({})
    by_calendar = judged.assign(score=60.0, points_timing=20.0)
    before = [pd.DataFrame({"account_id": ["a"], "health": [20.0], "score": [20.0], "points_timing": [-20.0]})]
    assert not flags(values, by_calendar, before).loc["a", "recovered"]
    assert flags(values, by_calendar.assign(points_timing=-20.0), before).loc["a", "recovered"]


def test_an_early_renewal_is_judged_as_if_it_were_near() -> None:
    names = ["sick", "well", "due", "later"]
    values = pd.DataFrame({"days_to_renewal": [120.0, 120.0, 30.0, 300.0]}, index=names)
    judged = pd.DataFrame(
        {"score": [70.0, 90.0, 40.0, 70.0], "points_timing": [25.0, 25.0, -15.0, 25.0], "band": "green"}, index=names
    ).assign(health=lambda rows: rows["score"])
    told = flags(values, judged)["early renewal"]
    assert told.to_dict() == {"sick": True, "well": False, "due": False, "later": False}
    asked = conditions(values, judged)
    signal = next(each for each in SIGNALS if each.name == "early renewal")
    told_of = evidence(signal, asked, pd.Index(["sick"]))["sick"]
    assert told_of == "health 70, 30 if the renewal were near, renewal in 120 days"


def test_monthly_usage_can_fall_silent_too() -> None:
    values, judged = one({"level_seats_used_last": 2, "level_seats_used_before": 10, "tickets_13w": 0})
    assert flags(values, judged).loc["a", "quiet account"]


def test_tags_are_the_names_that_hold() -> None:
    flagged = pd.DataFrame({"renewal soon": [True, False], "advocate": [True, False]}, index=["a", "b"])
    assert tags(flagged).to_dict() == {"a": "renewal soon; advocate", "b": ""}


def test_flags_do_not_depend_on_the_order_of_accounts() -> None:
    values = features(80)
    judged = scored(values, AS_OF, modelled=False).set_index("account_id")
    shuffled = values.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(flags(shuffled, judged), flags(values, judged))


NOT = {
    "who pays by the month has no term to renew": ("renewal soon", {"days_to_renewal": 20, "term_months": 1}),
    "nor one to contract": (
        "contraction ahead",
        {"seat_utilisation_4w": 0.1, "days_to_renewal": 20, "term_months": 1},
    ),
    "a renewal that can no longer be stopped": ("renewal soon", {"days_to_renewal": 20, "notice_days": 30}),
    "an answer of long ago pleases nobody": ("advocate", {"nps_last": 10, "nps_age_days": 400, "health": 80}),
    "one who is content at best asked for a reference": (
        "advocate",
        {"nps_last": 10, "csat_mean_26w": 0.62, "health": 80},
    ),
    "a customer of yesterday as an advocate": ("advocate", {"nps_last": 10, "tenure_days": 40, "health": 80}),
    "praise from one who uses less": (
        "advocate",
        {"nps_last": 10, "logins_4w": 70, "logins_before_4w": 100, "health": 80},
    ),
    "a bad answer beside a good one": (
        "satisfied but leaving",
        {"nps_last": 10, "csat_mean_26w": 0.1, "health": 20, "band": "red"},
    ),
    "next to no use cannot fall": ("quiet account", {"logins_4w": 1, "logins_before_4w": 3, "tickets_13w": 0}),
    "automation that replaces sign-ins": (
        "quiet account",
        {"logins_4w": 2, "logins_before_4w": 20, "use_4w": 500, "use_before_4w": 450, "tickets_13w": 0},
    ),
    "full seats of a customer who is not satisfied": ("ready to expand", {"seat_utilisation_4w": 1, "nps_last": 3}),
    "full seats where one answer of two is only half good": (
        "ready to expand",
        {"seat_utilisation_4w": 1, "nps_last": 9, "csat_mean_26w": 0.6},
    ),
}


@pytest.mark.parametrize("case", NOT)
def test_a_signal_stays_silent_about(case: str) -> None:
    name, values = NOT[case]
    assert not flags(*one(values)).loc["a", name]


def test_what_only_grows_and_what_is_worse_when_higher_hide_no_fall_of_use() -> None:
    months = (("actions", 20.0, 100.0), ("storage", 310.0, 300.0), ("errors", 40.0, 10.0))
    values = {f"level_{name}_last": now for name, now, _ in months}
    values |= {f"level_{name}_before": before for name, _, before in months}
    told = {"actions": -1, "storage": 0, "errors": 1}
    infos = [FeatureInfo(f"level_{name}_last", name, "usage", "levels", direction=sign) for name, sign in told.items()]
    assert conditions(*one(values), catalog=infos).use_left().tolist() == [0.2]
    assert conditions(*one(values)).use_left().tolist() == [4.0]


def many(name: str, values: list[float]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Accounts that differ in one feature, all of them green."""
    table = pd.DataFrame({name: values}, index=[f"a{at}" for at in range(len(values))])
    return table, pd.DataFrame({"health": 60.0, "band": "green"}, index=table.index)


def test_what_is_usual_here_is_no_trouble_of_one_account() -> None:
    always_late = flags(*many("late_invoices_13w", [3.0] * 10))["payment trouble"]
    one_late = flags(*many("late_invoices_13w", [0.0] * 9 + [2.0]))["payment trouble"]
    assert (int(always_late.sum()), one_late.tolist()) == (0, [False] * 9 + [True])
    assert not flags(*many("effort_score", [100.0] * 10))["effort too high"].any()
    assert flags(*many("effort_score", [30.0] * 9 + [70.0]))["effort too high"].tolist() == [False] * 9 + [True]


@pytest.mark.parametrize("name", HELD)
def test_a_signal_tells_figures_that_a_person_can_check(name: str) -> None:
    signal = next(signal for signal in SIGNALS if signal.name == name)
    asked = conditions(*one(HELD[name]))
    told = evidence(signal, asked, asked.scored.index).tolist()
    assert told != [""] and "nan" not in told[0] and "{" not in told[0]


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (230, 229, "use much as before (230)"),
        (229, 230, "use much as before (229)"),
        (90, 100, "use much as before (90)"),
        (80, 100, "use is 80 % of the 4 weeks before"),
        (130, 100, "use is 130 % of the 4 weeks before"),
    ],
)
def test_a_change_within_noise_is_told_as_the_figure_itself_and_not_against_the_past(
    now: float, before: float, words: str
) -> None:
    signal = next(signal for signal in SIGNALS if signal.name == "satisfied but leaving")
    asked = conditions(*one({**HELD[signal.name], "logins_4w": now, "logins_before_4w": before}))
    assert evidence(signal, asked, asked.scored.index).tolist() == [f"health 20, last NPS answer 9, {words}"]


@pytest.mark.parametrize(("now", "told"), [(698.0, "69 %"), (580.0, "58 %"), (2.0, "0.2 %")])
def test_use_below_a_limit_is_not_told_as_the_limit(now: float, told: str) -> None:
    signal = next(signal for signal in SIGNALS if signal.name == "quiet account")
    asked = conditions(*one({**HELD[signal.name], "logins_4w": now, "logins_before_4w": 1000.0}))
    words = evidence(signal, asked, asked.scored.index).tolist()[0]
    assert words.startswith(f"use is {told} of the 4 weeks before"), "below 70 %"


def test_nobody_calls_a_day_in_0_days() -> None:
    signal = next(signal for signal in SIGNALS if signal.name == "renewal soon")
    asked = conditions(*one({**HELD[signal.name], "days_to_renewal": 0.0, "notice_days": 0.0}))
    assert evidence(signal, asked, asked.scored.index).tolist() == ["last day to decide, renewal today"]


def test_where_use_before_is_not_known_nothing_is_said_of_it() -> None:
    signal = next(signal for signal in SIGNALS if signal.name == "satisfied but leaving")
    asked = conditions(*one({**HELD[signal.name], "logins_4w": 80}))
    assert evidence(signal, asked, asked.scored.index).tolist() == ["health 20, last NPS answer 9"]


def test_an_old_answer_is_no_evidence() -> None:
    signal = next(signal for signal in SIGNALS if signal.name == "satisfied but leaving")
    old = {**HELD[signal.name], "nps_age_days": 300, "csat_mean_26w": 0.9}
    asked = conditions(*one(old))
    assert evidence(signal, asked, asked.scored.index).tolist() == ["health 20, mean CSAT 90 % (26 weeks)"]


def test_an_effort_too_high_stands_beside_what_is_usual_here() -> None:
    signal = next(signal for signal in SIGNALS if signal.name == "effort too high")
    asked = conditions(*many("effort_score", [30.0] * 9 + [70.0]))
    assert (
        evidence(signal, asked, asked.scored.index).tolist()[-1]
        == "effort score 70 of 100, where 100 is hardest, usual here 30"
    )

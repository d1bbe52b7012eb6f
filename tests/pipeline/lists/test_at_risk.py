from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from pipeline.config.settings import ListSettings
from pipeline.health.reasons import explain
from pipeline.health.scorecard import contributions, score
from pipeline.lists.at_risk import AT_RISK_COLUMNS, AtRisk, at_risk, changes, leaving_list
from pipeline.lists.past import PastWeek
from tests.pipeline.company import CATALOG, features

TODAY = date(2026, 11, 16)
LAST_WEEK = TODAY - timedelta(weeks=1)


def accounts(*rows: tuple[str, str | None, float, float | None, float | None], **more: object) -> pd.DataFrame:
    """Scores from (account, owner, health, probability, revenue)."""
    frame = pd.DataFrame(rows, columns=["account_id", "owner", "health", "churn_probability", "arr"])
    band = np.select([frame["health"] < 40, frame["health"] < 55], ["red", "amber"], "green")
    numbers = {name: frame[name].astype(float) for name in ("churn_probability", "arr")}
    return frame.assign(account_name=frame["account_id"].str.title(), band=band, **numbers, **more)  # type: ignore[arg-type]


def names(found: AtRisk) -> list[str]:
    return found.rows["account_id"].tolist()


def past(weeks: int, scores: pd.DataFrame, listed: dict[str, int]) -> PastWeek:
    """The week ``weeks`` ago, with the accounts then listed and for how long."""
    rows = pd.DataFrame({"account_id": list(listed), "weeks_listed": list(listed.values())})
    return PastWeek(TODAY - timedelta(weeks=weeks), scores, rows)


def test_the_whole_list() -> None:
    """Golden: who is listed, in which order, with which words. Base rate 5 %, so 10 % is clearly likelier."""
    scores = accounts(
        ("acorn", "Ana", 20, 0.30, 10_000),
        ("beech", "Ana", 35, 0.12, 90_000),
        ("cedar", "Ana", 38, 0.11, None),
        ("dwarf", "Ana", 39, 0.10, 1_000),
        ("elder", None, 45, 0.10, 50_000),
        ("fir", "Ben", 52, 0.03, 900_000),
        ("grape", "Ben", 50, 0.085, 40_000),
        ("hazel", "Ben", 12, 0.50, 70_000),
        renewal_date=pd.Timestamp("2027-01-31"),
        notice_days=[30, 90, None, 30, 30, 30, 30, 30],
        reason_1="logins 41, was 108 (4 weeks)",
        play="Call",
        tags="renewal soon",
    )
    before = accounts(
        ("acorn", "Ana", 28, 0.2, None), ("beech", "Ana", 36, 0.12, None), ("grape", "Ben", 38, 0.11, None)
    )
    month = accounts(("acorn", "Ana", 60, 0.02, None))
    history = [past(1, before, {"acorn": 4, "grape": 1}), past(4, month, {})]
    settings = ListSettings(capacity=3)
    found = at_risk(scores, TODAY, history=history, leaving={"hazel"}, base_rate=0.05, settings=settings)
    columns = ["rank", "account_id", "owner", "revenue_at_risk", "decide_by", "change_1w", "change_4w", "status"]
    shown = found.rows[[*columns, "weeks_listed"]].to_csv(index=False, na_rep="-", float_format="%.1f").splitlines()
    assert shown == [
        "rank,account_id,owner,revenue_at_risk,decide_by,change_1w,change_4w,status,weeks_listed",
        "1,beech,Ana,10800.0,2026-11-02,-1.0,-,new,1",
        "2,elder,Unassigned,5000.0,2027-01-01,-,-,new,1",
        "3,cedar,Ana,-,-,-,-,new,1",
        "4,acorn,Ana,3000.0,2027-01-01,-8.0,-40.0,worse,5",
        "5,grape,Ben,3400.0,2027-01-01,12.0,-,better,2",
    ]
    assert tuple(found.rows.columns) == AT_RISK_COLUMNS
    assert (found.left_out, found.eligible, found.base_rate) == ({"Ana": 1}, 6, 0.05)


def test_a_large_healthy_account_never_outranks_a_sick_one_into_the_list() -> None:
    scores = accounts(("whale", "Ana", 70, 0.02, 9_000_000), ("shrimp", "Ana", 30, 0.2, 100))
    assert names(at_risk(scores, TODAY, base_rate=0.05, settings=ListSettings(capacity=1))) == ["shrimp"]


def test_who_is_red_but_less_likely_to_leave_than_the_average_is_not_called() -> None:
    scores = accounts(("calm", "Ana", 25, 0.001, 9_000), ("sick", "Ana", 25, 0.06, 9_000))
    assert names(at_risk(scores, TODAY, base_rate=0.05)) == ["sick"]
    before = past(1, scores, {"calm": 3, "sick": 1})
    assert names(at_risk(scores, TODAY, base_rate=0.05, history=[before])) == ["sick"], "nor does it stay"


def test_the_scorecard_lists_red_accounts_only_by_points_short_times_revenue() -> None:
    scores = accounts(
        ("small", "Ana", 10, None, 1_000), ("large", "Ana", 35, None, 9_000), ("amber", "Ana", 41, None, 99_000)
    )
    found = at_risk(scores, TODAY)
    assert names(found) == ["large", "small"]
    assert found.rows["revenue_at_risk"].isna().all() and found.base_rate is None


def test_without_revenue_probability_ranks() -> None:
    scores = accounts(("a", "Ana", 30, 0.1, None), ("b", "Ana", 25, 0.3, None), ("c", "Ana", 28, 0.2, None))
    assert names(at_risk(scores, TODAY, base_rate=0.05)) == ["b", "c", "a"]


@pytest.mark.parametrize(
    ("this_week", "last_week", "stays"),
    [
        ((44, 0.09), (44, 0.09), True),
        ((46, 0.09), (46, 0.09), True),
        ((46, 0.07), (44, 0.07), True),
        ((46, 0.07), (46, 0.09), True),
        ((46, 0.07), (46, 0.07), False),
        ((56, 0.07), (30, 0.2), False),
        ((56, 0.09), (30, 0.2), True),
    ],
)
def test_an_account_leaves_only_when_it_was_clearly_better_for_two_weeks_or_is_green(
    this_week: tuple[float, float], last_week: tuple[float, float], stays: bool
) -> None:
    before = accounts(("a", "Ana", *last_week, None))
    found = at_risk(
        accounts(("a", "Ana", *this_week, None)), TODAY, history=[past(1, before, {"a": 1})], base_rate=0.05
    )
    assert names(found) == (["a"] if stays else [])


def test_who_was_not_listed_does_not_stay() -> None:
    scores = accounts(("a", "Ana", 42, 0.09, None))
    assert names(at_risk(scores, TODAY, history=[past(1, scores, {})], base_rate=0.05)) == []


def test_those_who_gave_notice_are_not_called() -> None:
    assert names(at_risk(accounts(("a", "Ana", 10, 0.9, None)), TODAY, leaving=["a"], base_rate=0.05)) == []


def test_an_account_stands_once() -> None:
    scores = accounts(*((f"a{at}", "Ana", 30.0, 0.2, 10.0) for at in range(20)))
    found = at_risk(scores, TODAY, base_rate=0.05)
    assert found.rows["account_id"].is_unique and len(found.rows) == 8 and found.left_out == {"Ana": 12}


def test_the_order_of_accounts_does_not_matter() -> None:
    scores = accounts(*((f"a{at}", "Ana", 30.0, 0.2, 10.0) for at in range(20)))
    shuffled = scores.sample(frac=1, random_state=2)
    pd.testing.assert_frame_equal(at_risk(shuffled, TODAY).rows, at_risk(scores, TODAY).rows)


def test_a_change_is_against_that_very_week_and_missing_without_it() -> None:
    scores = accounts(("a", "Ana", 50, None, None), ("b", "Ana", 60, None, None))
    earlier = accounts(("a", "Ana", 58, None, None))
    found = changes(scores, TODAY, [past(2, earlier, {}), past(4, earlier, {})])
    assert found["change_1w"].isna().all()
    assert found["change_4w"].tolist()[0] == -8 and np.isnan(found["change_4w"].tolist()[1])


def test_no_accounts_and_no_eligible_accounts_are_defined_results() -> None:
    healthy = accounts(("a", "Ana", 80, 0.01, 5.0))
    for scores in (healthy, healthy.head(0)):
        found = at_risk(scores, TODAY, history=[past(1, healthy, {})])
        assert found.rows.empty and tuple(found.rows.columns) == AT_RISK_COLUMNS and found.left_out == {}


def test_the_inputs_are_not_changed() -> None:
    scores = accounts(("a", None, 10, 0.9, None))
    kept = scores.copy(deep=True)
    at_risk(scores, TODAY)
    leaving_list(scores.assign(notice_at=pd.NaT, ends_at=pd.NaT), TODAY)
    pd.testing.assert_frame_equal(scores, kept)


def test_the_whole_list_of_those_leaving() -> None:
    gone = pd.DataFrame(
        {
            "account_id": ["a", "b", "c"],
            "account_name": ["Ash", "Bay", "Cork"],
            "owner": ["Ana", None, "Ben"],
            "arr": [100.0, 300.0, 200.0],
            "notice_at": pd.to_datetime(["2026-11-01"] * 3),
            "ends_at": pd.to_datetime(["2026-12-31", "2026-11-30", "2026-12-31"]),
        }
    )
    rows = leaving_list(gone, TODAY)[["account_name", "owner", "ends_at", "days_left"]]
    assert rows.to_csv(index=False).splitlines() == [
        "account_name,owner,ends_at,days_left",
        "Bay,Unassigned,2026-11-30,14.0",
        "Cork,Ben,2026-12-31,45.0",
        "Ash,Ana,2026-12-31,45.0",
    ]


def listed_before(weeks: int, listed: int = 3) -> AtRisk:
    """An account that merely stays, last listed ``weeks`` ago."""
    scores = accounts(("stays", "Ana", 44, 0.09, None), ("enters", "Ana", 20, 0.3, None))
    history = [past(weeks, scores, {"stays": listed, "enters": listed})]
    return at_risk(scores, TODAY, history=history, base_rate=0.05)


def test_a_list_is_the_last_one_until_it_is_a_quarter_old() -> None:
    for weeks in (1, 2, 3, 13):
        found = listed_before(weeks)
        assert (names(found), found.rows["weeks_listed"].tolist()) == (["enters", "stays"], [4, 4]), weeks
        assert found.rows["status"].tolist() == ["same", "same"], weeks
    old = listed_before(14)
    assert (names(old), old.rows["weeks_listed"].tolist(), old.rows["status"].tolist()) == (["enters"], [1], ["new"])


def test_where_lists_are_a_month_apart_they_follow_each_other() -> None:
    month = accounts(("falls", "Ana", 35, 0.2, None), ("rises", "Ana", 15, 0.4, None), ("well", "Ana", 20, 0.4, None))
    scores = accounts(("falls", "Ana", 25, 0.3, None), ("rises", "Ana", 30, 0.2, None), ("well", "Ana", 70, 0.02, None))
    listed = {"falls": 1, "rises": 2, "well": 1}
    found = at_risk(scores, TODAY, history=[past(4, month, listed)], base_rate=0.05)
    told = found.rows.set_index("account_id")
    assert told["status"].to_dict() == {"falls": "worse", "rises": "better"}
    assert told["weeks_listed"].to_dict() == {"falls": 2, "rises": 3}
    assert told["change_4w"].to_dict() == {"falls": -10, "rises": 15} and told["change_1w"].isna().all()


def test_nobody_is_listed_without_a_reason_in_words_and_they_are_counted() -> None:
    scores = accounts(("a", "Ana", 10, 0.9, None), ("b", "Ana", 20, 0.8, None))
    found = at_risk(scores.assign(reason_1=["", "last used 40 days ago"]), TODAY, base_rate=0.05)
    assert (names(found), found.unexplained, found.eligible) == (["b"], 1, 1)


def test_who_rests_is_held_back_and_takes_no_place() -> None:
    scores = accounts(("a", "Ana", 10, 0.9, None), ("b", "Ana", 20, 0.8, None))
    found = at_risk(scores, TODAY, resting=["a"], base_rate=0.05, settings=ListSettings(capacity=1))
    assert (names(found), found.held, found.left_out) == (["b"], {"a"}, {})
    assert found.eligible_ids == {"a", "b"}


def test_a_new_model_does_not_call_a_customer_worse() -> None:
    before = accounts(("a", "Ana", 30, 0.2, None), ("b", "Ana", 30, 0.2, None))
    now = accounts(("a", "Ana", 20, 0.3, None), ("b", "Ana", 20, 0.3, None), moved_customer=[0.5, -6.0])
    found = at_risk(now, TODAY, history=[past(1, before, {"a": 1, "b": 1})], base_rate=0.05)
    assert dict(zip(found.rows["account_id"], found.rows["status"], strict=True)) == {"a": "same", "b": "worse"}


def test_a_last_day_that_has_passed_is_told_as_negative() -> None:
    scores = accounts(("a", "Ana", 10, 0.9, None), renewal_date=pd.Timestamp("2026-11-26"), notice_days=30)
    assert at_risk(scores, TODAY).rows["decide_in_days"].tolist() == [-20]


def test_no_account_is_listed_for_having_little_data() -> None:
    values = features(40)
    values.iloc[:5] = np.nan
    points = contributions(values, CATALOG)
    judged = score(values, CATALOG).join(explain(points, values, CATALOG))
    listed = names(at_risk(judged.assign(arr=1e6, owner=None, account_name="x").reset_index(), TODAY))
    assert listed and set(values.index[:5]).isdisjoint(listed)
    assert (judged.head(5)["health"] == 60).all()


def test_what_the_calendar_moved_makes_nobody_worse() -> None:
    """Who is new by it alone says so; of who only stays it is told too."""
    scores = accounts(
        ("near", "Ana", 30, 0.2, 900), ("sick", "Ana", 30, 0.2, 800), ("both", "Ana", 30, 0.2, 700),
        ("fresh", "Ana", 20, 0.2, 600), ("ill", "Ana", 20, 0.2, 500), ("calm", "Ana", 44, 0.09, 400),
    ).assign(moved_customer=[-20.0, -20, -20, -60, -60, 9], moved_calendar=[-20.0, 0, -15, -60, -10, 9])  # fmt: skip
    before = accounts(*((name, "Ana", 36.0, 0.15, None) for name in scores["account_id"]))
    history = [past(1, before, dict.fromkeys(["near", "sick", "both", "calm"], 1))]
    found = at_risk(scores, TODAY, history=history, base_rate=0.05).rows.set_index("account_id")
    assert found[["status", "listed_for"]].T.to_dict("list") == {
        "near": ["same", "rule"], "sick": ["worse", "rule"], "both": ["worse", "rule"],
        "fresh": ["new", "calendar"], "ill": ["new", "rule"], "calm": ["same", "stays"],
    }  # fmt: skip

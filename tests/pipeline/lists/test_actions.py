import pandas as pd

from pipeline.config.settings import ListSettings
from pipeline.health.moves import COLUMNS
from pipeline.lists.actions import (
    ACTION_COLUMNS,
    AT_RISK,
    SIGNAL_COLUMNS,
    action_list,
    changes_table,
    good_news,
    in_lines,
)
from pipeline.lists.signals import SIGNALS
from pipeline.texts import say
from tests.pipeline.company import delivery

WEEK = delivery(200)


def test_an_account_stands_once_on_a_managers_list_and_no_list_is_longer_than_the_capacity() -> None:
    rows = WEEK.actions
    assert tuple(rows.columns) == ACTION_COLUMNS
    assert rows["account_id"].is_unique
    assert rows["owner"].value_counts().max() == 8
    assert set(rows["list"]) <= {AT_RISK, *(signal.name for signal in SIGNALS if signal.kind == "warning")}


def test_an_account_with_several_warnings_is_told_by_the_first() -> None:
    nobody = WEEK.at_risk.rows.head(0)
    rows = action_list(nobody, WEEK.signal_rows, ListSettings(capacity=1000))
    warnings = [signal.name for signal in SIGNALS if signal.kind == "warning"]
    warned = WEEK.signal_rows[WEEK.signal_rows["list"].isin(warnings)]
    assert warned["account_id"].duplicated().any()
    assert rows["account_id"].is_unique and set(rows["account_id"]) == set(warned["account_id"])
    first = warned.groupby("account_id")["list"].agg(lambda names: min(names, key=warnings.index))
    assert rows.set_index("account_id")["list"].to_dict() == first.to_dict()


def test_the_at_risk_list_comes_first_and_whole() -> None:
    rows = WEEK.actions
    first = rows[rows["list"] == AT_RISK]
    assert set(first["account_id"]) == set(WEEK.at_risk.rows["account_id"])
    for _, group in rows.groupby("owner"):
        assert (group["list"] == AT_RISK).astype(int).is_monotonic_decreasing
        assert group["place"].tolist() == list(range(1, len(group) + 1))


def test_every_row_says_why_and_what_now() -> None:
    assert (WEEK.actions[["why", "play"]] != "").all(axis=None)
    rows = WEEK.signal_rows
    assert tuple(rows.columns) == SIGNAL_COLUMNS
    assert (rows["evidence"].str.len() > 0).all() and rows["tip"].notna().all()
    assert set(rows["status"]) <= {"new", "same"}


def test_a_warning_near_the_last_day_to_decide_says_to_settle_the_renewal_too() -> None:
    silent = {"renewal soon", "early renewal", "ready to expand", "advocate", "recovered"}
    rows = WEEK.signal_rows[~WEEK.signal_rows["list"].isin(silent)]
    near = rows["decide_in_days"].astype(float).between(0, 14)
    assert near.any() and not near.all()
    assert (rows["play"].str.contains("Settle the renewal in the same talk: they can still") == near).all()


def test_who_is_away_is_on_no_managers_list() -> None:
    away = set(WEEK.signal_rows["account_id"]) - set(WEEK.at_risk.rows["account_id"])
    assert away and len(WEEK.actions) > len(WEEK.at_risk.rows)
    rows = action_list(WEEK.at_risk.rows, WEEK.signal_rows, ListSettings(), away)
    assert away.isdisjoint(rows["account_id"])


def test_changes_are_told_of_those_who_were_there_and_the_greatest_fall_first() -> None:
    scores = pd.DataFrame(
        {"score": [50.0, 40.0, 60.0], "score_before": [52.0, 50.0, None], "moved_customer": [-2.0, -10.0, None]},
        index=["a", "b", "c"],
    )
    moved = pd.DataFrame(
        [("a", "customer", "usage", "logins_4w", -2.0), ("b", "customer", "usage", "event_file_13w", -10.0)],
        columns=list(COLUMNS),
    )
    rows = changes_table(scores, moved)
    assert rows["account_id"].tolist() == ["b", "a"]
    assert rows["driver_1"].tolist() == ["file (13 weeks) −10.0", "logins (4 weeks) −2.0"]


def test_a_line_that_an_earlier_one_says_already_is_left_out() -> None:
    told = ("8 days left to decide, renewal in 38 days", "logins 3 (4 weeks); accounts like it 9", "renewal in 38 days")
    rows = pd.DataFrame([told, ("", "renewal in 3 days", "renewal in 38 days")], columns=list("abc"))
    assert in_lines(rows, list("abc")).str.split("\n").tolist() == [list(told[:2]), [*rows.loc[1, ["b", "c"]]]]


def _told(account: str, name: str, rank: int, status: str, owner: str = "Ana") -> dict[str, object]:
    return {"account_id": account, "list": name, "rank": rank, "status": status, "owner": owner}


def test_good_news_is_short_new_first_and_what_does_not_fit_is_counted() -> None:
    rows = pd.DataFrame(
        [
            _told("a", "advocate", 1, "same"),
            _told("b", "advocate", 2, "new"),
            _told("c", "ready to expand", 1, "new"),
            _told("b", "recovered", 1, "new"),
            _told("d", "advocate", 3, "same"),
            _told("e", "advocate", 4, "new", "Ben"),
            _told("f", "quiet account", 1, "new"),
            _told("g", "advocate", 5, "new"),
        ]
    )
    found, left = good_news(rows, 3, away={"g"})
    assert found[["owner", "account_id", "list"]].to_numpy().tolist() == [
        ["Ana", "c", "ready to expand"],
        ["Ana", "b", "advocate"],
        ["Ana", "a", "advocate"],
        ["Ben", "e", "advocate"],
    ]
    assert left.to_dict() == {"Ana": 1}


def test_a_reason_that_only_adds_its_weight_to_what_was_said_is_left_out() -> None:
    first, more = "8 days left to decide, renewal in 38 days", "logins 3 (4 weeks)"
    rows = pd.DataFrame([(first, say("reasons.more_than_all", reason="renewal in 38 days"), more)], columns=list("abc"))
    assert in_lines(rows, list("abc")).tolist() == [f"{first}\n{more}"]

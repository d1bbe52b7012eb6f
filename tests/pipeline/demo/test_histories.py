"""Every account has a course that its exports show: coverage, billing, behaviour before leaving."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from pipeline.demo.dirt import dirty_rows
from pipeline.demo.farewell import FEEDBACK, NEAREST
from pipeline.demo.life import live
from pipeline.demo.names import company as company_name
from pipeline.demo.sinks import hex_ids, scrambled
from pipeline.demo.traits import draw_traits, window
from pipeline.demo.usage import account_tracks
from tests.pipeline.demo.conftest import ACCOUNTS

FOREVER = "9999-12-31 23:59:59"
END = pd.Timestamp("2026-11-16")


def _table(exports: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(exports / f"{name}.csv", dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def subscriptions(exports: Path) -> pd.DataFrame:
    customers = _table(exports, "stripe/customer")[["id", "metadata_account_id"]]
    rows = _table(exports, "stripe/subscription_history")
    good = rows[rows["id"].str.len() == len("sub_") + 14]
    return good.merge(customers, left_on="customer_id", right_on="id", suffixes=("", "_customer"))


def test_versions_of_a_subscription_follow_one_another_without_gap_or_overlap(subscriptions: pd.DataFrame) -> None:
    for _, chain in subscriptions.groupby("id"):
        assert list(chain["_fivetran_end"]) == [*chain["_fivetran_start"][1:], FOREVER]
        assert chain["_fivetran_start"].is_monotonic_increasing


def test_the_last_end_of_coverage_is_the_churn_of_the_truth(subscriptions: pd.DataFrame, truth: Path) -> None:
    last = subscriptions.sort_values("_fivetran_start").groupby("metadata_account_id")["ended_at"].last()
    hidden = pd.read_parquet(truth / "accounts.parquet").set_index("account_id")["churned_at"]
    gone = hidden[hidden < END]
    assert len(last) == ACCOUNTS
    assert last[last != ""].to_dict() == gone.astype(str).to_dict()


def test_notice_comes_before_the_end_and_is_known_only_from_its_own_version_on(subscriptions: pd.DataFrame) -> None:
    given = subscriptions[subscriptions["canceled_at"] != ""]
    assert (given["canceled_at"] <= given["_fivetran_start"]).all()
    ended = subscriptions[subscriptions["ended_at"] != ""]
    assert (ended["canceled_at"] <= ended["ended_at"]).all()
    assert (ended["_fivetran_start"] == ended["ended_at"]).all()


def test_some_of_those_who_leave_say_why_and_only_from_their_notice_on(subscriptions: pd.DataFrame) -> None:
    said = subscriptions[subscriptions["cancellation_details_feedback"] != ""]
    assert (said["canceled_at"] != "").all()
    assert set(said["cancellation_details_feedback"]) <= set(FEEDBACK)
    left = subscriptions[subscriptions["ended_at"] != ""]
    words = left.groupby("metadata_account_id")["cancellation_details_feedback"].last()
    assert 0.4 < (words != "").mean() < 0.7
    assert 0.03 < (words == "other").mean() < 0.2


def test_what_is_said_leans_to_the_true_reason_without_being_it(subscriptions: pd.DataFrame, truth: Path) -> None:
    last = subscriptions.groupby("metadata_account_id")["cancellation_details_feedback"].last()
    hidden = pd.read_parquet(truth / "accounts.parquet").set_index("account_id")["reason"]
    both = pd.DataFrame({"said": last[last != ""], "true": hidden}).dropna()
    near = [said in NEAREST[true] for said, true in zip(both["said"], both["true"], strict=True)]
    assert 0.55 < np.mean(near) < 0.9


def test_customers_on_annual_contracts_leave_at_the_renewal(subscriptions: pd.DataFrame) -> None:
    ended = subscriptions[(subscriptions["ended_at"] != "") & subscriptions["plan_id"].str.contains("_year_")]
    assert len(ended) > 5
    assert (ended["ended_at"] == ended["current_period_end"]).all()
    assert (ended["ended_at"].str[5:] == ended["start_date"].str[5:]).all()


def test_every_good_row_reaches_an_account(exports: Path) -> None:
    accounts = set(_table(exports, "salesforce/account")["account_number"])
    assert len(accounts) == ACCOUNTS
    assert set(_table(exports, "zendesk/organization")["external_id"]) == accounts
    assert set(_table(exports, "stripe/customer")["metadata_account_id"]) == accounts
    assert set(_table(exports, "wootric/end_users")["properties_account_id"]) == accounts
    tickets = _table(exports, "zendesk/ticket_metrics")["ticket_id"]
    assert set(tickets) <= set(_table(exports, "zendesk/ticket")["id"])


def test_nobody_uses_the_product_before_the_start_or_after_the_end() -> None:
    win = window(END.date(), 104, 7, ACCOUNTS)
    for index in range(40):
        traits = draw_traits(win, index)
        life = live(win, traits)
        tracks = account_tracks(win, traits, life, 1.0)
        if len(tracks):
            assert tracks.timestamp.min() >= traits.started * 1_000_000
            assert tracks.timestamp.max() < min(life.ended_at or win.end, win.end) * 1_000_000


def test_behaviour_moves_in_the_weeks_before_accounts_that_fade_away_leave(exports: Path, truth: Path) -> None:
    hidden = pd.read_parquet(truth / "accounts.parquet")
    silent = hidden[(hidden["story"] == "silent") & (hidden["churned_at"] < END) & hidden["onset"].notna()]
    weekly = _weekly(exports, "true")
    change = []
    for row in silent.itertuples():
        onset = pd.Timestamp(str(row.onset))
        mine = weekly[weekly["account_id"] == row.account_id].set_index("week")["n"]
        before = mine[(mine.index < onset)].tail(8)
        after = mine[(mine.index >= onset + pd.Timedelta(weeks=6)) & (mine.index < row.notice_at)]
        if len(before) == 8 and len(after) >= 2:
            change.append(np.log(after.mean() / before.mean()))
    assert len(change) >= 3
    assert np.mean(change) < -0.4


def test_automation_means_fewer_sign_ins_more_calls_and_few_leavers(exports: Path, truth: Path) -> None:
    hidden = pd.read_parquet(truth / "accounts.parquet")
    automated = hidden[(hidden["story"] == "automation") & hidden["onset"].notna()]
    ratio: dict[str, list[float]] = defaultdict(list)
    for event in ("signed_in", "api_call"):
        weekly = _weekly(exports, f"event = '{event}'")
        for row in automated.itertuples():
            mine = weekly[weekly["account_id"] == row.account_id].set_index("week")["n"]
            onset = pd.Timestamp(str(row.onset))
            before, after = mine[mine.index < onset], mine[mine.index >= onset + pd.Timedelta(weeks=8)]
            if len(before) >= 8 and len(after) >= 8:
                ratio[event].append((after.sum() + 1) / len(after) / ((before.sum() + 1) / len(before)))
    assert np.median(ratio["signed_in"]) < 0.8
    assert np.median(ratio["api_call"] or [9.0]) > 1.5


def _weekly(exports: Path, condition: str) -> pd.DataFrame:
    with duckdb.connect() as engine:
        engine.execute("set timezone = 'UTC'")
        return engine.execute(
            f"""select context_group_id account_id, date_trunc('week', timestamp)::timestamp as week, count(*)::double n
            from '{exports}/segment/tracks-*.parquet' where {condition} group by all order by all"""
        ).df()


def test_questions_without_an_answer_are_in_the_survey_export(exports: Path) -> None:
    rows = _table(exports, "wootric/responses")
    assert set(rows["survey_type"]) == {"NPS", "CSAT", "CES"}
    silent = rows[rows["completed"] == "false"]
    assert 0.4 < len(silent) / len(rows) < 0.8
    assert set(silent["score"]) == {""}


def test_event_ids_never_meet() -> None:
    numbers = np.concatenate([np.arange(50_000), (np.int64(1) << 40) + np.arange(50_000)])
    shuffled = scrambled(numbers, 7)
    assert len(set(shuffled.tolist())) == len(numbers)
    assert shuffled.min() >= 0 and shuffled.max() < 1 << 48
    assert hex_ids(shuffled).to_pylist()[:3] == [f"{number:012x}" for number in shuffled[:3]]


def test_company_names_do_not_repeat_and_some_are_in_other_scripts() -> None:
    names = [company_name(7, index)[0] for index in range(20_000)]
    assert len(set(names)) == len(names)
    assert 0.1 < sum(not name.isascii() for name in names) / len(names) < 0.3


def test_a_small_table_gets_no_bad_row_since_one_would_be_too_many() -> None:
    assert dirty_rows("zendesk/ticket", ("id", "created_at"), (1, "2026-01-01"), 100) == []

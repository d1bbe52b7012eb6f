from __future__ import annotations

from datetime import date

import pandas as pd
import pyarrow as pa

from pipeline.clock import Calendar
from pipeline.engine import DuckDB
from pipeline.spine import build_leaving, build_spine, coverage_rows, cutoff_table
from tests.pipeline.builders import days, table

SUBSCRIPTIONS = [
    {"account_id": "stays", "subscription_id": "s1", "started_at": "2026-01-01", "mrr": 100, "seats": 5},
    {"account_id": "left", "subscription_id": "s2", "started_at": "2026-01-01", "ended_at": "2026-02-02", "mrr": 200},
    {
        "account_id": "leaving",
        "subscription_id": "s3",
        "started_at": "2026-01-01",
        "cancel_requested_at": "2026-02-04 09:00",
        "term_end": "2026-03-01",
        "mrr": 300,
    },
    {"account_id": "late", "subscription_id": "s4", "started_at": "2026-01-01", "known_at": "2026-02-03", "mrr": 400},
]


def spine_of(engine: DuckDB, rows: pa.Table, cutoffs: list[date], build=build_spine) -> pd.DataFrame:
    tables = {"subscriptions": engine.frame(rows)}
    coverage = coverage_rows(tables, "subscriptions", 30)
    found = build(tables, coverage, engine.frame(cutoff_table(Calendar(), cutoffs)))
    return found.order_by("cutoff", "account_id").to_pandas()


def test_the_spine_holds_each_customer_once_a_cutoff_and_nobody_else(engine: DuckDB) -> None:
    spine = spine_of(engine, table("subscriptions", SUBSCRIPTIONS), days("2026-02-02", "2026-02-09"))
    pairs = [(str(row.cutoff)[:10], row.account_id) for row in spine.itertuples()]
    assert pairs == [
        ("2026-02-02", "leaving"),
        ("2026-02-02", "left"),
        ("2026-02-02", "stays"),
        ("2026-02-09", "late"),
        ("2026-02-09", "stays"),
    ]


def test_an_account_that_gave_notice_is_listed_as_leaving(engine: DuckDB) -> None:
    leaving = spine_of(engine, table("subscriptions", SUBSCRIPTIONS), days("2026-02-02", "2026-02-09"), build_leaving)
    assert [(row.account_id, str(row.notice_at), str(row.ends_at)) for row in leaving.itertuples()] == [
        ("leaving", "2026-02-04 09:00:00", "2026-03-01 00:00:00")
    ]


def test_a_replaced_version_no_longer_speaks(engine: DuckDB) -> None:
    versions = [
        {
            "account_id": "a",
            "subscription_id": "s",
            "started_at": "2026-01-01",
            "occurred_at": "2026-01-01",
            "valid_to": "2026-02-05",
            "mrr": 100,
        },
        {
            "account_id": "a",
            "subscription_id": "s",
            "started_at": "2026-01-01",
            "occurred_at": "2026-02-05",
            "mrr": 150,
        },
    ]
    spine = spine_of(engine, table("subscriptions", versions), days("2026-02-02", "2026-02-09"))
    assert spine["mrr"].tolist() == [100, 150]


def test_f31_a_backdated_start_is_not_known_before_it_was_known(engine: DuckDB) -> None:
    rows = [
        {"account_id": "a", "subscription_id": "s1", "started_at": "2026-01-01"},
        {"account_id": "a", "subscription_id": "s0", "started_at": "2025-01-01", "known_at": "2026-02-05"},
    ]
    spine = spine_of(engine, table("subscriptions", rows), days("2026-02-02", "2026-02-09"))
    assert [str(moment)[:10] for moment in spine["started_at"]] == ["2026-01-01", "2025-01-01"]


def test_revenue_of_several_subscriptions_adds_up(engine: DuckDB) -> None:
    rows = [
        {"account_id": "a", "subscription_id": name, "started_at": "2026-01-01", "mrr": mrr}
        for name, mrr in (("s1", 100), ("s2", 50))
    ]
    assert spine_of(engine, table("subscriptions", rows), days("2026-02-02"))["mrr"].tolist() == [150]


def test_with_usage_as_coverage_an_account_is_active_for_the_quiet_days(engine: DuckDB) -> None:
    usage = table("usage", [{"account_id": "a", "occurred_at": "2026-01-30 12:00", "event": "login"}])
    tables = {"usage": engine.frame(usage)}
    cutoffs = engine.frame(cutoff_table(Calendar(), days("2026-01-26", "2026-02-02", "2026-02-23", "2026-03-02")))
    spine = build_spine(tables, coverage_rows(tables, "usage", 30), cutoffs).order_by("cutoff").to_pandas()
    assert [str(day)[:10] for day in spine["cutoff"]] == ["2026-02-02", "2026-02-23"]

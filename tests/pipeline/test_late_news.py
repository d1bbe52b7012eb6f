"""From files to the spine and the labels: an end counts from the day on which it could be known, and no sooner."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.clock import Calendar
from pipeline.config.settings import LabelSettings
from pipeline.engine import DuckDB
from pipeline.features.asof import visible
from pipeline.labels import build_labels, known_by
from pipeline.spine import Tables, build_leaving, build_spine, coverage_rows, cutoff_table
from tests.pipeline.builders import days
from tests.pipeline.sources.exports import Exports

MONDAYS = days("2026-02-02", "2026-02-09", "2026-02-16", "2026-02-23")
VERSIONS = {"subscription_id": "id", "account_id": "id", "occurred_at": "from", "mrr": "fee"}
THE_YEAR_AFTER = datetime(2027, 1, 1)


@pytest.fixture
def exports(tmp_path: Path) -> Exports:
    return Exports(tmp_path)


def versioned(exports: Exports, body: str, **source: Any) -> None:
    """Ingest subscriptions of which each row holds until the next one of its account."""
    exports.write("plans.csv", body)
    exports.ingest({"subscriptions": {"files": "plans.csv", "history": "versioned", "columns": VERSIONS, **source}})


def tables_of(exports: Exports, engine: DuckDB) -> Tables:
    found = (exports.folder / "warehouse").glob("*.parquet")
    return {path.stem: engine.read(path) for path in found}


def told(engine: DuckDB, tables: Tables, build: Any = build_spine) -> list[tuple[str, int]]:
    """(cutoff, revenue) of the only account, at each cutoff at which it is a customer."""
    active = "subscriptions" if "subscriptions" in tables else "accounts"
    rows = coverage_rows(tables, active, 30)
    spine = build(tables, rows, engine.frame(cutoff_table(Calendar(), MONDAYS))).order_by("cutoff").to_pandas()
    money = spine["mrr"].astype("Int64").fillna(0)
    return [(str(day)[5:10], int(fee)) for day, fee in zip(spine["cutoff"], money, strict=True)]


@pytest.mark.parametrize(
    ("body", "source"),
    [
        ("id,from,fee\na,2026-01-01,1\na,2026-02-07,2\n", {"delay": "3 days"}),
        (
            "id,from,fee,seen\na,2026-01-01,1,2026-01-01\na,2026-02-07,2,2026-02-10\n",
            {"columns": VERSIONS | {"known_at": "seen"}},
        ),
        (
            "id,from,fee,seen,until\na,2026-01-01,1,2026-01-01,2026-02-07\na,2026-02-07,2,2026-02-10,\n",
            {"columns": VERSIONS | {"known_at": "seen", "valid_to": "until"}},
        ),
    ],
    ids=["delay", "known_at", "valid_to"],
)
def test_f31_a_version_holds_until_its_successor_is_known(
    exports: Exports, engine: DuckDB, body: str, source: dict[str, Any]
) -> None:
    versioned(exports, body, **source)
    tables = tables_of(exports, engine)
    assert told(engine, tables) == [("02-02", 100), ("02-09", 100), ("02-16", 200), ("02-23", 200)]
    spine = engine.frame(pd.DataFrame({"account_id": ["a"], "account": [1]}))
    weeks = engine.frame(cutoff_table(Calendar(), MONDAYS))
    spine = spine.cross_join(weeks.mutate(cutoff_day=weeks.c))
    seen = visible("subscriptions", tables["subscriptions"], spine)
    ends = seen.filter(seen.mrr == 100).order_by("c").to_pandas()["valid_to"]
    assert ends.isna().tolist() == [True, True, False, False]


def test_a_correction_of_the_past_changes_nothing_that_earlier_weeks_knew(exports: Exports, engine: DuckDB) -> None:
    columns = {"columns": VERSIONS | {"known_at": "seen"}}
    known = "id,from,fee,seen\na,2026-01-01,1,2026-01-01\na,2026-02-04,3,2026-02-04\n"
    versioned(exports, known, **columns)
    before = told(engine, tables_of(exports, engine))
    versioned(exports, known + "a,2026-01-20,2,2026-02-18\n", **columns)
    assert told(engine, tables_of(exports, engine)) == before
    assert before == [("02-02", 100), ("02-09", 300), ("02-16", 300), ("02-23", 300)]
    held = exports.rows("subscriptions", "mrr, CAST(valid_to AS DATE)")
    assert held == [(100, date(2026, 2, 4)), (200, date(2026, 1, 20)), (300, None)]


def test_a_history_that_was_loaded_at_once_keeps_its_versions(exports: Exports, engine: DuckDB) -> None:
    body = "id,from,fee,seen\na,2025-11-01,1,2026-02-10\na,2025-12-01,2,2026-02-10\na,2026-02-12,3,2026-02-12\n"
    versioned(exports, body, columns=VERSIONS | {"known_at": "seen"})
    assert exports.rows("subscriptions", "CAST(valid_to AS DATE)") == [
        (date(2025, 12, 1),),
        (date(2026, 2, 12),),
        (None,),
    ]
    assert told(engine, tables_of(exports, engine)) == [("02-16", 300), ("02-23", 300)]


PERIODS = {"subscription_id": "id", "account_id": "id", "started_at": "from", "ended_at": "to", "mrr": "fee"}


def test_f31_an_end_is_known_after_the_delay_of_its_source(exports: Exports, engine: DuckDB) -> None:
    exports.write("plans.csv", "id,from,to,fee\na,2026-01-01,2026-02-07,1\n")
    exports.ingest({"subscriptions": {"files": "plans.csv", "delay": "3 days", "columns": PERIODS}})
    assert told(engine, tables_of(exports, engine)) == [("02-02", 100), ("02-09", 100)]


def test_f31_an_account_that_ended_is_a_customer_until_that_is_known(exports: Exports, engine: DuckDB) -> None:
    exports.write("firms.csv", "id,since,until\na,2026-01-01,2026-02-07\n")
    columns = {"account_id": "id", "started_at": "since", "ended_at": "until"}
    exports.ingest({"accounts": {"files": "firms.csv", "delay": "3 days", "columns": columns}})
    assert [day for day, _ in told(engine, tables_of(exports, engine))] == ["02-02", "02-09"]


def test_f31_a_notice_is_known_after_the_delay_of_its_source(exports: Exports, engine: DuckDB) -> None:
    exports.write("plans.csv", "id,from,notice,fee\na,2026-01-01,2026-02-07,1\n")
    columns = {"subscription_id": "id", "account_id": "id", "started_at": "from", "mrr": "fee"}
    source = {"files": "plans.csv", "delay": "3 days", "columns": columns | {"cancel_requested_at": "notice"}}
    exports.ingest({"subscriptions": source})
    tables = tables_of(exports, engine)
    assert [day for day, _ in told(engine, tables)] == ["02-02", "02-09"]
    assert [day for day, _ in told(engine, tables, build_leaving)] == ["02-16", "02-23"]


def test_f31_what_is_filled_in_later_is_known_after_the_delay_too(exports: Exports, engine: DuckDB) -> None:
    exports.write("tickets.csv", "id,account,created,solved,reopens\n1,a,2026-01-20,2026-02-08,2\n")
    columns = {"ticket_id": "id", "account_id": "account", "occurred_at": "created", "solved_at": "solved"}
    exports.ingest(
        {"tickets": {"files": "tickets.csv", "delay": "3 days", "columns": columns | {"reopens": "reopens"}}}
    )
    weeks = engine.frame(cutoff_table(Calendar(), MONDAYS))
    spine = engine.frame(pd.DataFrame({"account_id": ["a"]})).cross_join(weeks.mutate(cutoff_day=weeks.c))
    seen = visible("tickets", tables_of(exports, engine)["tickets"], spine).order_by("c").to_pandas()
    assert seen["solved_at"].isna().tolist() == [True, True, False, False]
    assert seen["reopens"].isna().tolist() == [True, True, False, False]


def labels(exports: Exports, engine: DuckDB, as_of: datetime, wait_days: int) -> dict[str, Any]:
    tables = tables_of(exports, engine)
    rows = coverage_rows(tables, "subscriptions", 30)
    spine = build_spine(tables, rows, engine.frame(cutoff_table(Calendar(), MONDAYS)))
    settings = LabelSettings(horizon_days=14)
    found = build_labels(tables, rows, spine, settings, "subscriptions", as_of, wait_days).to_pandas()
    return {str(row.cutoff)[5:10]: row.label for row in found.sort_values("cutoff").itertuples()}


def test_who_had_left_before_anybody_knew_teaches_nothing(exports: Exports, engine: DuckDB) -> None:
    exports.write("plans.csv", "id,from,to,fee\na,2026-01-01,2026-02-07,1\n")
    exports.ingest({"subscriptions": {"files": "plans.csv", "delay": "3 days", "columns": PERIODS}})
    found = labels(exports, engine, THE_YEAR_AFTER, 3)
    assert found["02-02"]
    assert found["02-09"] is None


def test_a_label_waits_for_the_delay_with_which_churns_come_in(exports: Exports, engine: DuckDB) -> None:
    exports.write("plans.csv", "id,from,to,fee\na,2026-01-01,2026-02-15,1\n")
    exports.ingest({"subscriptions": {"files": "plans.csv", "delay": "3 days", "columns": PERIODS}})
    assert labels(exports, engine, datetime(2026, 2, 16), 3)["02-02"] is None
    assert labels(exports, engine, datetime(2026, 2, 19), 3)["02-02"]


def test_coverage_is_open_until_its_end_is_known(exports: Exports, engine: DuckDB) -> None:
    exports.write("plans.csv", "id,from,to,fee\na,2026-01-01,2026-02-07,1\n")
    exports.ingest({"subscriptions": {"files": "plans.csv", "delay": "3 days", "columns": PERIODS}})
    rows = coverage_rows(tables_of(exports, engine), "subscriptions", 30)
    for day, is_open in ((9, True), (10, True), (11, False)):
        ends = known_by(rows, datetime(2026, 2, day)).to_pandas()["ends_at"]
        assert ends.isna().tolist() == [is_open], day

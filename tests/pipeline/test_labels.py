from __future__ import annotations

from datetime import date, datetime

import pandas as pd
import pyarrow as pa

from pipeline.clock import Calendar
from pipeline.config import LabelSettings
from pipeline.engine import DuckDB
from pipeline.labels import build_labels, quiet_spells
from pipeline.spine import build_spine, coverage_rows, cutoff_table
from tests.pipeline.builders import days, table


def settings_of(*kinds: str, horizon_days: int = 30) -> LabelSettings:
    told = list(kinds or ("cancellation", "non_renewal"))
    return LabelSettings(kinds=told, horizon_days=horizon_days, grace_days=7, quiet_days=30, contraction_pct=10.0)


def labels_of(
    engine: DuckDB,
    rows: dict[str, pa.Table],
    cutoffs: list[date],
    settings: LabelSettings,
    as_of: str = "2026-12-31",
    source: str = "subscriptions",
    active: str = "subscriptions",
) -> pd.DataFrame:
    tables = {name: engine.frame(value) for name, value in rows.items()}
    coverage = coverage_rows(tables, active, settings.quiet_days)
    spine = build_spine(tables, coverage, engine.frame(cutoff_table(Calendar(), cutoffs)))
    labels = build_labels(tables, coverage, spine, settings, source, datetime.fromisoformat(as_of), settings.grace_days)
    return labels.order_by("cutoff", "account_id").to_pandas()


def subscription(account: str, start: str, end: str | None = None, **more: object) -> dict[str, object]:
    name = f"{account}-{start}"
    return {"account_id": account, "subscription_id": name, "started_at": start, "ended_at": end, "mrr": 100, **more}


def test_an_end_inside_the_horizon_is_a_churn_and_its_kind_follows_the_term(engine: DuckDB) -> None:
    rows = [
        subscription("cancels", "2026-01-01", "2026-02-20", term_end="2026-12-31"),
        subscription("expires", "2026-01-01", "2026-02-20", term_end="2026-02-20"),
        subscription("later", "2026-01-01", "2026-03-04"),
        subscription("stays", "2026-01-01"),
    ]
    found = labels_of(engine, {"subscriptions": table("subscriptions", rows)}, days("2026-02-02"), settings_of())
    assert {row.account_id: (row.label, row.kind) for row in found.fillna({"kind": ""}).itertuples()} == {
        "cancels": (True, "cancellation"),
        "expires": (True, "non_renewal"),
        "later": (False, ""),
        "stays": (False, ""),
    }
    assert found.set_index("account_id")["renewal_in_horizon"].to_dict() == {
        "cancels": False,
        "expires": True,
        "later": False,
        "stays": False,
    }


def test_who_pays_by_the_month_cancels_and_does_not_fail_to_renew(engine: DuckDB) -> None:
    rows = [subscription("monthly", "2026-01-01", "2026-02-20", term_end="2026-02-20", term_months=1)]
    found = labels_of(engine, {"subscriptions": table("subscriptions", rows)}, days("2026-02-02"), settings_of())
    assert found[["kind", "renewal_in_horizon"]].values.tolist() == [["cancellation", False]]


def test_a_gap_within_the_grace_is_no_churn(engine: DuckDB) -> None:
    rows = [
        subscription("back in a week", "2026-01-01", "2026-02-10"),
        subscription("back in a week", "2026-02-17"),
        subscription("back too late", "2026-01-01", "2026-02-10"),
        subscription("back too late", "2026-02-18"),
    ]
    found = labels_of(engine, {"subscriptions": table("subscriptions", rows)}, days("2026-02-02"), settings_of())
    assert found.set_index("account_id")["label"].to_dict() == {"back in a week": False, "back too late": True}


def test_f38_a_window_that_has_not_passed_has_no_label_rather_than_stayed(engine: DuckDB) -> None:
    rows = {"subscriptions": table("subscriptions", [subscription("a", "2026-01-01")])}
    cutoffs = days("2026-02-02", "2026-02-09")
    # 2 February + 30 days + 7 days of grace
    found = labels_of(engine, rows, cutoffs, settings_of(), as_of="2026-03-11")
    assert found["label"].isna().tolist() == [False, True]


def test_an_end_after_as_of_is_not_known_to_a_label(engine: DuckDB) -> None:
    rows = {"subscriptions": table("subscriptions", [subscription("a", "2026-01-01", "2026-02-20")])}
    found = labels_of(engine, rows, days("2026-01-05"), settings_of(horizon_days=60), as_of="2026-02-15")
    assert found["label"].isna().all()
    assert found["churned_at"].isna().all()


def test_recorded_churns_can_be_the_source(engine: DuckDB) -> None:
    rows = {
        "subscriptions": table("subscriptions", [subscription("a", "2026-01-01"), subscription("b", "2026-01-01")]),
        "churns": table("churns", [{"account_id": "b", "occurred_at": "2026-02-14"}]),
    }
    found = labels_of(engine, rows, days("2026-02-02"), settings_of(), source="churns")
    assert found.set_index("account_id")["label"].to_dict() == {"a": False, "b": True}


def test_contraction_is_revenue_that_falls_but_does_not_end(engine: DuckDB) -> None:
    rows = [
        subscription("shrinks", "2026-01-01", "2026-02-20"),
        subscription("shrinks", "2026-02-20", mrr=80),
        subscription("shrinks a little", "2026-01-01", "2026-02-20"),
        subscription("shrinks a little", "2026-02-20", mrr=95),
        subscription("leaves", "2026-01-01", "2026-02-20"),
        subscription("grows", "2026-01-01", "2026-02-20"),
        subscription("grows", "2026-02-20", mrr=180),
    ]
    settings = settings_of("contraction")
    found = labels_of(engine, {"subscriptions": table("subscriptions", rows)}, days("2026-02-02"), settings)
    assert found.set_index("account_id")["label"].to_dict() == {
        "grows": False,
        "leaves": False,
        "shrinks": True,
        "shrinks a little": False,
    }


def test_going_quiet_is_one_event_a_spell_and_tells_who_returned(engine: DuckDB) -> None:
    use = ["2026-01-10", "2026-01-20 08:00", "2026-01-20 17:00", "2026-03-05", "2026-03-10"]
    usage = table("usage", [{"account_id": "a", "occurred_at": day, "event": "login"} for day in use])
    spells = quiet_spells(engine.frame(usage), 30, datetime(2026, 6, 1)).order_by("churned_at").to_pandas()
    assert [(str(row.churned_at)[:10], str(row.returned_at)[:10]) for row in spells.itertuples()] == [
        ("2026-02-19", "2026-03-05"),
        ("2026-04-09", "NaT"),
    ]
    found = labels_of(
        engine,
        {"usage": usage},
        days("2026-01-26", "2026-03-09"),
        settings_of("going_quiet"),
        source="usage",
        active="usage",
    )
    assert found["label"].tolist() == [True, False]


def test_what_was_recorded_after_the_moment_of_asking_labels_nothing(engine: DuckDB) -> None:
    """A restart that is dated back, but was entered only in May, did not undo the end as it was known in April."""
    rows = [
        subscription("back", "2026-01-01", "2026-02-20"),
        subscription("back", "2026-02-21") | {"known_at": "2026-05-01"},
    ]
    tables = {"subscriptions": table("subscriptions", rows)}
    told = [
        labels_of(engine, tables, days("2026-02-02"), settings_of(), as_of=moment)["label"].tolist()
        for moment in ("2026-04-01", "2026-06-01")
    ]
    assert told == [[True], [False]]

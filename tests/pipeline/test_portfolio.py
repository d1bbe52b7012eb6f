from __future__ import annotations

import csv
import json
import os
from collections import defaultdict
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from models.shares import wilson
from pipeline.config import Config, PortfolioSettings
from pipeline.engine import DuckDB
from pipeline.portfolio import Book, Known, book, portfolio, realised_churn
from pipeline.portfolio.churn_reasons import churn_reasons
from pipeline.portfolio.customers import coverage_known
from pipeline.portfolio.intervals import Answers, net_promoter
from pipeline.portfolio.lifetime import lifetime
from pipeline.portfolio.periods import Period, finished_months
from pipeline.portfolio.retention import retentions
from pipeline.portfolio.revenue import KINDS, revenue_by_month
from pipeline.spine import coverage_rows
from tests.pipeline.builders import table

DATA = Path(os.environ.get("HOLDFAST_DATA", Path(__file__).parents[2] / "../shared/data")).resolve()
GOLDEN = DATA / "mrr_golden" / "subscription_periods.csv"
CUTOFF = date(2026, 11, 16)
Row = dict[str, object]
SCORED = pd.DataFrame({"band": ["red", "green", "green", "amber"], "arr": [10.0, 20.0, 30.0, None]})


def paid(account: str, start: str, end: str | None, mrr: int | None = 100, **more: object) -> Row:
    name = f"{account}-{start}"
    return {"account_id": account, "subscription_id": name, "started_at": start, "ended_at": end, "mrr": mrr, **more}


def months_of(engine: DuckDB, rows: list[Row], cutoff: date, grace: int = 0, most: int = 12) -> list[dict[str, object]]:
    tables = {"subscriptions": engine.frame(table("subscriptions", rows))}
    coverage = engine.settle(coverage_known(coverage_rows(tables, "subscriptions", 30), cutoff, grace))
    first = min(date.fromisoformat(str(row["started_at"])) for row in rows)
    return revenue_by_month(coverage, finished_months(first, cutoff, most), cutoff, grace, engine)


def book_of(engine: DuckDB, rows: dict[str, list[Row]], **settings: object) -> Book:
    config = Config.model_validate({"sources": {}, **settings})
    tables = {name: engine.frame(table(name, each)) for name, each in rows.items()}
    known = Known(tables, coverage_rows(tables, "subscriptions", 30), None, CUTOFF)
    return book(known, config, pd.DataFrame({"health": [30.0], "band": ["red"], "segment": [None]}), [], engine)


def test_revenue_moves_as_the_definition_says_on_hand_made_periods(engine: DuckDB) -> None:
    """Every month of the golden periods against sums over the months that each customer paid for."""
    if not GOLDEN.exists():
        pytest.skip(f"foreign data mrr_golden are not at {DATA}; set HOLDFAST_DATA")
    periods = list(csv.DictReader(GOLDEN.open()))
    rows = [
        paid(each["customer_id"], each["start_date"], each["end_date"], int(each["monthly_amount"]) * 100)
        for each in periods
    ]
    found = {str(each.pop("month")): each for each in months_of(engine, rows, date(2020, 2, 3), most=40)}
    assert list(found)[0::28] == ["2017-09", "2020-01"]
    for month, expected in _moved_by_definition(periods).items():
        accounts = found[month]["accounts"]
        assert isinstance(accounts, dict)
        assert {kind: (found[month][kind], accounts[kind]) for kind in KINDS} == expected, month
    # counted by hand: in May 2018 customers 6 and 9 begin, in April 2018 customer 10 does and is gone in May
    may = found["2018-05"]
    assert [may[kind] for kind in KINDS] == [12000, 0, 0, 8000, 0]


def _moved_by_definition(periods: list[dict[str, str]]) -> dict[str, dict[str, tuple[int, int]]]:
    paid_in: dict[str, dict[int, int]] = defaultdict(dict)
    for each in periods:
        start, end = (date.fromisoformat(each[name]) for name in ("start_date", "end_date"))
        for month in range(start.year * 12 + start.month - 1, end.year * 12 + end.month - 1):
            paid_in[each["customer_id"]][month] = int(each["monthly_amount"]) * 100
    first, last = 2017 * 12 + 8, 2020 * 12
    told = {}
    for month in range(first, last + 1):
        moved = dict.fromkeys(KINDS, (0, 0))
        for history in paid_in.values():
            before, now = history.get(month - 1, 0), history.get(month, 0)
            if before == now:
                continue
            opening = "reactivation" if min(history) < month else "new"
            kind = opening if not before else "churn" if not now else "expansion" if now > before else "contraction"
            moved[kind] = (moved[kind][0] + abs(now - before), moved[kind][1] + 1)
        told[f"{month // 12}-{month % 12 + 1:02}"] = moved
    return told


def test_the_movements_of_a_month_lead_from_its_start_to_its_end(engine: DuckDB) -> None:
    rows = [
        paid("a", "2026-01-01", None, 300),
        paid("b", "2026-01-10", "2026-03-05", 100),
        paid("b", "2026-05-20", None, 120),
        paid("c", "2026-02-15", "2026-04-01", 50),
        paid("c", "2026-04-01", None, 40),
    ]
    for month in months_of(engine, rows, date(2026, 8, 3)):
        start, new, expansion, contraction, churn, reactivation, end = (
            int(str(month[name])) for name in ("start", *KINDS, "end")
        )
        assert start + new + expansion + reactivation - contraction - churn == end


def test_a_gap_within_the_grace_is_neither_churn_nor_reactivation(engine: DuckDB) -> None:
    rows = [paid("a", "2026-01-01", "2026-03-28"), paid("a", "2026-04-10", None), paid("b", "2026-01-01", None)]
    kinds = ("churn", "reactivation")
    assert [sum(int(str(m[kind])) for m in months_of(engine, rows, date(2026, 8, 3), 30)) for kind in kinds] == [0, 0]
    assert [sum(int(str(m[kind])) for m in months_of(engine, rows, date(2026, 8, 3))) for kind in kinds] == [100, 100]


def test_a_month_is_final_when_the_grace_after_it_has_passed(engine: DuckDB) -> None:
    months = months_of(engine, [paid("a", "2026-01-01", None)], CUTOFF, 30)
    assert [month["final"] for month in months][-2:] == [True, False]


def test_what_was_not_known_at_the_cutoff_changes_nothing(engine: DuckDB) -> None:
    rows = [paid("a", "2026-01-01", None), paid("b", "2026-02-01", "2026-12-01")]
    late = [paid("c", "2026-01-05", None, known_at="2026-11-20"), paid("d", "2026-11-18", None)]
    assert months_of(engine, rows, CUTOFF) == months_of(engine, [*rows, *late], CUTOFF)


def test_customers_from_before_the_records_are_not_new(engine: DuckDB) -> None:
    rows = [
        paid("a", "2020-01-01", None, occurred_at="2026-03-10"),
        paid("b", "2026-04-10", None),
    ]
    tables = {"subscriptions": engine.frame(table("subscriptions", rows))}
    coverage = engine.settle(coverage_known(coverage_rows(tables, "subscriptions", 30), CUTOFF, 0))
    months = finished_months(date(2026, 3, 10), CUTOFF, 12)
    found = revenue_by_month(coverage, months, CUTOFF, 0, engine)
    assert [(month["month"], month["new"], month["reactivation"]) for month in found][:2] == [
        ("2026-04", 100, 0),
        ("2026-05", 0, 0),
    ]


def test_retention_leaves_out_those_won_since_and_gross_never_counts_growth(engine: DuckDB) -> None:
    rows = [paid(name, "2026-01-01", None) for name in "ab"]
    rows += [paid("grew", "2026-01-01", "2026-09-10"), paid("grew", "2026-09-10", None, 150)]
    rows += [paid("cut", "2026-01-01", "2026-09-10"), paid("cut", "2026-09-10", None, 60)]
    rows += [paid("left", "2026-01-01", "2026-09-10"), paid("won", "2026-09-10", None, 500)]
    rows += [paid("free", "2026-01-01", None, None)]
    tables = {"subscriptions": engine.frame(table("subscriptions", rows))}
    coverage = coverage_known(coverage_rows(tables, "subscriptions", 30), CUTOFF, 0)
    now, (quarter,) = retentions(coverage, CUTOFF, date(2026, 1, 1), engine, True, (13,))
    assert (now, quarter.customers_then, quarter.won, quarter.lost) == (6, 6, 1, 1)
    assert (quarter.retention, quarter.logo_churn) == pytest.approx((100 * 5 / 6, 100 / 6))
    # of 500: gross 100 + 100 + 100 + 60 + 0, net 100 + 100 + 150 + 60 + 0
    assert (quarter.gross_revenue_retention, quarter.net_revenue_retention) == pytest.approx((72.0, 82.0))
    assert (quarter.revenue_then, quarter.revenue_unknown) == (500, 1)


def test_a_cohort_is_closed_and_has_a_figure_for_each_month_end_since(engine: DuckDB) -> None:
    rows = [
        paid("old", "2026-07-01", None),
        paid("a", "2026-08-05", None),
        paid("b", "2026-08-20", "2026-10-10", 50),
        paid("gone", "2026-08-02", "2026-08-10"),
        paid("c", "2026-11-03", None),
    ]
    found = book_of(engine, {"subscriptions": rows}).data["cohorts"]["rows"]
    assert [each["cohort"] for each in found] == ["2026-07", "2026-08", "2026-09", "2026-10"]
    august = {"cohort": "2026-08", "accounts": 3, "kept": [2, 2, 1], "kept_revenue": [150, 150, 100]}
    assert found[1] == august


def asked(account: str, at: str, score: float | None, kind: str = "nps", answered: str | None = None) -> Row:
    name = f"{account}-{at}-{score}"
    moment = None if score is None else answered or at
    return {
        "account_id": account, "survey_id": name, "kind": kind, "occurred_at": at, "answered_at": moment, "score": score
    }  # fmt: skip


def test_nps_is_promoters_less_detractors_with_response_rate_and_interval(engine: DuckDB) -> None:
    answers = [asked(f"p{n}", "2026-10-01", 9.0 + n % 2) for n in range(5)]
    answers += [asked(f"d{n}", "2026-10-01", 6.0) for n in range(2)] + [
        asked(f"m{n}", "2026-10-02", 8.0) for n in "abc"
    ]
    answers += [asked(f"s{n}", "2026-10-03", None) for n in range(9)]
    answers += [asked("late", "2026-11-01", 10.0, answered="2026-11-16 09:00")]
    found = book_of(engine, {"subscriptions": [paid("a", "2026-01-01", None)], "surveys": answers}).data["surveys"]
    nps = found["nps"]
    assert (nps["asked"], nps["answered"], nps["response_rate"]) == (20, 10, 0.5)
    assert (nps["promoters"], nps["passives"], nps["detractors"], nps["value"]) == (5, 3, 2, 30.0)
    # adjusted Wald by hand: (5.75 - 2.75) / 13 = 0.2308; sqrt((8.5 / 13 - 0.2308 ** 2) / 13) = 0.2149
    assert (nps["low"], nps["high"]) == pytest.approx((-19.05, 65.20), abs=0.05)
    assert "csat" not in found


def test_a_response_rate_is_unknown_where_unanswered_questions_are_not_in_the_data(engine: DuckDB) -> None:
    answers = [asked(name, "2026-10-01", 0.75, "csat") for name in "abcd"]
    found = book_of(engine, {"subscriptions": [paid("a", "2026-01-01", None)], "surveys": answers}).data
    assert (found["surveys"]["csat"]["response_rate"], found["surveys"]["csat"]["value"]) == (None, 100.0)
    assert any("response rate is unknown" in note["text"] for note in found["notes"])


def test_answers_of_one_account_count_for_less_than_answers_of_many() -> None:
    many = Answers(n=40, y=20, y2=20, accounts=40, account_y2=20, account_yn=20, account_n2=40)
    few = Answers(n=40, y=20, y2=20, accounts=4, account_y2=200, account_yn=200, account_n2=400)
    assert many.effect() == pytest.approx(1.0)
    assert few.effect() == pytest.approx(13.0)
    assert wilson(20 / 13, 40 / 13)[1] > wilson(20, 40)[1]
    assert wilson(10, 10) == pytest.approx((0.7225, 1.0), abs=1e-4)
    assert net_promoter(1, 0, 1)[1] <= 1.0


def test_a_ticket_that_is_still_open_waits_longer_than_any_that_was_solved(engine: DuckDB) -> None:
    def ticket(number: int, hours: int | None) -> Row:
        solved = None if hours is None else f"2026-10-02 {hours:02}:00"
        seconds = None if hours is None else 3600 * hours
        name = {"account_id": "a", "ticket_id": f"t{number}", "priority": "high", "occurred_at": "2026-10-02"}
        return {**name, "solved_at": solved, "resolution_seconds": seconds}

    tickets = [ticket(1, 1), ticket(2, 2), ticket(3, 9), ticket(4, None), ticket(5, None)]
    found = book_of(engine, {"subscriptions": [paid("a", "2026-01-01", None)], "tickets": tickets}).data["support"]
    assert (found["now"]["tickets"], found["now"]["open"]) == (5, 2)
    assert found["now"]["resolution"] == {"known": 3, "median_seconds": 9 * 3600, "p90_seconds": None}
    assert found["now"]["first_response"] is None
    assert [each["priority"] for each in found["by_priority"]] == ["high"]


def test_adoption_is_the_share_of_a_plan_that_used_a_feature_as_known_then(engine: DuckDB) -> None:
    def use(account: str, event: str, at: str, **more: object) -> Row:
        return {"account_id": account, "event": event, "occurred_at": at, "user_id": "u", "quantity": 1, **more}

    rows = [paid(name, "2026-01-01", None, plan="basic" if name in "ab" else "pro") for name in "abc"]
    usage = [use("a", "report", "2026-11-02"), use("a", "report", "2026-11-03"), use("c", "report", "2026-11-04")]
    usage += [use("b", "report", "2026-09-01"), use("b", "report", "2026-11-10", known_at="2026-11-17")]
    offered = {"features": ["report", "export"], "plan_features": {"basic": ["report"]}}
    found = book_of(engine, {"subscriptions": rows, "usage": usage}, features=offered).data["adoption"]
    report, export = found["features"]
    assert (report["accounts"], report["share"], export["accounts"]) == (2, pytest.approx(2 / 3), 0)
    assert report["by_plan"] == {
        "basic": {"accounts": 1, "share": 0.5, "in_plan": True},
        "pro": {"accounts": 1, "share": 1.0, "in_plan": None},
    }


def test_what_cannot_be_known_is_null_with_a_plain_word_and_never_zero(engine: DuckDB) -> None:
    found = book_of(engine, {"subscriptions": [paid("a", "2026-10-01", None, None)]}).data
    sections = ("revenue", "surveys", "support", "adoption", "churn_reasons", "lifetime")
    assert {name: found[name] for name in sections} == dict.fromkeys(sections)
    told = {note["section"] for note in found["notes"]}
    assert told == {"revenue", "surveys", "support", "adoption", "churn_reasons", "retention"}
    assert json.loads(json.dumps(found, default=str, allow_nan=False))["customers"] == 1


def test_who_left_is_counted_by_the_reason_stated_with_the_notice(engine: DuckDB) -> None:
    def left(account: str, reason: str | None, asked: str = "2026-08-20", **more: object) -> Row:
        return paid(account, "2026-01-01", "2026-09-01", cancel_requested_at=asked, cancel_reason=reason, **more)

    rows = [left("a", "price"), left("b", "price"), left("c", "Ana was rude"), left("d", " "), left("e", None)]
    early = "2026-11-17"  # not known at the cutoff yet
    rows += [left("g", "price", cancel_known_at=early), left("f", "price", early)]
    rows += [paid("h", "2026-01-01", None, cancel_reason="price")]
    tables = {"subscriptions": engine.frame(table("subscriptions", rows))}
    gone = [{"account_id": name, "churned_at": pd.Timestamp("2026-09-01")} for name in "abcdefg"]
    assert churn_reasons(tables, engine.frame(pd.DataFrame(gone)), CUTOFF, engine) == {
        "weeks": 52,
        "churns": 7,
        "stated": 3,
        "rows": [
            {"reason": "price", "churns": 2},
            {"reason": "other", "churns": 1},
            {"reason": "not stated", "churns": 4},
        ],
    }


def month(start: int, left: int, paid: int) -> dict[str, object]:
    return {"final": True, "start": paid, "accounts": {"start": start, "churn": left}}


def test_lifetime_value_is_monthly_revenue_over_monthly_churn_with_its_assumptions() -> None:
    months = [month(100, 2, 500_000)] * 3
    found = lifetime(months, PortfolioSettings(gross_margin=0.8, cost_to_keep=30), 2)  # type: ignore[arg-type]
    assert (found["value"], found["monthly_churn"], found["revenue_per_customer"]) == (200_000, 0.02, 5000)
    assert found["cost_to_win"] == [15_000, 75_000]
    assert any("not measured here" in text for text in found["assumptions"])
    assert lifetime([month(100, 0, 5)] * 3, PortfolioSettings(), 2)["value"] is None


def test_bands_are_counted_with_their_revenue() -> None:
    assert [(b.band, b.accounts, b.share, b.arr) for b in portfolio(SCORED, 4).bands] == [
        ("red", 1, 0.25, 10.0),
        ("amber", 1, 0.25, None),
        ("green", 2, 0.5, 50.0),
    ]


def test_realised_churn_is_told_by_band_and_by_list() -> None:
    scores = pd.DataFrame({"account_id": list("abcd"), "band": ["red", "red", "amber", "green"]})
    listed = pd.DataFrame({"account_id": ["a", "c"]})
    found = realised_churn(scores, listed, {"a", "d"})
    assert [(r.group, r.accounts, r.left, r.share) for r in found] == [
        ("red", 2, 1, 0.5),
        ("amber", 1, 0, 0.0),
        ("green", 1, 1, 1.0),
        ("listed", 2, 1, 0.5),
        ("not listed", 2, 1, 0.5),
    ]


def test_finished_months_end_before_the_cutoff() -> None:
    assert finished_months(date(2026, 9, 20), date(2026, 11, 1), 9) == [
        Period("2026-09", date(2026, 9, 1), date(2026, 10, 1)),
        Period("2026-10", date(2026, 10, 1), date(2026, 11, 1)),
    ]
    assert [each.name for each in finished_months(date(2020, 1, 1), date(2026, 10, 31), 1)] == ["2026-09"]

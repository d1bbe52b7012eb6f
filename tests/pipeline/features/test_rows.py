"""The measures of the small tables, on histories short enough to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pytest

from pipeline.engine import DuckDB
from pipeline.features.asof import visible
from pipeline.features.build import build_features
from tests.pipeline.builders import table
from tests.pipeline.features import worlds

Rows = Sequence[Mapping[str, object]]
SOLVED_ELSEWHERE = {"account_id": "b", "ticket_id": "b", "occurred_at": "2024-12-01", "solved_at": "2024-12-02"}
PAID_ELSEWHERE = {"account_id": "b", "invoice_id": "b", "occurred_at": "2024-12-01", "paid_at": "2024-12-02"}


def told(engine: DuckDB, source: str, rows: Rows, names: Sequence[str], weeks: Sequence[int]) -> list[tuple[Any, ...]]:
    """The named features of account a0 in each of the weeks."""
    made = table(source, [{"account_id": "a0", **row} for row in rows], worlds.CALENDAR)
    spine = engine.frame(worlds.spine(worlds.weeks(*weeks), accounts=1))
    settings = worlds.SETTINGS
    built = build_features({source: engine.frame(made)}, spine, settings, engine, levels=worlds.LEVELS)
    found = pa.Table.from_batches(engine.batches(built.select("account_id", "cutoff", *names)))
    return [tuple(row[name] for name in names) for row in found.to_pylist()]


def test_a_ticket_is_open_until_its_solution_is_known_and_tells_nothing_of_it_before(engine: DuckDB) -> None:
    rows = [
        {
            "ticket_id": "t",
            "occurred_at": "2025-01-08",
            "priority": "high",
            "solved_at": "2025-01-21 10:00",
            "resolution_seconds": 7200,
            "reopens": 2,
            "replies": 3,
            "channels": 1,
        },
        SOLVED_ELSEWHERE,
    ]
    names = ["open_tickets", "open_age_days", "urgent_tickets_4w", "resolution_13w", "reopens_13w", "effort_score"]
    # replies 3 of 1..5 is half of 30, two reopens all of 25, one channel none of 20, two hours of 72 next to none
    effort = (0.5 * 30 + 25 + 0 + 2 / 72 * 25) * 100 / 100
    found = told(engine, "tickets", rows, names, [1, 2, 3])
    assert found[:2] == [(1, 5, 1, None, None, None), (1, 12, 1, None, None, None)]
    assert found[2] == (0, None, 1, 2, 2, pytest.approx(effort))


def test_silence_counts_only_after_a_question_and_an_answer_only_once_it_is_there(engine: DuckDB) -> None:
    rows = [
        {"survey_id": "1", "kind": "nps", "occurred_at": "2025-01-14", "answered_at": "2025-01-30", "score": 9},
        {"survey_id": "2", "kind": "nps", "occurred_at": "2025-01-15", "answered_at": "2025-02-05", "score": 4},
        {"survey_id": "3", "kind": "nps", "occurred_at": "2025-01-06"},
    ]
    names = ["surveys_asked_26w", "response_rate_26w", "silent_after_ask", "nps_last", "nps_change", "nps_age_days"]
    assert told(engine, "surveys", rows, names, [0, 1, 2, 4, 5]) == [
        (None, None, None, None, None, None),
        (1, 0, 1, None, None, None),
        (3, 0, 3, None, None, None),
        (3, 1 / 3, 0, 9, None, 4),
        (3, 2 / 3, 0, 4, -5, 5),
    ]


def test_a_ces_answer_stands_for_effort(engine: DuckDB) -> None:
    rows = [{"survey_id": "1", "kind": "ces", "occurred_at": "2025-01-06", "answered_at": "2025-01-07", "score": 0.25}]
    assert told(engine, "surveys", rows, ["effort_score"], [1]) == [(75,)]


def test_a_lower_price_is_seen_when_its_version_begins_and_not_before(engine: DuckDB) -> None:
    version = {"subscription_id": "s", "term_end": "2026-01-06", "seats": 10}
    rows = [
        {**version, "occurred_at": "2024-01-06", "valid_to": "2025-04-07", "mrr": 900, "auto_renew": True},
        {**version, "occurred_at": "2025-04-07", "mrr": 300, "auto_renew": False, "discount_pct": 20},
    ]
    names = ["mrr_change_13w", "contraction_26w", "seats_change_13w", "discount", "auto_renew", "terms"]
    assert told(engine, "subscriptions", rows, names, [13, 14, 28]) == [
        (0, 0, 0, None, 1, 1),
        (-0.5, 600, 0, 20, 0, 1),
        (0, 600, 0, 20, 0, 1),
    ]


def test_an_invoice_is_overdue_from_its_due_date_until_it_is_paid(engine: DuckDB) -> None:
    invoice = {"invoice_id": "i", "occurred_at": "2025-01-07", "due_at": "2025-01-18", "amount": 500}
    rows = [{**invoice, "paid_at": "2025-01-28", "attempts": 3}, PAID_ELSEWHERE]
    names = ["invoices_overdue", "amount_overdue", "late_invoices_13w", "failed_payments_13w", "days_to_pay_26w"]
    assert told(engine, "invoices", rows, names, [1, 2, 4]) == [
        (0, 0, 0, 0, None), (1, 500, 1, 0, None), (0, 0, 1, 2, 21)
    ]  # fmt: skip


def test_a_card_charged_within_a_day_of_an_invoice_that_is_due_at_once_is_in_time(engine: DuckDB) -> None:
    invoice = {"occurred_at": "2025-01-07 10:00", "due_at": "2025-01-07 10:00", "amount": 500, "attempts": 1}
    paid = [("2025-01-07 11:30", 0), ("2025-01-08 09:59", 0), ("2025-01-08 10:01", 1), (None, 1)]
    for number, (paid_at, late) in enumerate(paid):
        rows = [{**invoice, "invoice_id": str(number), "paid_at": paid_at}, PAID_ELSEWHERE]
        assert told(engine, "invoices", rows, ["late_invoices_13w"], [2]) == [(late,)], paid_at


@pytest.mark.parametrize(
    ("source", "waits", "row", "names"),
    [
        (
            *("invoices", "paid_at", {"invoice_id": "i", "due_at": "2025-01-08", "amount": 5}),
            ["invoices_overdue", "amount_overdue", "late_invoices_13w"],
        ),
        ("tickets", "solved_at", {"ticket_id": "t", "priority": "high"}, ["open_tickets", "open_urgent_tickets"]),
    ],
)
def test_where_nobody_ever_tells_of_an_end_nothing_is_taken_for_unfinished(
    engine: DuckDB, source: str, waits: str, row: dict[str, object], names: list[str]
) -> None:
    here = {**row, "occurred_at": "2025-01-07"}
    elsewhere = {**row, "account_id": "b", f"{source[:-1]}_id": "b", "occurred_at": "2025-01-08", waits: "2025-01-22"}
    assert told(engine, source, [here], names, [4]) == [(None,) * len(names)]
    # from when on one end is known, the absence of others means something
    found = told(engine, source, [here, elsewhere], names, [2, 3])
    assert found[0] == (None,) * len(names)
    assert all(found[1])
    # an end that was there, but became known later, is no word of then
    late = {**elsewhere, "known_at": "2025-02-10"}
    assert told(engine, source, [here, late], names, [3]) == [(None,) * len(names)]


def test_a_higher_price_for_a_seat_is_told_apart_from_more_seats(engine: DuckDB) -> None:
    version = {"subscription_id": "s", "started_at": "2024-01-06"}
    rows = [
        {**version, "occurred_at": "2024-01-06", "valid_to": "2025-03-03", "mrr": 900, "seats": 9},
        {**version, "occurred_at": "2025-03-03", "valid_to": "2025-04-07", "mrr": 1800, "seats": 18},
        {**version, "occurred_at": "2025-04-07", "mrr": 2700, "seats": 18},
    ]
    names = ["seat_price_change_13w", "seats_change_13w"]
    found = told(engine, "subscriptions", rows, names, [11, 14, 30])
    assert found == [(0, 1 / 3), (0.2, 1 / 3), (0, 0)]


def test_a_level_is_the_latest_known_period_with_its_age(engine: DuckDB) -> None:
    months = [("2025-02-01", 8.0), ("2025-03-01", 4.0), ("2025-04-01", 3.0)]
    rows = [{"measure": "logins", "occurred_at": at, "value": value, "period_days": 31} for at, value in months]
    names = ["level_logins_last", "level_logins_before", "level_logins_trend", "level_logins_mean_3"]
    names += ["level_logins_to_baseline", "level_logins_age_days"]
    assert told(engine, "levels", rows, names, [3, 4, 8, 13, 25, 27]) == [
        (None, None, None, None, None, None),
        (8, None, None, None, 0, 2),
        (4, 8, -4 / 12, None, -0.2, 2),
        (3, 4, -1 / 7, 5, -0.25, 6),
        (3, 4, -1 / 7, 5, -0.25, 90),
        # three months on there is no latest month any more, only that nothing was told since
        (None, None, None, None, None, 104),
    ]


@pytest.mark.parametrize(
    ("source", "column", "row"),
    [
        ("tickets", "resolution_seconds", {"solved_at": "2025-01-20", "resolution_seconds": 5}),
        ("surveys", "score", {"answered_at": "2025-01-20", "score": 7.0}),
        ("invoices", "paid_at", {"paid_at": "2025-01-20"}),
        ("subscriptions", "valid_to", {"valid_to": "2025-01-20"}),
        ("subscriptions", "ended_at", {"ended_at": "2025-01-20"}),
        ("subscriptions", "cancel_requested_at", {"cancel_requested_at": "2025-01-20"}),
    ],
)
def test_no_measure_can_peek_at_what_is_filled_in_later(
    engine: DuckDB, source: str, column: str, row: dict[str, object]
) -> None:
    """Known from the first cutoff after its moment: at that very instant it is not."""
    made = engine.frame(table(source, [{"account_id": "a0", "occurred_at": "2025-01-07", **row}], worlds.CALENDAR))
    spine = worlds.spine(worlds.weeks(1, 2, 3), accounts=1).append_column("cutoff_day", pa.array([0, 0, 0]))
    spine = spine.append_column("account", pa.array([1, 1, 1]))
    pairs = visible(source, made, engine.frame(spine)).select("c", "occurred_week", column).order_by("c")
    told = pa.Table.from_batches(engine.batches(pairs)).to_pylist()
    assert [line[column] is not None for line in told] == [False, False, True]


def test_onboarding_before_anything_was_on_record_is_unknown_and_no_failure(engine: DuckDB) -> None:
    """a0 began on 26 January, a1 on the 6th; the first milestone on record is of the 12th."""
    rows = [{"account_id": name, "occurred_at": day, "event": "invite", "quantity": 1}
            for name, day in (("a0", "2025-01-28"), ("a1", "2025-01-12"))]  # fmt: skip
    spine = engine.frame(worlds.spine(worlds.weeks(5), accounts=2))
    usage = engine.frame(table("usage", rows, worlds.CALENDAR))
    built = build_features({"usage": usage}, spine, worlds.SETTINGS, engine)
    names = ["milestones_share", "days_to_first_value", "days_without_first_value"]
    found = pa.Table.from_batches(engine.batches(built.order_by("account_id").select("account_id", *names)))
    assert [tuple(row[name] for name in names) for row in found.to_pylist()] == [(0.5, None, 15), (None, None, None)]

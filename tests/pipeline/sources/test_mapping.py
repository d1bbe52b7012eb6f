"""What the configuration can say: joins, folds, arithmetic, scales, periods."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from pipeline.clock import Calendar
from pipeline.errors import ConfigError, ContractError
from tests.pipeline.sources.exports import TICKETS, Exports, assert_every_record_is_accounted_for

MONDAYS = Calendar()


def test_a_wide_billing_table_is_said_by_joins_and_declared_arithmetic(exports: Exports) -> None:
    exports.write("history.csv", "id,customer,start,from\ns1,c1,2024-01-01,2024-01-01\ns1,c1,2024-01-01,2024-03-01\n")
    exports.write("items.csv", "subscription,price,quantity\ns1,p1,10\ns1,p2,1\n")
    exports.write("prices.csv", "id,unit_amount,interval\np1,500,month\np2,12000,year\n")
    price = {
        "files": "prices.csv",
        "on": "id",
        "key": "price",
        "take": {"unit_amount": "unit_amount", "per": "interval"},
    }
    mrr = {
        "product": ["unit_amount", "quantity"],
        "divide_by": {"column": "per", "values": {"month": 1, "year": 12}},
        "fold": "sum",
    }
    items = {"files": "items.csv", "on": "subscription", "key": "id", "via": price, "take": {"cents": mrr}}
    columns = {
        "subscription_id": "id",
        "account_id": "customer",
        "occurred_at": "from",
        "started_at": "start",
        "mrr": {"column": "cents", "unit": "minor"},
    }
    source = {"files": "history.csv", "history": "versioned", "via": items, "columns": columns}
    report = exports.ingest({"subscriptions": source})
    assert exports.rows(
        "subscriptions", "CAST(occurred_at AS DATE)::VARCHAR, CAST(valid_to AS DATE)::VARCHAR, mrr"
    ) == [
        ("2024-01-01", "2024-03-01", 6000),
        ("2024-03-01", None, 6000),
    ]
    assert_every_record_is_accounted_for(report)


def test_a_joined_key_that_is_not_unique_is_an_error(exports: Exports) -> None:
    exports.write("users.csv", "user,org\n1,x\n1,y\n")
    via = {"files": "users.csv", "on": "user", "key": "account", "take": {"org": "org"}}
    with pytest.raises(ContractError, match=r"'user' is not unique in users\.csv: '1'"):
        exports.tickets("1,1,2024-05-01,0\n", via=via)


def test_accounts_are_derived_by_folding_another_source(exports: Exports) -> None:
    exports.write("users.csv", "user,org,made\n1,x,03-02-2024 10:00\n2,x,01-02-2024 09:00\n3,y,05-02-2024 08:00\n")
    made = {"column": "made", "format": "%d-%m-%Y %H:%M", "fold": "min"}
    report = exports.ingest({"accounts": {"files": "users.csv", "columns": {"account_id": "org", "started_at": made}}})
    assert exports.rows("accounts", "account_id, CAST(started_at AS VARCHAR)") == [
        ("x", "2024-02-01 09:00:00"),
        ("y", "2024-02-05 08:00:00"),
    ]
    assert (report.total("records"), report.tables["accounts"].rows) == (3, 2)


def test_periods_become_levels_as_of_their_end_and_known_after_their_delay(exports: Exports) -> None:
    body = "a,2024-01-05,3,2\na,2024-01-20,4,5\na,2024-02-01,1,1\na,2024-01-20,4,5\n"
    exports.write("usage.csv", "account_id,day,n,users\n" + body)
    measures = {"n": {"column": "n", "fold": "sum"}, "users": {"column": "users", "fold": "last"}}
    source = {"files": "usage.csv", "delay": "3d", "period": {"column": "day", "length": "month"}, "measures": measures}
    report = exports.ingest({"usage": source})
    shown = "measure, CAST(occurred_at AS DATE)::VARCHAR, CAST(known_at AS DATE)::VARCHAR, value, period_days"
    assert exports.rows("levels", shown) == [
        ("n", "2024-01-31", "2024-02-03", 7.0, 31),
        ("n", "2024-02-29", "2024-03-03", 1.0, 29),
        ("users", "2024-01-31", "2024-02-03", 5.0, 31),
        ("users", "2024-02-29", "2024-03-03", 1.0, 29),
    ]
    assert report.total("duplicates") == 1
    assert_every_record_is_accounted_for(report)


SPANS = {"files": "usage.csv", "measures": {"n": {"column": "n", "fold": "sum"}}}


@pytest.mark.parametrize(
    ("length", "days", "starts"),
    [("week", ("2024-01-07", "2024-01-14"), "2024-01-07"), ("28 days", ("2024-01-10", "2024-02-07"), "2023-12-13")],
)
def test_periods_that_begin_elsewhere_than_the_calendar_are_told_of_or_refused(
    exports: Exports, length: str, days: tuple[str, str], starts: str
) -> None:
    exports.write("usage.csv", "account_id,day,n\n" + "".join(f"a,{day},3\n" for day in days))
    with pytest.raises(ContractError, match=f"such as {days[0]}: these periods begin on other days") as refused:
        exports.ingest({"usage": {**SPANS, "period": {"column": "day", "length": length}}})
    assert f"starts: {days[0]}" in str(refused.value.hint)
    exports.ingest({"usage": {**SPANS, "period": {"column": "day", "length": length, "starts": starts}}})
    # known when each is over, and not when a week or span of the calendar is
    span = timedelta(days=7 if length == "week" else 28)
    over = [str(date.fromisoformat(day) + span - timedelta(days=1)) for day in days]
    assert exports.rows("levels", "CAST(known_at AS DATE)::VARCHAR, value") == [(day, 3.0) for day in over]


def test_a_row_for_each_feature_and_month_is_one_source(exports: Exports) -> None:
    told = ("a,export,2", "a,report,2", "a,report,2", "a,other,2", "a,more,2", "b,export,x", "b,other,x")
    exports.write("usage.csv", "month,account_id,feature,count\n" + "".join(f"03/2025,{row}\n" for row in told))
    measures = {name: {"column": "count", "where": {"feature": name}} for name in ("export", "report")}
    period = {"column": "month", "format": "%m/%Y"}
    report = exports.ingest({"usage": {"files": "usage.csv", "period": period, "measures": measures, "budget": 1.0}})
    assert exports.rows("levels", "account_id, measure, value") == [("a", "export", 2.0), ("a", "report", 2.0)]
    assert exports.rejected("levels", "line, rule, value") == [(7, "is not a number", "x")]
    # the features that nobody asked for are set aside, and are no duplicates of each other
    assert [report.total(each) for each in ("records", "accepted", "duplicates", "filtered")] == [7, 2, 1, 3]
    assert_every_record_is_accounted_for(report)


def test_what_the_remedy_of_a_period_says_can_be_written_beside_it_or_in_its_column(exports: Exports) -> None:
    exports.write("usage.csv", "account_id,day,n\na,03/2024,3\n")
    with pytest.raises(ContractError, match=r'write \{column: day, format: "%m/%Y"\}'):
        exports.ingest({"usage": {**SPANS, "period": {"column": "day"}}})
    written = {"column": "day", "format": "%m/%Y"}
    for period in (written, {"column": written}):
        exports.ingest({"usage": {**SPANS, "period": period}})
        assert exports.rows("levels", "CAST(occurred_at AS DATE)::VARCHAR, value") == [("2024-03-31", 3.0)]
    with pytest.raises(ConfigError, match="format is told twice"):
        exports.ingest({"usage": {**SPANS, "period": {"column": written, "format": "%m/%Y"}}})


def test_a_period_is_seen_by_the_cutoff_at_which_it_ends(exports: Exports) -> None:
    exports.write("usage.csv", "account_id,day,n\na,2024-01-08,3\na,2024-01-15,4\n")
    exports.ingest({"usage": {**SPANS, "period": {"column": "day", "length": "week"}}})
    ends = [MONDAYS.week_of(date(2024, 1, day)) for day in (15, 22)]
    assert exports.rows("levels", "occurred_week + 1, known_week + 1") == [(end, end) for end in ends]


def test_days_within_weeks_are_folded_whatever_day_they_are(exports: Exports) -> None:
    exports.write("usage.csv", "account_id,day,n\na,2024-01-09,3\na,2024-01-11,4\na,2024-01-16,5\n")
    exports.ingest({"usage": {**SPANS, "period": {"column": "day", "length": "week"}}})
    assert sorted(exports.rows("levels", "value")) == [(5.0,), (7.0,)]


def test_amounts_are_in_the_smallest_unit_of_their_currency_however_they_are_told(exports: Exports) -> None:
    exports.write("s.csv", "id,account_id,start,price\n1,a,2024-01-01,1200\n")
    columns = {"subscription_id": "id", "started_at": "start"}
    for price, code, monthly in (
        ("price", "JPY", 1200),
        ({"value": 1200, "interval": "annual"}, "JPY", 100),
        ({"value": 1200, "unit": "minor"}, "USD", 1200),
        ({"value": 12, "interval": "quarterly"}, "USD", 400),
        ({"column": "price", "interval": "annual"}, "KWD", 100_000),
    ):
        source = {"files": "s.csv", "columns": {**columns, "mrr": price}}
        exports.ingest({"subscriptions": source}, currency={"code": code})
        assert exports.rows("subscriptions", "mrr") == [(monthly,)], (price, code)


def test_survey_scores_are_brought_to_one_scale_and_what_lies_outside_is_quarantined(exports: Exports) -> None:
    exports.write(
        "s.csv",
        "id,account_id,kind,at,score\n1,a,nps,2024-01-01,9\n2,a,ces,2024-01-01,2\n3,a,csat,2024-01-01,6\n4,a,nps,2024-01-01,\n",
    )
    columns = {"survey_id": "id", "kind": "kind", "occurred_at": "at", "score": "score"}
    scales = {"ces": {"min": 1, "max": 5, "higher_is": "worse"}, "csat": {"min": 1, "max": 5, "higher_is": "better"}}
    exports.ingest({"surveys": {"files": "s.csv", "columns": columns, "scales": scales, "budget": 1}})
    assert exports.rows("surveys", "survey_id, score, answered_at IS NULL") == [
        ("1", 9.0, False),
        ("2", 0.75, False),
        ("4", None, True),
    ]
    assert exports.rejected("surveys") == [(4, "score", "is outside of the csat scale 1 to 5")]


def test_a_filter_keeps_what_it_names_and_counts_the_rest_apart(exports: Exports) -> None:
    report = exports.tickets(
        "1,a,2024-05-01,0\n2,a,2024-05-01,\n3,b,2024-05-01,1\n", where={"account": "a", "reopens": {"not": None}}
    )
    assert exports.rows("tickets", "ticket_id") == [("1",)]
    assert report.total("filtered") == 2
    assert_every_record_is_accounted_for(report)


def test_ticket_moments_and_durations_tell_each_other(exports: Exports) -> None:
    columns = {**TICKETS["columns"], "resolution_seconds": {"column": "reopens", "unit": "hours"}}
    del columns["reopens"]
    exports.tickets("1,a,2024-05-01,5\n2,a,2024-05-01,\n", columns=columns)
    assert exports.rows("tickets", "ticket_id, CAST(solved_at AS VARCHAR), resolution_seconds") == [
        ("1", "2024-05-01 05:00:00", 18_000),
        ("2", None, None),
    ]


def test_impossible_mappings_are_all_told_at_once(exports: Exports) -> None:
    exports.data.mkdir()
    sources = {
        "tickets": {"files": "t.csv", "columns": {"ticket": "id", "occured_at": "x"}},
        "surveys": {"files": "s.csv", "columns": {"survey_id": "id", "kind": {"value": "csat"}, "occurred_at": "at"}},
    }
    with pytest.raises(ConfigError) as failure:
        exports.ingest(sources)
    told = str(failure.value)
    assert "sources.tickets.columns.ticket: not in the contract of tickets; did you mean ticket_id?" in told
    assert "sources.tickets.columns.occurred_at: must be mapped" in told
    assert "sources.surveys.scales.csat: must be declared" in told


def test_unchanged_inputs_are_not_read_again_and_changed_ones_are(exports: Exports) -> None:
    exports.tickets("1,a,2024-05-01,0\n")
    assert exports.ingest({"tickets": TICKETS}).tables["tickets"].reused
    assert not exports.ingest({"tickets": TICKETS | {"delay": "1d"}}).tables["tickets"].reused
    assert not exports.tickets("1,a,2024-05-01,1\n").tables["tickets"].reused
    assert exports.rows("tickets", "reopens") == [(1,)]


def test_a_file_with_another_delimiter_is_told_once_with_what_to_write(exports: Exports) -> None:
    exports.write("tickets.csv", "id;account;created;reopens\n1;a;2024-05-01;0\n")
    with pytest.raises(ContractError) as refused:
        exports.ingest({"tickets": TICKETS})
    assert "is not separated by ','" in str(refused.value) and 'delimiter: ";"' in str(refused.value.hint)


def test_the_month_in_which_an_account_began_is_not_from_before_it(exports: Exports) -> None:
    exports.write("accounts.csv", "id,start\na,2024-05-20\n")
    exports.write("usage.csv", "account_id,day,n\na,2024-05-01,3\na,2024-04-01,1\n")
    accounts = {"files": "accounts.csv", "columns": {"account_id": "id", "started_at": "start"}}
    report = exports.ingest({"accounts": accounts, "usage": {**SPANS, "period": {"column": "day", "length": "month"}}})
    assert report.warnings == ["usage: 1 rows are from before their account started"]


def test_rows_from_before_their_account_are_accepted_with_a_warning_or_quarantined(exports: Exports) -> None:
    exports.write("accounts.csv", "id,start\na,2024-05-02\n")
    exports.write("tickets.csv", "id,account,created,reopens\n1,a,2024-05-01,0\n2,a,2024-05-02,0\n")
    accounts = {"files": "accounts.csv", "columns": {"account_id": "id", "started_at": "start"}}
    report = exports.ingest({"accounts": accounts, "tickets": TICKETS})
    assert report.warnings == ["tickets: 1 rows are from before their account started"]
    exports.ingest({"accounts": accounts, "tickets": TICKETS | {"before_account": "quarantine"}})
    assert exports.rejected("tickets") == [(2, "created", "is before the account started")]


def test_a_moment_of_which_only_the_day_is_told_is_no_earlier_than_what_it_follows(exports: Exports) -> None:
    columns = {"ticket_id": "id", "account_id": "account", "occurred_at": "created", "solved_at": "solved"}
    rows = "1,a,2024-05-02 15:00,2024-05-02\n2,a,2024-05-02 15:00,2024-05-01\n3,a,2024-05-02 15:00,2024-05-02 14:00\n"
    exports.write("tickets.csv", f"id,account,created,solved\n{rows}4,a,2024-05-02 15:00,2024-05-03\n")
    exports.write("terms.csv", "id,account,start,end\n1,a,2024-05-02 15:00,2024-05-02\n2,a,2024-05-02,2024-05-01\n")
    terms = {"subscription_id": "id", "account_id": "account", "started_at": "start", "ended_at": "end"}
    exports.ingest(
        {
            "tickets": {"files": "tickets.csv", "columns": columns, "budget": 1},
            "subscriptions": {"files": "terms.csv", "columns": terms, "budget": 1},
        }
    )
    assert exports.rows("tickets", "ticket_id, resolution_seconds") == [("1", 0), ("4", 9 * 3600)]
    assert [rule for _, _, rule in exports.rejected("tickets")] == ["is solved before it was created"] * 2
    assert exports.rows("subscriptions", "subscription_id, ended_at = started_at") == [("1", True)]


def test_what_is_filled_in_later_is_a_word_of_the_source_and_an_end_that_is_known_before_is_none(
    exports: Exports,
) -> None:
    exports.write("tickets.csv", "id,account,created,solved\n1,a,2024-05-02,2024-06-03\n2,a,2024-05-09,\n")
    exports.write("terms.csv", "id,account,start,end,notice\n1,a,2024-01-01,2025-01-01,2024-06-09\n")
    terms = {"subscription_id": "id", "account_id": "account", "started_at": "start", "ended_at": "end"}
    columns = {"ticket_id": "id", "account_id": "account", "occurred_at": "created", "solved_at": "solved"}
    report = exports.ingest(
        {
            "tickets": {"files": "tickets.csv", "columns": columns},
            "subscriptions": {"files": "terms.csv", "columns": terms | {"cancel_requested_at": "notice"}},
        }
    )
    told = {name: table.sources[0] for name, table in report.tables.items()}
    assert (told["tickets"].last, told["tickets"].heard) == ("2024-05-09T00:00:00", "2024-06-03T00:00:00")
    assert (told["subscriptions"].last, told["subscriptions"].heard) == ("2024-01-01T00:00:00", "2024-06-09T00:00:00")

"""Rows 21 to 30, 35, 66, 67 and 71 of the catalogue of faults."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import load_config
from pipeline.errors import ConfigError, ContractError
from pipeline.sources.reports import IngestReport
from tests.pipeline.sources.exports import TICKETS, Exports, assert_every_record_is_accounted_for

SUBSCRIPTIONS: dict[str, Any] = {
    "files": "subscriptions.csv",
    "columns": {
        "subscription_id": "id",
        "account_id": "account",
        "started_at": "start",
        "seats": "seats",
        "mrr": "amount",
    },
    "budget": 1,
}
ACCOUNTS: dict[str, Any] = {"files": "accounts.csv", "columns": {"account_id": "id", "name": "name"}}


def test_f21_negative_seats_nan_and_infinity_are_quarantined_and_counted(exports: Exports) -> None:
    rows = "1,a,2024-01-01,-5,10\n2,a,2024-01-01,5,NaN\n3,a,2024-01-01,5,inf\n4,a,2024-01-01,5,10.005\n"
    exports.write("subscriptions.csv", "id,account,start,seats,amount\n" + rows)
    report = exports.ingest({"subscriptions": SUBSCRIPTIONS})
    assert report.tables["subscriptions"].sources[0].rules == {"amount is not a number": 2, "seats is below 0": 1}
    assert exports.rows("subscriptions", "subscription_id, mrr") == [("4", 1001)]
    assert_every_record_is_accounted_for(report)


def test_f22_mixed_currencies_without_rates_are_an_error_and_never_summed(exports: Exports) -> None:
    exports.write(
        "subscriptions.csv", "id,account,start,seats,amount,cur\n1,a,2024-01-01,1,10,USD\n2,a,2024-01-01,1,10,EUR\n"
    )
    source = SUBSCRIPTIONS | {"columns": SUBSCRIPTIONS["columns"] | {"currency": "cur"}}
    with pytest.raises(ContractError, match="amounts in EUR without a rate"):
        exports.ingest({"subscriptions": source})
    exports.ingest({"subscriptions": source}, currency={"code": "USD", "rates": {"EUR": 1.1}})
    assert exports.rows("subscriptions", "subscription_id, mrr") == [("1", 1000), ("2", 1100)]


def test_f23_account_ids_that_differ_only_in_form_are_one(exports: Exports) -> None:
    exports.tickets("1,e\u0301,2024-05-01,0\n2,\u00e9,2024-05-02,0\n3,\u200b\u00e9 ,2024-05-03,0\n")
    assert set(exports.rows("tickets", "account_id")) == {("\u00e9",)}


def test_f24_right_to_left_names_and_emoji_survive_and_disguises_are_stripped(exports: Exports) -> None:
    exports.write("accounts.csv", "id,name\n1,שלום 👩‍🚀\n2,good\u202egpj.exe\n")
    exports.ingest({"accounts": ACCOUNTS})
    assert exports.rows("accounts", "account_id, name") == [("1", "שלום 👩‍🚀"), ("2", "goodgpj.exe")]


def test_f26_words_for_missing_mean_it_only_where_declared(exports: Exports) -> None:
    exports.tickets("1,a,2024-05-01,N/A\n2,b,2024-05-02,\n")
    assert exports.rejected("tickets") == [(2, "reopens", "is not a whole number")]
    assert exports.rows("tickets", "ticket_id, reopens") == [("2", None)]
    exports.tickets("1,a,2024-05-01,N/A\n2,b,2024-05-02,\n", nulls=["N/A"])
    assert exports.rows("tickets", "ticket_id, reopens") == [("1", None)]
    assert exports.rejected("tickets") == [(3, "reopens", "is not a whole number")]


def test_f27_rows_of_an_unknown_account_are_quarantined_and_counted(exports: Exports) -> None:
    exports.write("accounts.csv", "id,name\na,Ann\n")
    exports.write("tickets.csv", "id,account,created,reopens\n1,a,2024-05-01,0\n2,zz,2024-05-01,0\n")
    report = exports.ingest({"accounts": ACCOUNTS, "tickets": TICKETS})
    assert exports.rejected("tickets") == [(3, "account", "is not in accounts")]
    assert_every_record_is_accounted_for(report)
    exports.ingest({"accounts": ACCOUNTS | {"complete": False}, "tickets": TICKETS})
    assert len(exports.rows("tickets", "ticket_id")) == 2


def test_f28_identical_rows_are_dropped_and_counted_and_conflicting_ones_are_an_error(exports: Exports) -> None:
    report = exports.tickets("1,a,2024-05-01,0\n2,b,2024-05-02,0\n1,a,2024-05-01,0\n")
    assert (report.total("duplicates"), len(exports.rows("tickets", "ticket_id"))) == (1, 2)
    assert_every_record_is_accounted_for(report)
    with pytest.raises(ContractError, match=r"1 key \(ticket_id\) on rows that contradict each other, e.g. 1"):
        exports.tickets("1,a,2024-05-01,0\n1,a,2024-05-01,3\n")


def dumps(exports: Exports, *bodies: str, **source: Any) -> IngestReport:
    """Ingest one dump of tickets a week, the setting ``repeated: latest`` on."""
    for number, body in enumerate(bodies, start=1):
        exports.write(f"tickets_2024-05-{number:02}.csv", f"id,account,created,reopens,changed\n{body}")
    return exports.ingest({"tickets": TICKETS | {"files": "tickets_*.csv", "repeated": "latest"} | source})


def test_f28_where_later_dumps_correct_earlier_ones_the_last_counts_if_the_source_says_so(exports: Exports) -> None:
    first = "1,a,2024-05-01,0,\n2,a,2024-05-01,0,\n"
    second = "1,a,2024-05-01,3,\n2,a,2024-05-01,0,\n3,b,2024-05-02,0,\n"
    with pytest.raises(ContractError) as refused:
        dumps(exports, first, second, repeated="refuse")
    assert "repeated: latest" in str(refused.value.hint)
    report = dumps(exports, first, second)
    assert exports.rows("tickets", "ticket_id, reopens") == [("1", 3), ("2", 0), ("3", 0)]
    assert [report.total(name) for name in ("records", "accepted", "duplicates", "superseded")] == [5, 3, 2, 1]
    assert_every_record_is_accounted_for(report)


def test_f28_a_row_that_was_corrected_is_known_when_its_correction_was(exports: Exports) -> None:
    mapped = {"columns": TICKETS["columns"] | {"known_at": "changed"}}
    late = "1,a,2024-05-01,3,2024-05-20\n"
    report = dumps(exports, late, "1,a,2024-05-01,0,2024-05-02\n", late.replace("-20", "-27"), **mapped)
    assert exports.rows("tickets", "reopens, day(known_at)") == [(3, 20)]
    assert [report.total(name) for name in ("accepted", "duplicates", "superseded")] == [1, 2, 1]
    assert [file.superseded for file in report.tables["tickets"].sources[0].files] == [0, 1, 0]


def test_f28_of_one_file_nobody_can_say_which_row_is_the_latest(exports: Exports) -> None:
    with pytest.raises(ContractError, match="contradict each other"):
        dumps(exports, "1,a,2024-05-01,0,\n1,a,2024-05-01,3,\n")


def test_f28_the_same_event_delivered_again_later_counts_from_its_first_delivery(exports: Exports) -> None:
    header = "id,account,at,received\n"
    rows = "e,a,2024-05-01,2024-05-09\ne,a,2024-05-01,2024-05-02\nf,a,2024-05-01,2024-05-01\n"
    exports.write("usage.csv", header + rows)
    columns = {"event_id": "id", "account_id": "account", "occurred_at": "at", "known_at": "received"}
    report = exports.ingest({"usage": {"files": "usage.csv", "columns": columns}})
    assert exports.rows("usage", "event_id, day(known_at)") == [("e", 2), ("f", 1)]
    assert report.total("duplicates") == 1


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("2024-05-01T01:30:00+05:00", "2024-04-30 22:30:00"),
        ("2024-05-01 01:30+0530", "2024-04-30 22:00:00"),
        ("2024-05-01T01:30:00.5Z", "2024-05-01 03:30:00.500000"),
        ("2024-05-01T01:30:00-02", "2024-05-01 05:30:00"),
        ("2024-05-01 01:30", "2024-05-01 07:30:00"),
        ("2024-05-01", "2024-05-01 00:00:00"),
    ],
)
def test_f29_offsets_are_honoured_and_bare_times_stand_in_the_sources_zone(
    exports: Exports, told: str, expected: str
) -> None:
    exports.write("tickets.csv", f"id,account,created,reopens\n1,a,{told},0\n")
    source = TICKETS | {"time_zone": "America/New_York"}
    exports.ingest({"tickets": source}, calendar={"as_of": "data", "time_zone": "Europe/Berlin"})
    assert [str(row[0]) for row in exports.rows("tickets", "occurred_at")] == [expected]


def test_f30_daily_counts_add_up_over_the_change_of_clocks(exports: Exports) -> None:
    hours = [f"{i},a,2024-03-{30 + i // 24}T{i % 24:02}:30:00Z,0\n" for i in range(48)]
    exports.write("tickets.csv", "id,account,created,reopens\n" + "".join(hours))
    exports.ingest({"tickets": TICKETS}, calendar={"as_of": "data", "time_zone": "Europe/Berlin"})
    days = [row[0] for row in exports.rows("tickets", "day(occurred_at)")]
    assert {day: days.count(day) for day in set(days)} == {30: 23, 31: 23, 1: 2}


def test_f30_a_wall_clock_time_that_does_not_exist_moves_forward(exports: Exports) -> None:
    exports.write("tickets.csv", "id,account,created,reopens\n1,a,2024-03-31 02:30:00,0\n2,a,2024-10-27 02:30:00,0\n")
    exports.ingest({"tickets": TICKETS | {"time_zone": "Europe/Berlin"}})
    assert exports.rows("tickets", "occurred_at") == [
        (datetime(2024, 3, 31, 1, 30),),
        (datetime(2024, 10, 27, 1, 30),),
    ]


def test_f35_events_in_the_future_are_quarantined_where_the_clock_is_today(exports: Exports) -> None:
    exports.write("tickets.csv", "id,account,created,reopens\n1,a,2024-05-01,0\n2,a,2199-01-01,0\n")
    exports.ingest({"tickets": TICKETS}, calendar={"as_of": "today"})
    assert exports.rejected("tickets") == [(3, "created", "lies in the future")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name: a\nname: b\n", "line 2.*'name' stands twice"),
        ("name: !!python/object:os.system x\n", "the tag .* is not allowed"),
        ("a: &x [1]\nb: *x\n", "aliases are not allowed"),
        ("- 1\n", "holds no settings"),
        ("sources: {}\nlists: {capacity: many}\nfoo: 1\n", "foo: unknown key"),
        ("sources: {}\nfoo: 1\nlabel: {kinds: [going_quiet]}\n", "going_quiet needs usage .there are: none"),
    ],
)
def test_f66_yaml_traps_are_configuration_errors(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(ConfigError, match=told) as failure:
        load_config(tmp_path / "config.yaml")
    assert failure.value.exit_code == 2


@pytest.mark.parametrize("name", ['x"; DROP TABLE tickets; --', "id'; --", "a b"])
def test_f67_a_configured_identifier_must_be_a_column_of_the_file(exports: Exports, name: str) -> None:
    with pytest.raises(ContractError, match="has no column"):
        exports.tickets("1,a,2024-05-01,0\n", columns=TICKETS["columns"] | {"category": name})


def test_f67_strange_column_names_that_exist_are_quoted(exports: Exports) -> None:
    exports.write("tickets.csv", 'id,account,created,"x""; DROP TABLE t; --"\n1,a,2024-05-01,it\'s\n')
    columns = TICKETS["columns"] | {"category": 'x"; DROP TABLE t; --'}
    del columns["reopens"]
    exports.ingest({"tickets": TICKETS | {"columns": columns}})
    assert exports.rows("tickets", "category") == [("it's",)]


def test_f71_line_breaks_in_an_account_id_are_removed(exports: Exports) -> None:
    exports.tickets('1,"a\nb",2024-05-01,0\n')
    assert exports.rows("tickets", "account_id") == [("ab",)]

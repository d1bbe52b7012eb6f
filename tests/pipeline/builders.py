"""Rows in words: builders of small canonical tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import pyarrow as pa

from pipeline.clock import Calendar
from pipeline.contracts import CONTRACTS, EVERY_ROW, Column

ARROW = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "money": pa.int64(),
    "micro": pa.int64(),
    "moment": pa.timestamp("us"),
    "boolean": pa.bool_(),
}


def moment(value: str | None) -> datetime | None:
    """``2026-01-05`` or ``2026-01-05 10:00`` as a moment."""
    return None if value is None else datetime.fromisoformat(value)


def table(name: str, rows: Sequence[Mapping[str, object]], calendar: Calendar | None = None) -> pa.Table:
    """The canonical table of that name with the given rows; all is known at once where nothing says otherwise."""
    calendar = calendar or Calendar()
    columns: dict[str, Column] = {**EVERY_ROW, **CONTRACTS[name].columns}
    filled = [_filled(dict(row), columns, calendar) for row in rows]
    kinds = {key: ARROW[column.kind] for key, column in columns.items()}
    return pa.Table.from_pylist(filled, pa.schema(list(kinds.items())))


def _filled(row: dict[str, object], columns: Mapping[str, Column], calendar: Calendar) -> dict[str, object]:
    row.setdefault("occurred_at", row.get("started_at"))
    for key, column in columns.items():
        value = row.get(key)
        row[key] = moment(value) if column.kind == "moment" and isinstance(value, str) else value
    row["known_at"] = row["known_at"] or row["occurred_at"]
    for key, column in columns.items():
        if column.known_of:
            row[key] = row[key] or row[column.known_of]
    for moment_name, week_name in (("occurred_at", "occurred_week"), ("known_at", "known_week")):
        when = row[moment_name]
        assert isinstance(when, datetime)
        row[week_name] = calendar.week_of(when.date())
    return row


def days(*texts: str) -> list[date]:
    """ISO texts as dates."""
    return [date.fromisoformat(text) for text in texts]

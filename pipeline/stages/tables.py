"""Short questions to canonical tables, answered by SQL where no engine is open."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

UNKNOWN_START = date(1971, 1, 1)
"""An account whose start nobody knows is dated before this day (pipeline.sources.canonical)."""


def asked(sql: str, *values: object, **named: object) -> list[tuple[Any, ...]]:
    """The rows of a query; each ``?`` stands for a value, or each ``$name``; a path for the table at it."""
    given = [str(each) if isinstance(each, Path) else each for each in values]
    with duckdb.connect() as connection:
        return connection.execute(sql, named or given).fetchall()


def framed(sql: str, *values: object) -> pd.DataFrame:
    """The same as a frame, where there may be as many rows as accounts."""
    given = [str(each) if isinstance(each, Path) else each for each in values]
    with duckdb.connect() as connection:
        return connection.execute(sql, given).df()


def columns_of(table: Path) -> set[str]:
    """The names of a table's columns."""
    return {str(row[0]) for row in asked("DESCRIBE SELECT * FROM read_parquet(?)", table)}


def literal(table: Path) -> str:
    """A path inside the text of a query."""
    return "'" + str(table).replace("'", "''") + "'"

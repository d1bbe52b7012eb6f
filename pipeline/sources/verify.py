"""The last look at a canonical table before it enters the warehouse: pandera checks the written file."""

from __future__ import annotations

from pathlib import Path

import ibis
import ibis.expr.datatypes as dt
import pandera.ibis as pa
from ibis import _
from pandera.errors import SchemaErrors

from pipeline.contracts import CONTRACTS, EVERY_ROW, Column
from pipeline.errors import ContractError

_TYPES = {
    "text": dt.String,
    "integer": dt.Int64,
    "number": dt.Float64,
    "money": dt.Int64,
    "micro": dt.Int64,
    "moment": dt.Timestamp(scale=6),
    "boolean": dt.Boolean,
}
_ALWAYS = ("account_id", "occurred_at", "known_at", "occurred_week", "known_week")


def schema_of(table: str) -> pa.DataFrameSchema:
    """The contract of ``table`` as a pandera schema over ibis."""
    columns = {name: _column(column, name in _ALWAYS) for name, column in EVERY_ROW.items()}
    columns |= {name: _column(column, column.required) for name, column in CONTRACTS[table].columns.items()}
    return pa.DataFrameSchema(columns, name=table)


def _column(column: Column, filled: bool) -> pa.Column:
    checks = []
    if column.low is not None:
        checks.append(pa.Check.ge(column.low))
    if column.high is not None:
        checks.append(pa.Check.le(column.high))
    return pa.Column(_TYPES[column.kind], checks, nullable=not filled)


def verify(path: Path, table: str) -> int:
    """The number of rows at ``path``. Raises ContractError where the file breaks the contract of ``table``."""
    connection = ibis.duckdb.connect()
    try:
        rows = connection.read_parquet(path)
        schema_of(table).validate(rows, lazy=True)
        backwards = int(rows.filter(_.known_week < _.occurred_week).count().execute())
        count = int(rows.count().execute())
    except SchemaErrors as errors:
        told = [str(case) for case in errors.failure_cases["failure_case"].head(5)]
        raise ContractError(f"the table {table} breaks its contract: {'; '.join(told)}") from None
    finally:
        connection.disconnect()
    if backwards:
        raise ContractError(f"the table {table} has {backwards:,} rows that are known before they happen")
    return count

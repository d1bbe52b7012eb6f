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


def schema_of(table: str, empty: bool = False) -> pa.DataFrameSchema:
    """The contract of ``table`` as a pandera schema over ibis; of an ``empty`` table only names and types."""
    columns = {name: _column(column, name in _ALWAYS, empty) for name, column in EVERY_ROW.items()}
    columns |= {name: _column(column, column.required, empty) for name, column in CONTRACTS[table].columns.items()}
    return pa.DataFrameSchema(columns, name=table)


def _column(column: Column, filled: bool, empty: bool) -> pa.Column:
    # pandera reads "no row breaks it" over no rows as broken
    if empty:
        return pa.Column(_TYPES[column.kind], nullable=True)
    checks = [pa.Check.ge(column.low)] if column.low is not None else []
    checks += [pa.Check.le(column.high)] if column.high is not None else []
    return pa.Column(_TYPES[column.kind], checks, nullable=not filled)


def verify(path: Path, table: str) -> int:
    """The number of rows at ``path``. Raises ContractError where the file breaks the contract of ``table``."""
    connection = ibis.duckdb.connect()
    try:
        rows = connection.read_parquet(path)
        count = int(rows.count().execute())
        schema_of(table, empty=count == 0).validate(rows, lazy=True)
        backwards = int(rows.filter(_.known_week < _.occurred_week).count().execute())
    except SchemaErrors as errors:
        cases = errors.failure_cases
        told = [f"{column}: {check}" for column, check in zip(cases["column"], cases["check"], strict=True)]
        raise ContractError(f"the table {table} breaks its contract: {'; '.join(dict.fromkeys(told))}") from None
    finally:
        connection.disconnect()
    if backwards:
        raise ContractError(f"the table {table} has {backwards:,} rows that are known before they happen")
    return count

"""Tables of SQLite, DuckDB and PostgreSQL, opened for reading only. No error text shows an address or a password."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pipeline.config import Place
from pipeline.errors import ConfigError, ContractError, StorageError
from pipeline.sources.files import sha256
from pipeline.sources.landing import TEXT, Appender, Landed, LandedFile, check_header, text_table, text_view
from pipeline.sources.scratch import Scratch, ident, text

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_BATCH = 20_000
KINDS = "sqlite:///file, duckdb:///file (both below data_root) or postgresql://user:password@host/database"


def address(place: Place, where: str) -> str:
    """The database's address with its environment variables filled in."""
    missing = [name for name in _VARIABLE.findall(place.database or "") if name not in os.environ]
    if missing:
        raise ConfigError(f"{where}: the environment variable {missing[0]} of database is not set")
    return _VARIABLE.sub(lambda found: os.environ[found[1]], place.database or "")


def database_file(place: Place, root: Path, where: str) -> Path | None:
    """The file of an embedded database below ``root``; None for a server."""
    kind, _, rest = address(place, where).partition("://")
    if kind not in ("sqlite", "duckdb"):
        return None
    path = (root / rest.lstrip("/")) if not Path(rest[1:]).is_absolute() else Path(rest[1:])
    if not path.resolve().is_relative_to(root):
        raise ConfigError(f"{where}: database is a file outside of data_root; give a path below it")
    if not path.is_file():
        raise ContractError(f"{where}: there is no database file {path.name} below data_root")
    return path


def land(scratch: Scratch, place: Place, root: Path, needed: list[str], where: str) -> Landed:
    """A source's table: typed from DuckDB, as text from the others."""
    target = address(place, where)
    kind = target.partition("://")[0]
    file = database_file(place, root, where)
    if kind == "duckdb" and file:
        return _attach(scratch, file, place, needed, where)
    if kind == "sqlite" and file:
        return _copy(scratch, _sqlite(file, place, needed, where), needed, f"{file.name}:{place.table}", sha256(file))
    if kind in ("postgresql", "postgres"):
        return _copy(scratch, _postgres(target, place, needed, where), needed, f"postgresql:{place.table}", None)
    raise ConfigError(f"{where}: database is none that can be read; give {KINDS}")


def _table(place: Place) -> list[str]:
    return (place.table or "").split(".")


def _copy(scratch: Scratch, rows: Iterator[list[str]], needed: list[str], name: str, digest: str | None) -> Landed:
    """Rows of text, the first of them the column names of the whole table, into a landing table."""
    headers = next(rows)
    table = text_table(scratch, needed, "database")
    appender = Appender(scratch, table, len(needed), 0)
    landed = LandedFile(name, digest, 0)
    for line, row in enumerate(rows, start=1):
        appender.add(list(row), line)
        landed.records = line
    appender.flush()
    return Landed(text_view(scratch, table, needed), dict.fromkeys(needed, TEXT), [landed], headers)


def _attach(scratch: Scratch, file: Path, place: Place, needed: list[str], where: str) -> Landed:
    alias = scratch.name("source")
    scratch.run(f"ATTACH {text(str(file))} AS {alias} (READ_ONLY)")
    parts = _table(place)
    named = f"database_name = {text(alias)} AND table_name = {text(parts[-1])}"
    found = scratch.rows(f"SELECT column_name FROM duckdb_columns() WHERE {named}")
    if not found:
        raise ContractError(f"{where}: {file.name} has no table {place.table!r}")
    headers = [row[0] for row in found]
    check_header(headers, needed, f"{file.name}:{place.table}", where)
    schema = ident(parts[0]) if len(parts) > 1 else "main"
    source = f"{alias}.{schema}.{ident(parts[-1])}"
    view = scratch.name("landed")
    listed = "".join(f"{ident(column)}, " for column in needed)
    scratch.run(f"CREATE VIEW {view} AS SELECT {listed}0 AS _file, rowid + 1 AS _row FROM {source}")
    records = scratch.one(f"SELECT count(*) FROM {view}")[0]
    types = {name: kind for name, kind in scratch.columns(view).items() if name in needed}
    landed = LandedFile(f"{file.name}:{place.table}", sha256(file), file.stat().st_size, records=records)
    return Landed(view, types, [landed], headers, True)


def _sqlite(file: Path, place: Place, needed: list[str], where: str) -> Iterator[list[str]]:
    connection = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)
    try:
        name = _table(place)[-1]
        headers = [row[1] for row in connection.execute(f"PRAGMA table_info({ident(name)})")]
        _check(headers, needed, place, where)
        yield headers
        cursor = connection.execute(f"SELECT {', '.join(map(ident, needed))} FROM {ident(name)}")
        while batch := cursor.fetchmany(_BATCH):
            yield from ([_shown(value) for value in row] for row in batch)  # type: ignore[misc]
    except sqlite3.Error as error:
        raise StorageError(f"{where}: the database {file.name} cannot be read: {error}") from None
    finally:
        connection.close()


def _postgres(target: str, place: Place, needed: list[str], where: str) -> Iterator[list[str]]:
    try:
        import psycopg
    except ImportError:
        raise ConfigError(f"{where}: PostgreSQL needs the extra 'postgres': install holdfast[postgres]") from None
    host = urlsplit(target).hostname or "local"
    try:
        with psycopg.connect(target, options="-c default_transaction_read_only=on -c timezone=UTC") as connection:
            parts = _table(place)
            source = ".".join(ident(part) for part in parts)
            headers = _postgres_columns(connection, parts)
            _check(headers, needed, place, where)
            yield headers
            listed = ", ".join(f"{ident(column)}::text" for column in needed)
            with connection.cursor(name="holdfast") as cursor:
                cursor.itersize = _BATCH
                cursor.execute(f"SELECT {listed} FROM {source}".encode())
                yield from (list(row) for row in cursor)
    except psycopg.Error as error:
        raise StorageError(f"{where}: the database on {host} cannot be read: {type(error).__name__}") from None


def _postgres_columns(connection: Any, parts: list[str]) -> list[str]:
    schema = parts[0] if len(parts) > 1 else "public"
    found = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s "
        "ORDER BY ordinal_position",
        (schema, parts[-1]),
    )
    return [row[0] for row in found]


def _check(headers: list[str], needed: list[str], place: Place, where: str) -> None:
    if not headers:
        raise ContractError(f"{where}: the database has no table {place.table!r}")
    check_header(headers, needed, str(place.table), where)


def _shown(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else repr(value)

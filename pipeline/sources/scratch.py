"""The embedded database that ingest works in: bounded memory, a folder of its own, no reach beyond the inputs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipeline.errors import StorageError


def ident(name: str) -> str:
    """``name`` as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """``value`` as an SQL text literal."""
    return "'" + value.replace("'", "''") + "'"


class Scratch:
    """A temporary DuckDB database in ``folder``, which may read ``roots`` and write under ``writable``."""

    def __init__(self, folder: Path, roots: Iterable[Path], memory_limit: str, threads: int) -> None:
        self.folder = folder
        self._tables = 0
        settings: dict[str, Any] = {
            "memory_limit": memory_limit,
            "threads": threads,
            "temp_directory": str(folder / "spill"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
        }
        # in memory, spilling into the folder: a file would be synchronised to disk at every statement
        self.connection = duckdb.connect(":memory:", config=settings)
        self.connection.execute("SET TimeZone = 'UTC'")
        allowed = ", ".join(text(str(root)) for root in (folder, *roots))
        self.connection.execute(f"SET allowed_directories = [{allowed}]")
        self.connection.execute("SET enable_external_access = false")
        self.connection.execute("SET lock_configuration = true")

    def name(self, hint: str) -> str:
        """A name for a new table, never used before."""
        self._tables += 1
        return f"t{self._tables}_{hint}"

    def run(self, sql: str) -> None:
        """Run a statement for its effect. Raises StorageError where disk or memory ends."""
        try:
            self.connection.execute(sql)
        except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
            raise StorageError(f"the embedded database stopped: {_first_line(error)}") from None

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a small result."""
        try:
            return self.connection.execute(sql).fetchall()
        except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
            raise StorageError(f"the embedded database stopped: {_first_line(error)}") from None

    def one(self, sql: str) -> tuple[Any, ...]:
        """The only row of a result."""
        return self.rows(sql)[0]

    def columns(self, relation: str) -> dict[str, str]:
        """Column names of a table or view, with their SQL types."""
        return {row[0]: row[1] for row in self.rows(f"DESCRIBE {relation}")}

    def append(self, table: str, batch: pa.Table) -> None:
        """Append an Arrow table to ``table``, column by column in order."""
        self.connection.register("arrow_batch", batch)
        self.run(f"INSERT INTO {table} SELECT * FROM arrow_batch")
        self.connection.unregister("arrow_batch")

    def drop(self, relation: str) -> None:
        """Forget a table."""
        self.run(f"DROP TABLE IF EXISTS {relation}")

    def close(self) -> None:
        """Give the files back."""
        self.connection.close()


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]

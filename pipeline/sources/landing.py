"""What a source's rows look like once they stand in the scratch database, before any cast.

Each reader makes a relation with the source's own column names, ``_file`` (number of the file in the source) and
``_row`` (where in it), and counts what it could not read. Text columns of text formats have the type ``TEXT`` here:
they may be cast strictly; a ``VARCHAR`` of a typed format may not, unless the configuration says so.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from pipeline.errors import ContractError
from pipeline.sources.scratch import Scratch, ident

TEXT = "TEXT"
_BATCH = 50_000


@dataclass(frozen=True)
class Reject:
    """A record that was not accepted: where it stands, the column and rule it broke, and what it held."""

    file: str
    line: int | None
    column: str | None
    rule: str
    value: str | None
    raw: str


Sink = Callable[[Reject], None]
Locator = Callable[[Iterable[int]], Mapping[int, tuple[int, str]]]
"""From the places of records in a file to their lines and raw text."""


@dataclass
class LandedFile:
    """One file of a source: how many records it holds and how many of them could not be read at all."""

    name: str
    sha256: str | None
    size: int
    records: int = 0
    rejected: int = 0
    first: int = 0  # place of its first record in the landed table
    locate: Locator | None = None


@dataclass
class Landed:
    """A source's rows in the scratch database: a view, the types of its columns, and its files."""

    view: str
    types: dict[str, str]
    files: list[LandedFile]
    headers: list[str]
    streamed: bool = False  # the view reads the files anew each time
    warnings: list[str] = field(default_factory=list)


def check_header(names: list[str], needed: Iterable[str], file: str, where: str) -> None:
    """Raise ContractError for a repeated header or a column that is mapped but not there."""
    problems = [
        f"{where}: {file} has the header {name!r} {times} times; make them different"
        for name, times in Counter(names).items()
        if times > 1 and name
    ]
    for column in needed:
        if column not in names:
            near = difflib.get_close_matches(column, names, n=1, cutoff=0.5)
            meant = f"; the closest is {near[0]!r}" if near else ""
            problems.append(f"{where}: {file} has no column {column!r}{meant}. It has: {', '.join(names)}")
    if problems:
        raise ContractError(*problems)


def text_table(scratch: Scratch, columns: Iterable[str], hint: str) -> str:
    """An empty landing table with text columns."""
    name = scratch.name(hint)
    texts = "".join(f"{ident(column)} VARCHAR, " for column in columns)
    scratch.run(f"CREATE TABLE {name} ({texts}_file INTEGER, _line BIGINT)")
    return name


def text_view(scratch: Scratch, table: str, columns: Iterable[str]) -> str:
    """The landed view over a text table: ``_row`` is the line where known, else the place in the table."""
    view = scratch.name("landed")
    listed = "".join(f"{ident(column)}, " for column in columns)
    scratch.run(f"CREATE VIEW {view} AS SELECT {listed}_file, coalesce(_line, rowid) AS _row FROM {table}")
    return view


class Appender:
    """Rows read in Python, on their way into a landing table in batches."""

    def __init__(self, scratch: Scratch, table: str, columns: int, number: int) -> None:
        self._scratch, self._table, self._columns, self._number = scratch, table, columns, number
        self._rows: list[list[str | None]] = []
        self._lines: list[int] = []

    def add(self, values: list[str | None], line: int) -> None:
        """One record and its line."""
        self._rows.append(values)
        self._lines.append(line)
        if len(self._rows) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what is waiting."""
        if not self._rows:
            return
        arrays = [pa.array([row[i] for row in self._rows], pa.string()) for i in range(self._columns)]
        arrays += [pa.array([self._number] * len(self._rows), pa.int32()), pa.array(self._lines, pa.int64())]
        names = [f"c{i}" for i in range(len(arrays))]
        self._scratch.append(self._table, pa.table(arrays, names=names))
        self._rows, self._lines = [], []


def plain_copy(scratch: Scratch, number: int, hint: str) -> Path:
    """Where to put the plain form of a compressed or recoded file."""
    return scratch.folder / f"{scratch.name(hint)}_{number}"

"""Records counted by other readers than ingest has, so that a law of numbers is held to more than to itself."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq

from pipeline.config import Negation, SourceConfig
from pipeline.sources.reports import IngestReport, TableReport

Row = dict[str, Any]


def _csv(path: Path) -> Iterator[Row]:
    opened: Any = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as stream:
        yield from csv.DictReader(io.StringIO(stream.read()))


def _jsonl(path: Path) -> Iterator[Row]:
    yield from (json.loads(line) for line in path.read_text().split("\n") if line)


def _parquet(path: Path) -> Iterator[Row]:
    yield from (row for batch in pq.ParquetFile(path).iter_batches() for row in batch.to_pylist())


def _xlsx(path: Path) -> Iterator[Row]:
    header, *rows = openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)
    yield from (dict(zip(header, row, strict=True)) for row in rows)


def _sqlite(path: Path) -> Iterator[Row]:
    file, _, table = str(path).partition(":")
    connection = sqlite3.connect(file)
    connection.row_factory = sqlite3.Row
    yield from map(dict, connection.execute(f"SELECT * FROM {table}"))
    connection.close()


_READERS: dict[str, Callable[[Path], Iterator[Row]]] = {
    "csv": _csv, "csv.gz": _csv, "jsonl": _jsonl, "parquet": _parquet, "xlsx": _xlsx, "sqlite:tickets": _sqlite,
}  # fmt: skip


def rows_of(path: Path) -> Iterator[Row]:
    """Every record of a sound file or table (``file:table``)."""
    return _READERS[path.name.partition(".")[2]](path)


def count(path: Path) -> int:
    """How many records a file holds; without making rows of those of big files."""
    if path.suffix == ".parquet":
        return sum(batch.num_rows for batch in pq.ParquetFile(path).iter_batches(columns=[0]))
    return sum(1 for _ in rows_of(path))


def filtered(path: Path, source: SourceConfig) -> int:
    """How many records of a file the ``where`` of its source leaves out."""
    if not source.where:
        return 0
    return sum(not all(_chosen(row[name], told) for name, told in source.where.items()) for row in rows_of(path))


def _chosen(value: Any, choice: Any) -> bool:
    negated = isinstance(choice, Negation)
    told = "null" if value in (None, "") else str(value)
    return (told in (choice.not_ if negated else choice)) != negated


def repeated(path: Path, columns: Iterable[str]) -> int:
    """How many records of a file say in these columns what another one has said."""
    names = sorted(columns)
    said = Counter(tuple(row[name] for name in names) for row in rows_of(path))
    return said.total() - len(said)


def table_rows(report: TableReport) -> int:
    """Rows of the table that was written."""
    return count(Path(report.path))


def quarantined(report: IngestReport) -> Counter[tuple[str, str]]:
    """Rows in quarantine by source and file."""
    found: Counter[tuple[str, str]] = Counter()
    for table in report.tables.values():
        path = Path(table.path).parents[1] / "quarantine" / Path(table.path).name
        found.update((row["source"], row["file"]) for row in _parquet(path))
    return found


def told(report: IngestReport) -> Counter[tuple[str, str]]:
    """What a report says of the same."""
    found: Counter[tuple[str, str]] = Counter()
    for source in (source for table in report.tables.values() for source in table.sources):
        for name, files in ((source.name, source.files), (f"{source.name} via", source.lookups)):
            found.update({(name, file.name): file.quarantined for file in files})
    return +found

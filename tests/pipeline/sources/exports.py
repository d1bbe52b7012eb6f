"""A company's exports written for one test, ingested by the real code."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline.config import Config
from pipeline.config.company import parse_config
from pipeline.config.document import read_yaml
from pipeline.ingest import ingest
from pipeline.sources.reports import IngestReport
from tests.pipeline.sources import counting

DATA = Path(os.environ.get("HOLDFAST_DATA", Path(__file__).parents[3] / ".." / "shared" / "data")).resolve()
EXAMPLES = Path(__file__).parents[3] / "examples"

TICKETS: dict[str, Any] = {
    "files": "tickets.csv",
    "columns": {"ticket_id": "id", "account_id": "account", "occurred_at": "created", "reopens": "reopens"},
    "budget": 1.0,
}
HEADER = "id,account,created,reopens\n"


def example(name: str) -> Path:
    """The example's configuration; skips where its data are absent."""
    if not (DATA / name).is_dir():
        pytest.skip(f"the foreign data {name} are not at HOLDFAST_DATA")
    return EXAMPLES / f"{name}.yaml"


def example_config(name: str) -> Config:
    """The example, with its data read from where they are."""
    path = example(name)
    return parse_config({**read_yaml(path), "data_root": str(DATA / name)}, path)


@dataclass
class Exports:
    """A folder of exports and the workspace that they are ingested into."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def ingest(self, sources: dict[str, Any], **sections: Any) -> IngestReport:
        settings = {"data_root": "data", "calendar": {"as_of": "data"}, "sources": sources} | sections
        config = parse_config(settings, self.folder / "config.yaml")
        return ingest(config, self.folder / "warehouse", self.folder / "quarantine")

    def example(self, name: str) -> IngestReport:
        return ingest(example_config(name), self.folder / "warehouse", self.folder / "quarantine")

    def tickets(self, body: str | bytes, **source: Any) -> IngestReport:
        """Ingest tickets.csv with the usual header and this body."""
        self.write("tickets.csv", HEADER.encode() + (body.encode() if isinstance(body, str) else body))
        return self.ingest({"tickets": TICKETS | source})

    def rows(self, table: str, columns: str, folder: str = "warehouse") -> list[tuple[Any, ...]]:
        path = self.folder / folder / f"{table}.parquet"
        return duckdb.sql(f"SELECT {columns} FROM '{path}' ORDER BY ALL").fetchall()

    def rejected(self, table: str, columns: str = 'line, "column", rule') -> list[tuple[Any, ...]]:
        return self.rows(table, columns, "quarantine")


def assert_every_record_is_accounted_for(report: IngestReport, folded: tuple[str, ...] = ()) -> None:
    """The numbers of a report add up, and are those of the rows in the tables and in quarantine.

    A record is a row of its table, but for tables that fold several records into one or part one into several.
    """
    assert counting.quarantined(report) == counting.told(report)
    for table in report.tables.values():
        assert counting.table_rows(table) == table.rows
        if table.table not in ("levels", *folded):
            assert sum(source.total("accepted") for source in table.sources) == table.rows
        for source in table.sources:
            for file in (*source.files, *source.lookups):
                told = file.accepted + file.quarantined + file.duplicates + file.filtered
                assert file.records == told, file
                assert min(file.accepted, file.quarantined, file.duplicates, file.filtered) >= 0, file

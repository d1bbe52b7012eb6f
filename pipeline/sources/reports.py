"""What ingest tells: the account of every file, source and table, as plain values."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

COUNTS = ("records", "accepted", "quarantined", "duplicates", "filtered")
TOTALS = (*COUNTS, "superseded")


@dataclass
class FileReport:
    """Where each record of a file went: records = accepted + quarantined + duplicates + filtered.

    ``superseded``: how many of the duplicates said something else than the later row that counts.
    """

    name: str
    sha256: str | None
    size: int
    records: int
    accepted: int
    quarantined: int
    duplicates: int
    filtered: int
    superseded: int = 0


@dataclass
class SourceReport:
    """One source: its files, the files it looked things up in, and what a reader of its numbers must know.

    ``known_at`` is ``told`` by the source or ``assumed`` from its delay; ``time_zone`` likewise. ``first`` and
    ``last`` are the moments of its earliest and latest accepted rows, ``heard`` the latest moment that any of them
    tells of (a solution, a notice, a payment), ``rules`` the rules that records broke.
    """

    name: str
    files: list[FileReport]
    lookups: list[FileReport]
    rules: dict[str, int] = field(default_factory=dict)
    first: str | None = None
    last: str | None = None
    heard: str | None = None
    before_account: int = 0
    known_at: str = "assumed"
    time_zone: str = "assumed"
    unknown_columns: list[str] = field(default_factory=list)
    snapshot_columns: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def total(self, count: str) -> int:
        """A count (records, accepted, ...) over the source's own files."""
        return sum(int(getattr(file, count)) for file in self.files)

    @property
    def wanted(self) -> int:
        """The records that the source is read for: all but those that it filters out."""
        return self.total("records") - self.total("filtered")

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values, with the totals."""
        return asdict(self) | {count: self.total(count) for count in TOTALS}


def source_report(told: dict[str, Any]) -> SourceReport:
    """The report that ``to_dict`` told."""
    kept = {key: value for key, value in told.items() if key not in TOTALS}
    files = {key: [FileReport(**file) for file in told[key]] for key in ("files", "lookups")}
    return SourceReport(**(kept | files))


@dataclass
class TableReport:
    """One canonical table: its rows, where they came from, and whether unchanged inputs made reading needless."""

    table: str
    rows: int
    path: str
    sources: list[SourceReport]
    reused: bool = False
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self) | {"sources": [source.to_dict() for source in self.sources]}


@dataclass
class IngestReport:
    """Everything that an ingest read and wrote."""

    tables: dict[str, TableReport]
    seconds: float

    @property
    def warnings(self) -> list[str]:
        """What a person should look at, source by source."""
        each = [source for table in self.tables.values() for source in table.sources]
        return [f"{source.name}: {told}" for source in each for told in source.warnings]

    def total(self, count: str) -> int:
        """A count (records, accepted, quarantined, ...) over all sources."""
        return sum(source.total(count) for table in self.tables.values() for source in table.sources)

    def inputs(self) -> dict[str, str]:
        """Hash of every input file by its name; the hash is empty for tables of a database server."""
        each = [source for table in self.tables.values() for source in table.sources]
        return {file.name: file.sha256 or "" for source in each for file in (*source.files, *source.lookups)}

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "tables": {name: table.to_dict() for name, table in self.tables.items()},
            "sources": [
                source.to_dict() | {"table": name} for name, table in self.tables.items() for source in table.sources
            ],
            "inputs": self.inputs(),
            "warnings": self.warnings,
            "seconds": self.seconds,
        } | {count: self.total(count) for count in TOTALS}

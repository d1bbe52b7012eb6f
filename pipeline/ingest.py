"""From a company's exports to canonical tables: every record is accepted or quarantined, and counted.

Ingest always works embedded. It reads only what the configuration names, casts strictly, and replaces the tables of
the warehouse in one step at its end: a run that fails leaves them as they were.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.config import TABLES, Config, Place
from pipeline.contracts import CONTRACTS, SQL_TYPES
from pipeline.errors import HoldfastError
from pipeline.sources.budget import overdrawn
from pipeline.sources.databases import address, database_file
from pipeline.sources.faults import faults
from pipeline.sources.files import sha256
from pipeline.sources.keys import without_duplicates
from pipeline.sources.plan import Plan, plans
from pipeline.sources.quarantine import Quarantine
from pipeline.sources.reading import inputs
from pipeline.sources.reports import IngestReport, TableReport, source_report
from pipeline.sources.scratch import Scratch, ident, text
from pipeline.sources.source_rows import Reading, SourceRows, count_duplicates, read_source
from pipeline.sources.versions import closed

Progress = Callable[[str], None]
STATE = "ingest.json"
_FORMAT = 2  # raised when the same inputs would give other tables
_INNER = ("_file", "_row", "_source")


def ingest(config: Config, warehouse_dir: Path, quarantine_dir: Path, progress: Progress | None = None) -> IngestReport:
    """Read every source of ``config`` into ``<warehouse_dir>/<table>.parquet``.

    A table whose inputs and settings are unchanged is not read again. Raises ConfigError for impossible mappings,
    ContractError with every source's problems (the rejected records are in ``quarantine_dir`` then), StorageError.
    """
    started = time.monotonic()
    for folder in (warehouse_dir, quarantine_dir):
        folder.mkdir(parents=True, exist_ok=True)
    _clear(warehouse_dir)
    by_table: dict[str, list[Plan]] = {}
    for plan in plans(config):
        by_table.setdefault(plan.table, []).append(plan)
    with tempfile.TemporaryDirectory(prefix=".ingest-", dir=warehouse_dir) as inner:
        run = _Run(config, warehouse_dir, quarantine_dir, Path(inner), progress or (lambda told: None))
        try:
            reports = run.tables(by_table)
        finally:
            run.scratch.close()
        run.commit(reports)
    _forget_others(warehouse_dir, quarantine_dir, set(reports))
    return IngestReport(reports, round(time.monotonic() - started, 3))


def _forget_others(warehouse: Path, quarantine: Path, tables: set[str]) -> None:
    """Tables that are no longer configured leave no rows behind."""
    for table in set(TABLES) - tables:
        for folder in (warehouse, quarantine):
            (folder / f"{table}.parquet").unlink(missing_ok=True)


@dataclass(frozen=True)
class _Table:
    """A canonical table of this run: its plans and what its content follows from."""

    name: str
    plans: list[Plan]
    fingerprint: str | None


class _Run:
    """One ingest: its scratch database and what is staged until the end."""

    def __init__(self, config: Config, warehouse: Path, quarantine: Path, folder: Path, progress: Progress) -> None:
        self.config, self.warehouse, self.quarantine, self.folder = config, warehouse, quarantine, folder
        self.progress = progress
        engine = config.engine
        roots = (config.root, warehouse, quarantine)
        self.scratch = Scratch(folder, roots, engine.memory_limit, engine.threads)
        self.known: str | None = None
        self.before = _state(warehouse)
        self.fingerprints: dict[str, str | None] = {}

    def tables(self, by_table: dict[str, list[Plan]]) -> dict[str, TableReport]:
        """Every table's report. Raises the problems of all tables at once."""
        reports, failures = {}, []
        for name in (table for table in TABLES if table in by_table):
            try:
                reports[name] = self._table(name, by_table[name])
                if name == "accounts":
                    self.known = self._known_accounts(reports[name])
            except HoldfastError as error:
                failures.append(error)
        if failures:
            first = failures[0]
            told = [problem for failure in failures for problem in failure.problems]
            raise type(first)(*dict.fromkeys(told), hint=" ".join(dict.fromkeys(f.hint for f in failures if f.hint)))
        return reports

    def _table(self, name: str, its_plans: list[Plan]) -> TableReport:
        started = time.monotonic()
        table = _Table(name, its_plans, self._fingerprint(name, its_plans))
        self.fingerprints[name] = table.fingerprint
        report = self._unchanged(table) or self._read(table)
        report.seconds = round(time.monotonic() - started, 3)
        return report

    def _unchanged(self, table: _Table) -> TableReport | None:
        kept = self.before.get(table.name)
        path = self.warehouse / f"{table.name}.parquet"
        if table.fingerprint is None or not kept or kept["fingerprint"] != table.fingerprint or not path.is_file():
            return None
        self.progress(f"{table.name}: unchanged")
        sources = [source_report(told) for told in kept["sources"]]
        return TableReport(table.name, kept["rows"], str(path), sources, reused=True)

    def _read(self, table: _Table) -> TableReport:
        quarantine = Quarantine(self.scratch, table.name)
        read: list[SourceRows] = []
        problems: list[HoldfastError] = []
        for plan in table.plans:
            self.progress(f"{table.name}: reading {plan.name}")
            try:
                read.append(read_source(Reading(self.scratch, self.config, self.known), plan, quarantine))
            except HoldfastError as error:
                problems.append(error)
        for rows in read:
            rows.report.rules = quarantine.rules(rows.report.name)
        if read:  # what was rejected before still explains the table where no source could be read
            quarantine.write(self.quarantine / f"{table.name}.parquet")
        problems += _over_budget(self.scratch, self.config, table.plans, read)
        if problems:
            told = [problem for error in problems for problem in error.problems]
            raise type(problems[0])(*told, hint=" ".join(dict.fromkeys(e.hint for e in problems if e.hint)))
        count = self._write(table, read)
        path = self.warehouse / f"{table.name}.parquet"
        return TableReport(table.name, count, str(path), [rows.report for rows in read])

    def _write(self, table: _Table, read: list[SourceRows]) -> int:
        """Stage the table's Parquet file; its rows."""
        rows, columns = whole_table(self.scratch, table.name, read)
        if table.name == "subscriptions":
            rows = closed(rows, _open_ended(table.plans))
        staged = self.folder / f"{table.name}.parquet"
        # usage stays in the order of its files: sorting thirty million events costs more than reading them
        order = "" if table.name == "usage" else " ORDER BY ALL"
        listed = ", ".join(_typed(table.name, name) for name in columns)
        self.progress(f"{table.name}: writing")
        self.scratch.run(
            f"COPY (SELECT {listed} FROM ({rows}){order}) TO {text(str(staged))} (FORMAT parquet, COMPRESSION snappy)"
        )
        # what unchanged inputs do not need must not cost every command its time to load
        from pipeline.sources.verify import verify

        return verify(staged, table.name)

    def _known_accounts(self, report: TableReport) -> str:
        path = Path(report.path) if report.reused else self.folder / "accounts.parquet"
        name = self.scratch.name("known")
        self.scratch.run(
            f"CREATE TABLE {name} AS SELECT account_id, started_at AS _started, true AS _known "
            f"FROM read_parquet({text(str(path))})"
        )
        return name

    def _fingerprint(self, name: str, its_plans: list[Plan]) -> str | None:
        """What the table's content follows from; None where that cannot be told without reading."""
        hashes = [self._hashes(plan.source, plan.where) for plan in its_plans]
        accounts = self.fingerprints.get("accounts", "")
        if accounts is None or any(found is None for found in hashes):
            return None
        calendar = self.config.calendar
        settings = {
            "format": _FORMAT,
            "sources": [[plan.name, plan.source.model_dump(mode="json")] for plan in its_plans],
            "accounts": [accounts, [source.complete for source in self.config.sources.accounts]],
            "calendar": [calendar.time_zone, calendar.week_start, calendar.as_of == "today"],
            "currency": self.config.currency.model_dump(mode="json"),
            "budget": self.config.quarantine.budget,
            "inputs": hashes,
        }
        return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()

    def _hashes(self, place: Place, where: str) -> list[str] | None:
        """Hashes of a source's files and of those it looks things up in."""
        found: list[str] = []
        for part in _places(place):
            if part.database:
                file = database_file(part, self.config.root, where)
                if file is None:
                    return None
                found += [sha256(file), address(part, where), str(part.table)]
            else:
                found += [
                    value for file in inputs(part, self.config.root, where)[0] for value in (file.name, file.sha256)
                ]
        return found

    def commit(self, reports: dict[str, TableReport]) -> None:
        """Put the staged tables and the new state in place."""
        for name, report in reports.items():
            if not report.reused:
                (self.folder / f"{name}.parquet").replace(self.warehouse / f"{name}.parquet")
        state = {
            name: report.to_dict() | {"fingerprint": None if _clock_dependent(report) else self.fingerprints[name]}
            for name, report in reports.items()
        }
        partial = self.folder / STATE
        partial.write_text(json.dumps(state, indent=1), encoding="utf-8")
        partial.replace(self.warehouse / STATE)


def whole_table(scratch: Scratch, table: str, read: list[SourceRows]) -> tuple[str, list[str]]:
    """SQL for a table of all its sources with repeated rows dropped and counted, and its columns.

    Raises ContractError for rows of one key that contradict each other.
    """
    arms = " UNION ALL BY NAME ".join(
        f"SELECT *, {number} AS _source FROM ({rows.sql})" for number, rows in enumerate(read)
    )
    columns = [name for name in scratch.columns(f"({arms})") if name not in _INNER]
    key = ("account_id", *CONTRACTS[table].key) if table == "levels" else CONTRACTS[table].key
    rows, dropped = without_duplicates(scratch, arms, key, columns, f"sources.{table}")
    for number, source in enumerate(read):
        count_duplicates(source.report, dropped, number)
    return rows, columns


def _places(place: Place) -> Iterator[Place]:
    yield place
    for via in place.via:
        yield from _places(via)


def _clock_dependent(report: TableReport) -> bool:
    """Whether a later day could accept what was quarantined today."""
    return any("in the future" in rule for source in report.sources for rule in source.rules)


def _state(warehouse: Path) -> dict[str, Any]:
    """What the last ingest left; empty where it left nothing readable."""
    try:
        found: dict[str, Any] = json.loads((warehouse / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _over_budget(
    scratch: Scratch, config: Config, its_plans: list[Plan], read: list[SourceRows]
) -> list[HoldfastError]:
    """The sources of which more was rejected than their budgets allow."""
    by_name = {plan.name: plan for plan in its_plans}
    found = [overdrawn(config, by_name[rows.report.name], rows.report, faults(scratch, rows.checked)) for rows in read]
    return [error for error in found if error]


def _open_ended(plans_of: Sequence[Plan]) -> list[int]:
    """The numbers of the sources whose versions say when they begin, and not until when they hold."""
    return [
        number
        for number, plan in enumerate(plans_of)
        if plan.source.history == "versioned" and "valid_to" not in plan.source.columns
    ]


def _typed(table: str, name: str) -> str:
    column = CONTRACTS[table].columns.get(name)
    return f"CAST({ident(name)} AS {SQL_TYPES[column.kind]}) AS {ident(name)}" if column else ident(name)


def _clear(warehouse_dir: Path) -> None:
    """Remove what an interrupted ingest left behind; the workspace's lock keeps others out."""
    for folder in warehouse_dir.glob(".ingest-*"):
        shutil.rmtree(folder, ignore_errors=True)

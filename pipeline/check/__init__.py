"""``holdfast check``: what each source holds, what is wrong with it, and where sources contradict each other.

Reads everything and writes nothing but a temporary folder.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from pipeline.check.names import unknown_names
from pipeline.check.report import CheckReport, SourceCheck
from pipeline.config import ColumnSpec, Config
from pipeline.contracts import CONTRACTS
from pipeline.errors import HoldfastError
from pipeline.ingest import Progress, whole_table
from pipeline.sources.budget import none_accepted, overdrawn
from pipeline.sources.faults import faults
from pipeline.sources.files import require_root
from pipeline.sources.plan import Plan, plans, used
from pipeline.sources.quarantine import Quarantine
from pipeline.sources.scratch import Scratch, ident, text
from pipeline.sources.source_rows import Reading, SourceRows, read_source

__all__ = ["CheckReport", "SourceCheck", "check"]

_SAMPLES = 3
STATE = ("plan", "mrr", "seats", "discount_pct", "auto_renew", "term_end", "term_months", "notice_days")
_SOON = 45
_OPEN = "s.started_at <= c.occurred_at AND (s.ended_at IS NULL OR s.ended_at > c.occurred_at)"


def check(config: Config, source: str = "auto", into: Path | None = None, progress: Progress = print) -> CheckReport:
    """Read every source as ingest would. Raises ConfigError only for mappings that no data could satisfy.

    ``source`` is the table that says who left; the tables that hold are written ``into`` a folder, if one is given.
    """
    all_plans = plans(config)
    if any(source.files for _, _, source in config.sources.each()):
        require_root(config.root)
    with tempfile.TemporaryDirectory(prefix="holdfast-check-") as folder:
        scratch = Scratch(
            Path(folder), [config.root, *([into] if into else [])], config.engine.memory_limit, config.engine.threads
        )
        try:
            return _Check(config, scratch, source, into, progress).run(all_plans)
        finally:
            scratch.close()


class _Check:
    """One check: the tables read so far, by name."""

    def __init__(self, config: Config, scratch: Scratch, source: str, into: Path | None, progress: Progress) -> None:
        self.config, self.scratch, self.source, self.into = config, scratch, source, into
        self.progress = progress
        self.known: str | None = None
        self.rows: dict[str, list[SourceRows]] = {}
        self.whole: dict[str, str] = {}

    def run(self, all_plans: list[Plan]) -> CheckReport:
        checks: list[SourceCheck] = []
        for table in dict.fromkeys(plan.table for plan in all_plans):
            checks += self._table(table, [plan for plan in all_plans if plan.table == table])
            # rows of others are not blamed on accounts that could not be read
            if table == "accounts" and not any(found.problems for found in checks):
                self.known = self._known()
        findings = [
            *_unasked(checks),
            *self._coverage(checks),
            *(told for found in checks for told in _notes(found)),
            *self._labels(),
        ]
        findings += [*self._names(), *(told for plan in all_plans for told in self._today(plan))]
        return CheckReport(checks, findings)

    def _table(self, table: str, its_plans: list[Plan]) -> list[SourceCheck]:
        """The sources of a table, joined as ingest would join them."""
        checks = [self._source(plan) for plan in its_plans]
        if table in self.rows and not any(found.problems for found in checks):
            self._joined(table, checks)
        return checks

    def _joined(self, table: str, checks: list[SourceCheck]) -> None:
        try:
            rows, columns = whole_table(self.scratch, table, self.rows[table])
        except HoldfastError as error:
            checks[0].problems += [*error.problems, *([error.hint] if error.hint else [])]
            return
        self.whole[table] = rows
        if self.into is not None:
            listed = ", ".join(ident(name) for name in columns)
            path = text(str(self.into / f"{table}.parquet"))
            self.scratch.run(f"COPY (SELECT {listed} FROM ({rows})) TO {path} (FORMAT parquet)")

    def _names(self) -> Iterator[str]:
        """Names in ``features`` that no row has."""
        events = self._values("usage", "event")
        plan = self._values("subscriptions", "plan")
        accounts = self.scratch.columns(f"({self._union('accounts')})") if "accounts" in self.rows else {}
        inner = ("_file", "_row", "occurred_week", "known_week")
        columns = [name for name in accounts if name not in inner]
        yield from unknown_names(self.config.features, events, plan, columns)

    def _values(self, table: str, column: str) -> list[str]:
        if table not in self.rows:
            return []
        rows = self._union(table)
        if column not in self.scratch.columns(f"({rows})"):
            return []
        told = f"SELECT DISTINCT {column} FROM ({rows}) WHERE {column} IS NOT NULL ORDER BY 1"
        return [str(row[0]) for row in self.scratch.rows(told)]

    def _today(self, plan: Plan) -> Iterator[str]:
        """State columns of one-row subscriptions: how things stand today, learned from as if they always had."""
        columns = [name for name, spec in plan.source.columns.items() if name in STATE and spec.history is None]
        if plan.table != "subscriptions" or "history" in plan.source.model_fields_set or not columns:
            return
        if plan.table not in self.rows:
            return
        ids = f"SELECT count(*), count(DISTINCT subscription_id) FROM ({self._union('subscriptions')})"
        rows, subscriptions = self.scratch.one(ids)
        if rows == subscriptions and rows:
            yield (
                f"{plan.name} has one row for each subscription, so {', '.join(columns)} may be as of the export, "
                "yet are learned from at every past week; declare 'history: snapshot' (not learned from) on the source "
                "or on the columns, or 'history: event' on the source if they have stood so from the start"
            )

    def _source(self, plan: Plan) -> SourceCheck:
        self.progress(f"check: reading {plan.name}")
        found = SourceCheck(plan.name, plan.table, {name: _origin(spec) for name, (_, spec) in plan.columns.items()})
        quarantine = Quarantine(self.scratch, plan.table)
        try:
            rows = read_source(Reading(self.scratch, self.config, self.known), plan, quarantine)
            found.report = rows.report
            rows.report.rules = quarantine.rules(plan.name)
            found.faults = faults(self.scratch, rows.checked)
            found.samples, found.accounts = self._samples(plan.table, rows)
            if error := overdrawn(self.config, plan, rows.report, found.faults):
                found.problems += error.problems
            self.rows.setdefault(plan.table, []).append(rows)
        except HoldfastError as error:
            found.problems += [*error.problems, *([error.hint] if error.hint else [])]
        return found

    def _known(self) -> str:
        name = self.scratch.name("known")
        self.scratch.run(
            f"CREATE TABLE {name} AS SELECT account_id, min(started_at) AS _started, true AS _known "
            f"FROM ({self._union('accounts')}) GROUP BY 1"
        )
        return name

    def _union(self, table: str) -> str:
        if table in self.whole:
            return self.whole[table]
        return " UNION ALL BY NAME ".join(rows.sql for rows in self.rows[table])

    def _samples(self, table: str, rows: SourceRows) -> tuple[dict[str, list[str]], int]:
        inner = {"_file", "_row", "occurred_week", "known_week"}
        names = [name for name in self.scratch.columns(f"({rows.sql})") if name not in inner]
        listed = ", ".join(self._readable(table, name) for name in names)
        few = self.scratch.rows(f"SELECT {listed} FROM ({rows.sql}) ORDER BY _file, _row LIMIT {_SAMPLES}")
        accounts = self.scratch.one(f"SELECT count(DISTINCT account_id) FROM ({rows.sql})")[0]
        columns = {name: [str(row[i]) for row in few if row[i] is not None] for i, name in enumerate(names)}
        absent = [name for name, values in columns.items() if not values]
        columns = {
            name: values
            for name, values in columns.items()
            if values or f"v_{name}" in self.scratch.columns(rows.checked.relation)
        }
        for name in [name for name in absent if name in columns]:
            filled = self.scratch.one(f"SELECT count({ident(name)}) FROM ({rows.sql})")[0]
            columns[name] = [f"empty in the samples, {filled:,} filled"]
        return columns, accounts

    def _readable(self, table: str, name: str) -> str:
        """A column as a person writes it: money in whole units, quantities in ones."""
        column = CONTRACTS[table].columns.get(name)
        divisors = {"money": 10**self.config.currency.digits, "micro": 1_000_000}
        divisor = divisors.get(column.kind, 1) if column is not None else 1
        shown = ident(name) if divisor == 1 else f"round({ident(name)} / {divisor}.0, {self.config.currency.digits})"
        return f"CAST({shown} AS VARCHAR)"

    def _coverage(self, checks: list[SourceCheck]) -> Iterator[str]:
        if self.known is None:
            yield "no accounts could be read, so rows of unknown accounts were not looked for"
            return
        total = self.scratch.one(f"SELECT count(*) FROM {self.known}")[0]
        for found in checks:
            if found.report and found.table != "accounts" and total:
                yield f"{found.name} speaks for {found.accounts:,} of {total:,} accounts ({found.accounts / total:.0%})"

    def _labels(self) -> Iterator[str]:
        """Where the sources of the label disagree."""
        if "churns" in self.rows and "subscriptions" in self.rows:
            still = (
                f"SELECT count(*) FROM ({self._union('churns')}) c WHERE EXISTS (SELECT 1 FROM "
                f"({self._union('subscriptions')}) s WHERE s.account_id = c.account_id AND {_OPEN})"
            )
            total = self.scratch.one(f"SELECT count(*) FROM ({self._union('churns')})")[0]
            number = self.scratch.one(still)[0]
            if number:
                told = f"{number:,} of {total:,} churns fall on a day on which the account still had a subscription"
                yield f"label sources disagree: {told}"
        if "subscriptions" in self.rows and "churns" in self.rows:
            yield from self._ended_without_churn()
        if "subscriptions" in self.rows and self.source in ("auto", "subscriptions"):
            yield from self._gaps()
        if "subscriptions" in self.rows and "accounts" in self.rows:
            yield from self._ended_accounts()

    def _gaps(self) -> Iterator[str]:
        """Whether many ends are followed by a new start so soon that they look like billing and not like leaving."""
        grace = self.config.label.grace_days
        until = "max(coalesce(ended_at, TIMESTAMP '9999-01-01')) OVER so_far"
        rows = (
            f"SELECT {until} AS reach, lead(started_at) OVER in_order AS next FROM ({self._union('subscriptions')}) "
            "WINDOW in_order AS (PARTITION BY account_id ORDER BY started_at), "
            "so_far AS (PARTITION BY account_id ORDER BY started_at ROWS UNBOUNDED PRECEDING)"
        )
        days = "date_diff('day', reach, next)"
        soon = f"SELECT count(*), max({days}) FROM ({rows}) WHERE {days} > {grace} AND {days} <= {_SOON}"
        number, longest = self.scratch.one(soon)
        if number:
            yield (
                f"{number:,} ends of coverage are followed by a new start within {_SOON} days, and count as churns "
                f"with label.grace_days: {grace}; grace_days: {longest} would take them for one spell"
            )

    def _ended_without_churn(self) -> Iterator[str]:
        last = f"(SELECT max(occurred_at) FROM ({self._union('churns')}))"
        ended = (
            f"SELECT account_id FROM ({self._union('subscriptions')}) GROUP BY 1 "
            f"HAVING count(*) = count(ended_at) AND max(ended_at) < {last}"
        )
        churned = f"SELECT account_id FROM ({self._union('churns')})"
        number = self.scratch.one(f"SELECT count(*) FROM ({ended}) WHERE account_id NOT IN ({churned})")[0]
        if number:
            yield f"label sources disagree: all subscriptions of {number:,} accounts ended, yet no churn is recorded"

    def _ended_accounts(self) -> Iterator[str]:
        accounts = (
            f"SELECT account_id, ended_at AS occurred_at FROM ({self._union('accounts')}) WHERE ended_at IS NOT NULL"
        )
        still = (
            f"SELECT count(*) FROM ({accounts}) c WHERE EXISTS (SELECT 1 FROM ({self._union('subscriptions')}) s "
            f"WHERE s.account_id = c.account_id AND {_OPEN})"
        )
        number = self.scratch.one(still)[0]
        if number:
            yield f"label sources disagree: {number:,} accounts ended while they still had a subscription"


def _origin(spec: ColumnSpec) -> str:
    columns = list(used(spec))
    return ", ".join(columns) if columns else f"always {spec.value!r}"


def _unasked(checks: list[SourceCheck]) -> Iterator[str]:
    """What could not be looked at, because it needs accounts that hold."""
    if any(found.problems for found in checks if found.table == "accounts"):
        yield "accounts are not ready, so nobody was asked whether the rows of others are of known accounts"


def _notes(found: SourceCheck) -> Iterator[str]:
    """What a reader of a source's numbers must know."""
    report = found.report
    if report is None:
        return
    if report.before_account:
        accepted = report.total("accepted") or 1
        share = report.before_account / accepted
        told = f"{found.name}: {report.before_account:,} rows ({share:.1%}) are from before their account started"
        yield f"{told}; set before_account: quarantine to leave them out"
    if (nothing := none_accepted(report)) and not found.problems:
        yield f"{found.name}: no row of it was accepted: {nothing}"
    if report.snapshot_columns:
        yield f"{found.name}: {', '.join(report.snapshot_columns)} are as of the export and stay out of training"

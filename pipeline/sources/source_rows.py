"""One source from its files to accepted rows of a canonical table, with the account of every record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipeline.config import Config
from pipeline.errors import ContractError
from pipeline.sources.budget import none_accepted
from pipeline.sources.canonical import between_columns, canonical_sql
from pipeline.sources.cast import Caster, Cell
from pipeline.sources.checking import Check, Checked, check_rows, keep_condition, send_rejects
from pipeline.sources.joins import join_all
from pipeline.sources.keys import without_duplicates, without_superseded
from pipeline.sources.landing import Landed
from pipeline.sources.moments import Zones
from pipeline.sources.money import NO_RATE, rates
from pipeline.sources.periods import is_over, levels_sql, period_rows, refuse_shifted
from pipeline.sources.plan import Plan
from pipeline.sources.quarantine import Quarantine
from pipeline.sources.reading import land
from pipeline.sources.reports import FileReport, SourceReport
from pipeline.sources.scratch import Scratch, ident
from pipeline.sources.words import clean_id

EVENTS = ("usage", "levels", "tickets", "surveys", "invoices", "touches", "churns")


@dataclass
class SourceRows:
    """SQL for the accepted rows of a source in the canonical columns, and its report."""

    sql: str
    report: SourceReport
    checked: Checked


@dataclass(frozen=True)
class Reading:
    """What reading any source needs: the scratch database, the settings, and the known accounts (a table) if any."""

    scratch: Scratch
    config: Config
    known: str | None = None


def read_source(reading: Reading, plan: Plan, quarantine: Quarantine) -> SourceRows:
    """Read, join, cast and check a source. Raises ConfigError or ContractError for the source as a whole."""
    scratch, config = reading.scratch, reading.config
    sink = quarantine.sink(plan.name)
    landed = land(scratch, plan.source, config.root, plan.needed, sink, plan.where)
    looked_up = quarantine.sink(f"{plan.name} via")
    joined, lookups = join_all(scratch, landed, plan.source.via, config.root, looked_up, plan.where)
    checked = _checked(reading, plan, joined)
    send_rejects(scratch, checked, sink)
    report = SourceReport(
        plan.name,
        _files(checked),
        [file for lookup in lookups for file in _files(lookup)],
        known_at="told" if "known_at" in plan.columns else "assumed",
        time_zone="told" if plan.source.time_zone or "time_zone" in config.calendar.model_fields_set else "assumed",
        unknown_columns=sorted(set(landed.headers) - plan.needed),
        snapshot_columns=list(plan.source.snapshot_columns),
        warnings=joined.warnings,
        first=_iso(checked.first),
        last=_iso(checked.last),
        heard=_iso(checked.heard),
        before_account=checked.early,
    )
    if checked.early:
        report.warnings.append(f"{checked.early:,} rows are from before their account started")
    if nothing := none_accepted(report):
        report.warnings.append(f"no row of it was accepted: {nothing}")
    _refuse_unknown_currencies(scratch, plan, checked)
    return SourceRows(_canonical(reading, plan, checked, report), report, checked)


def _checked(reading: Reading, plan: Plan, landed: Landed) -> Checked:
    config, source = reading.config, plan.source
    company = config.calendar.time_zone
    money = rates(plan, landed, config.currency)
    zones = Zones(source.time_zone or company, company)
    clean = _clean_columns(reading.scratch, plan, landed)
    caster = Caster(landed.types, source.nulls, zones, config.currency, plan.where, bool(money.raws), clean)
    problems: list[str] = []
    cells = []
    for name, (column, spec) in plan.columns.items():
        try:
            if name not in ("currency", "rate"):
                cells.append(_asked(plan, caster.cell(name, column, spec), landed.types))
        except ContractError as error:
            problems += [*error.problems, *([error.hint] if error.hint else [])]
    if problems:
        raise ContractError(*dict.fromkeys(problems))
    extra = [*money.checks, *between_columns(plan), *_account_checks(reading, plan), *_future(reading, plan)]
    extra = [replace(check, column=_told_column(plan, check.column)) for check in extra]
    join = f"LEFT JOIN {reading.known} known ON v.v_account_id = known.account_id" if _known(reading, plan) else ""
    keep = _keep(plan, landed)
    moment = next((f"v_{each}" for each in ("occurred_at", "started_at") if each in plan.columns), None)
    early = is_over(plan, moment, "_started") if moment and join else "false"
    return check_rows(reading.scratch, landed, cells, keep, extra, join, money.raws, early)


def _keep(plan: Plan, landed: Landed) -> str:
    """SQL for the rows that the source keeps: where every measure asks for its own rows, those that one asks for."""
    keep = keep_condition(plan.source.where, landed.types)
    asked = [measure.where for measure in plan.source.measures.values()]
    if not asked or not all(asked):
        return keep
    return f"{keep} AND ({' OR '.join(f'({keep_condition(each, landed.types)})' for each in asked)})"


def _asked(plan: Plan, cell: Cell, types: Mapping[str, str]) -> Cell:
    """The cell of a measure, empty in the rows that it does not ask for."""
    measure = plan.source.measures.get(cell.name.removeprefix("m_")) if cell.name.startswith("m_") else None
    if measure is None or not measure.where:
        return cell
    asks = keep_condition(measure.where, types)
    return replace(cell, raws={alias: f"CASE WHEN {asks} THEN {sql} END" for alias, sql in cell.raws.items()})


def _clean_columns(scratch: Scratch, plan: Plan, landed: Landed) -> frozenset[str]:
    """Text columns of big typed files that need no cleaning: asked once of their distinct values, not of each row.

    ``event_id`` only tells events apart, and is taken as it stands.
    """
    if not landed.streamed:
        return frozenset()
    texts = {
        name: spec.column
        for name, (column, spec) in plan.columns.items()
        if column.kind == "text" and spec.column and landed.types.get(spec.column) == "VARCHAR"
    }
    clean = {column for name, column in texts.items() if name == "event_id"}
    for column in sorted(set(texts.values()) - clean):
        # a table of its own, else the test would be moved below the DISTINCT, to every row
        told = scratch.name("told")
        scratch.run(f"CREATE TABLE {told} AS SELECT DISTINCT {ident(column)} AS x FROM {landed.view}")
        unclean = f"SELECT count(*) FROM {told} WHERE x <> '' AND {clean_id('x')} IS DISTINCT FROM x"
        if not scratch.one(unclean)[0]:
            clean.add(column)
        scratch.drop(told)
    return frozenset(clean)


def _told_column(plan: Plan, name: str | None) -> str | None:
    """The source's own word for a canonical column."""
    found = plan.columns.get(name or "")
    return (found[1].column if found else None) or name


def _known(reading: Reading, plan: Plan) -> bool:
    return reading.known is not None and plan.table != "accounts"


def _account_checks(reading: Reading, plan: Plan) -> list[Check]:
    if not _known(reading, plan):
        return []
    checks = []
    complete = all(source.complete for source in reading.config.sources.accounts)
    if complete and plan.source.unknown_accounts == "quarantine":
        checks.append(Check("account_id", "known._known IS NULL", "is not in accounts", "v_account_id"))
    if plan.source.before_account == "quarantine" and "occurred_at" in plan.columns:
        early = is_over(plan, "v_occurred_at", "known._started")
        checks.append(Check("occurred_at", early, "is before the account started", "CAST(v_occurred_at AS VARCHAR)"))
    return checks


def _future(reading: Reading, plan: Plan) -> list[Check]:
    """With ``as_of: today`` an event after tomorrow is a mistake; an explicit date is no clock."""
    calendar = reading.config.calendar
    if calendar.as_of != "today" or plan.table not in EVENTS or "occurred_at" not in plan.columns:
        return []
    limit = calendar.calendar.today() + timedelta(days=2)
    condition = f"v_occurred_at >= TIMESTAMP '{limit}'"
    return [Check("occurred_at", condition, "lies in the future", "CAST(v_occurred_at AS VARCHAR)")]


def _files(checked: Checked) -> list[FileReport]:
    reports = []
    for number, file in enumerate(checked.landed.files):
        filtered = checked.filtered.get(number, 0)
        quarantined = file.rejected + checked.rejected.get(number, 0)
        accepted = file.records - filtered - quarantined
        reports.append(FileReport(file.name, file.sha256, file.size, file.records, accepted, quarantined, 0, filtered))
    return reports


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _refuse_unknown_currencies(scratch: Scratch, plan: Plan, checked: Checked) -> None:
    states = [number for number, check in enumerate(checked.checks, start=1) if check.rule == NO_RATE]
    if not states or "rate" in plan.source.columns:
        return
    sql = f"SELECT DISTINCT currency FROM {checked.relation} WHERE _state = {states[0]} ORDER BY 1 LIMIT 10"
    codes = [str(row[0]) for row in scratch.rows(sql)]
    if codes:
        raise ContractError(
            f"{plan.where}: amounts in {', '.join(codes)} without a rate; they are never summed with others",
            hint="declare currency.rates, e.g. rates: {EUR: 1.08}, or map a column as rate",
        )


def _canonical(reading: Reading, plan: Plan, checked: Checked, report: SourceReport) -> str:
    calendar = reading.config.calendar.calendar
    if plan.source.period:
        rows = _period_rows(reading, plan, checked, report)
        refuse_shifted(reading.scratch, plan, rows, calendar)
        return levels_sql(plan, rows, calendar)
    rows = checked.accepted
    if plan.grouped:
        folded = ", ".join(
            f"{spec.fold}({ident('v_' + name)}) AS {ident('v_' + name)}"
            for name, (_, spec) in plan.columns.items()
            if spec.fold
        )
        rows = f"SELECT v_account_id, {folded}, min(_file) AS _file, min(_row) AS _row FROM ({rows}) GROUP BY 1"
    rows = canonical_sql(plan, rows, calendar)
    return _latest(reading, plan, rows, report) if plan.source.repeated == "latest" else rows


def _latest(reading: Reading, plan: Plan, rows: str, report: SourceReport) -> str:
    """The rows without those that later ones of the same key contradict, which are counted among the duplicates."""
    columns = list(reading.scratch.columns(f"({rows})"))
    dated = "known_at" in plan.columns
    rows, superseded = without_superseded(reading.scratch, rows, plan.contract.key, columns, dated)
    count_duplicates(report, {(0, file): count for file, count in superseded.items()}, 0)
    for file, count in superseded.items():
        report.files[file].superseded = count
    return rows


def _period_rows(reading: Reading, plan: Plan, checked: Checked, report: SourceReport) -> str:
    """Rows of a folded source with repeated ones dropped: equal in every mapped column is the same row."""
    rows = f"SELECT *, 0 AS _source FROM ({period_rows(plan, checked.accepted)})"
    names = [name for name in plan.columns if name != "known_at"]
    key = ("account_id", "occurred_at", *(name for name in names if name not in ("account_id", "occurred_at")))
    rows, dropped = without_duplicates(reading.scratch, rows, key, names, plan.where, ("account_id", "occurred_at"))
    count_duplicates(report, dropped, 0)
    return rows


def count_duplicates(report: SourceReport, dropped: dict[tuple[int, int], int], number: int) -> None:
    """Move dropped duplicates of source ``number`` from accepted to duplicates, file by file."""
    for (source, file), count in dropped.items():
        if source == number:
            report.files[file].accepted -= count
            report.files[file].duplicates += count

"""What a source's configuration asks for, checked against the contracts before anything is read."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.config import ColumnSpec, Config, Place, SourceConfig, Via
from pipeline.contracts import CONTRACTS, EVERY_ROW, Column, Contract
from pipeline.errors import ConfigError

MAPPABLE = ("account_id", "occurred_at", "known_at")
EXTRA: dict[str, dict[str, Column]] = {
    "usage": {"retracted_at": Column("moment", "When the row was withdrawn.")},
}


@dataclass(frozen=True)
class Plan:
    """One source, ready to be read: its canonical columns and the source columns that they need."""

    table: str
    name: str
    source: SourceConfig
    contract: Contract
    columns: dict[str, tuple[Column, ColumnSpec]]
    needed: frozenset[str]

    @property
    def where(self) -> str:
        """How errors call this source."""
        return f"sources.{self.name}"

    @property
    def grouped(self) -> bool:
        """Whether rows are folded by account."""
        return any(spec.fold for _, spec in self.columns.values())


def plans(config: Config) -> list[Plan]:
    """Every source's plan, accounts first. Raises ConfigError with all problems of all sources."""
    problems: list[str] = []
    found = []
    for table, name, source in config.sources.each():
        plan = _plan(table, name, source)
        problems += [f"sources.{name}{told}" for told in _problems(plan)]
        found.append(plan)
    names = [plan.name for plan in found]
    problems += [f"two sources are called {name!r}" for name in sorted({n for n in names if names.count(n) > 1})]
    if not found:
        problems.append("sources: none are configured; map at least accounts")
    problems += _torn(found)
    if problems:
        raise ConfigError(*problems)
    return found


def _torn(found: Iterable[Plan]) -> Iterator[str]:
    """A measure of several sources is good news in all of them or in none."""
    first: dict[str, Plan] = {}
    for plan in found:
        for name, measure in plan.source.measures.items():
            other = first.setdefault(name, plan)
            told = other.source.measures[name].higher_is
            if measure.higher_is != told:
                yield f"{plan.where}.measures.{name}.higher_is: {measure.higher_is} here, {told} in {other.where}"


def wrong_columns(document: dict[str, Any]) -> Iterator[str]:
    """Columns that no contract has, in a document whose other mistakes keep it from being a configuration."""
    sources = document.get("sources")
    for table, several in sources.items() if isinstance(sources, dict) else ():
        for number, source in enumerate(several if isinstance(several, list) else [several], start=1):
            columns = source.get("columns") if isinstance(source, dict) else None
            if table in CONTRACTS and isinstance(columns, dict):
                name = source.get("name") or (f"{table}_{number}" if isinstance(several, list) else table)
                valid = valid_columns(CONTRACTS[table], bool(source.get("period")))
                yield from (f"sources.{name}{told}" for told in _strange(columns, valid, table))


def _plan(table: str, name: str, source: SourceConfig) -> Plan:
    contract = CONTRACTS[table]
    valid = valid_columns(contract, bool(source.period))
    mapped = {"account_id": ColumnSpec(column="account_id")} | source.columns
    columns = {key: (valid[key], spec) for key, spec in mapped.items() if key in valid}
    for key, attribute in source.attributes.items():
        prefix = "attr_" if attribute.static else "snapshot_"
        columns[prefix + key] = (Column(attribute.kind, "An attribute."), attribute.spec(key))
    if source.period:
        columns["occurred_at"] = (EVERY_ROW["occurred_at"], source.period.column)
        for key, measure in source.measures.items():
            told = measure.model_dump(include={"column", "nulls", "decimal", "thousands", "cast"})
            columns[f"m_{key}"] = (Column("number", "A measure."), ColumnSpec(**told))
    return Plan(table, name, source, contract, columns, frozenset(_needed(source, columns)))


def valid_columns(contract: Contract, period: bool) -> dict[str, Column]:
    """Canonical columns that a source of this table may map."""
    if period:
        return {"account_id": EVERY_ROW["account_id"], "known_at": EVERY_ROW["known_at"], "user_id": Column("text", "")}
    told = {name: column for name, column in contract.columns.items() if not column.known_of}
    valid = {name: EVERY_ROW[name] for name in MAPPABLE} | told | EXTRA.get(contract.name, {})
    if any(column.kind == "money" for column in contract.columns.values()):
        valid |= {"currency": Column("text", "Code of the row's currency."), "rate": Column("number", "Its worth.")}
    return valid


def _needed(source: SourceConfig, columns: dict[str, tuple[Column, ColumnSpec]]) -> Iterator[str]:
    """The columns that the source's own files must hold."""
    asked = [column for measure in source.measures.values() for column in measure.where]
    return own_columns(source, [spec for _, spec in columns.values()], asked)


def own_columns(place: Place, specs: Iterable[ColumnSpec], more: Iterable[str] = ()) -> Iterator[str]:
    """The columns of ``place``'s own files that ``specs``, its filters and its joins use, and ``more``."""
    gained: set[str] = set()
    for via in place.via:
        if (key := via_key(via)) not in gained:
            yield key
        gained |= set(via.take)
    for column in (*(name for spec in specs for name in used(spec)), *place.where, *more):
        if column not in gained:
            yield column


def via_key(via: Via) -> str:
    """Our column that a join starts from."""
    return via.key or via.on


def used(spec: ColumnSpec) -> Iterator[str]:
    """Source columns that a canonical column is made of."""
    operands = [part.column for part in (*spec.product, *spec.sum, *spec.divide_by)]
    for name in (spec.column, *spec.concat, *operands, spec.plus.column if spec.plus else None):
        if name is not None:
            yield name


def _problems(plan: Plan) -> Iterator[str]:
    source, contract = plan.source, plan.contract
    valid = valid_columns(contract, bool(source.period))
    yield from _strange(source.columns, valid, contract.name)
    for key in _required(plan):
        if key not in plan.columns:
            yield f".columns.{key}: must be mapped: {valid[key].meaning}"
    yield from _misplaced(plan)


def _strange(columns: Iterable[str], valid: dict[str, Column], table: str) -> Iterator[str]:
    for key in columns:
        if key not in valid:
            near = difflib.get_close_matches(key, valid, n=1, cutoff=0.5)
            meant = f"; did you mean {near[0]}?" if near else ""
            yield f".columns.{key}: not in the contract of {table}{meant} (valid: {', '.join(valid)})"
            yield from (f".columns.{key}: {told}" for told in _elsewhere(key))


def _elsewhere(key: str) -> Iterator[str]:
    """Which other tables promise a column of that name."""
    tables = [name for name, contract in CONTRACTS.items() if key in valid_columns(contract, False)]
    if tables:
        yield f"{key} belongs to {', '.join(tables)}; the same file may be mapped there too"


def _required(plan: Plan) -> Iterator[str]:
    if plan.source.period:
        return
    yield from (name for name, column in plan.contract.columns.items() if column.required)
    started = plan.table in ("accounts", "subscriptions") and "started_at" in plan.columns
    if plan.table != "accounts" and not started:
        yield "occurred_at"


def _misplaced(plan: Plan) -> Iterator[str]:
    source = plan.source
    yield from (*_histories(plan), *_keyless(plan))
    if source.attributes and plan.table != "accounts":
        yield ".attributes: only accounts have attributes"
    if source.scales and plan.table != "surveys":
        yield ".scales: only surveys have scales"
    if source.period and plan.table != "levels":
        yield ".period: only usage is folded by period"
    for name, (column, spec) in plan.columns.items():
        if plan.grouped and not spec.fold and name != "account_id":
            yield f".columns.{name}: needs a fold, because other columns are folded by account"
        if spec.plus and column.kind != "moment":
            yield f".columns.{name}.plus: only moments can be moved"
    kinds = _constant_kind(plan)
    if kinds in ("csat", "ces") and kinds not in source.scales:
        yield f".scales.{kinds}: must be declared, e.g. {kinds}: {{min: 1, max: 5, higher_is: better}}"


def _histories(plan: Plan) -> Iterator[str]:
    """Only a subscription has versions that follow each other."""
    told = {"history": plan.source.history} | {
        f"columns.{k}.history": s.history for k, s in plan.source.columns.items()
    }
    for place, history in told.items():
        if history == "versioned" and plan.table != "subscriptions":
            yield f".{place}: versioned is for subscriptions only (valid here: event, static, snapshot)"


def _keyless(plan: Plan) -> Iterator[str]:
    """Of rows that are folded nobody can say which of them is the same one again."""
    if plan.source.repeated == "latest" and (plan.source.period or plan.grouped):
        yield ".repeated: rows that are folded have no key of their own; name only the files that count"


def _constant_kind(plan: Plan) -> str | None:
    found = plan.columns.get("kind")
    return str(found[1].value) if plan.table == "surveys" and found and found[1].value is not None else None

"""``via``: other tables joined to a source, to reach the account or further columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.config import ColumnSpec, CurrencySettings, Via
from pipeline.contracts import Column
from pipeline.errors import ConfigError, ContractError
from pipeline.sources.cast import Caster, Cell
from pipeline.sources.checking import Checked, check_rows, keep_condition, send_rejects
from pipeline.sources.landing import TEXT, Landed, Sink
from pipeline.sources.moments import Zones
from pipeline.sources.plan import own_columns, via_key
from pipeline.sources.reading import land
from pipeline.sources.scratch import Scratch, ident
from pipeline.sources.words import clean_id

_FOLDS = {"min": "min({})", "max": "max({})", "sum": "sum({})", "count": "count({})"}
_UTC = Zones("UTC", "UTC")


def join_all(
    scratch: Scratch, landed: Landed, vias: tuple[Via, ...], root: Path, sink: Sink, where: str
) -> tuple[Landed, list[Checked]]:
    """``landed`` with every ``via`` joined, and the looked-up tables with their own accounts of rows.

    Raises ContractError where a key of a looked-up table is not unique, ConfigError where names clash.
    """
    looked_up: list[Checked] = []
    for number, via in enumerate(vias):
        here = f"{where}.via.{number}"
        clash = sorted(set(via.take) & set(landed.types))
        if clash:
            raise ConfigError(
                f"{here}.take: {', '.join(clash)} is already a column of the source; take it by another name"
            )
        table, types, checked = _lookup(scratch, via, root, sink, here)
        looked_up += checked
        landed = _join(scratch, landed, via, table, types)
    return landed, looked_up


def _join(scratch: Scratch, landed: Landed, via: Via, table: str, types: dict[str, str]) -> Landed:
    view = scratch.name("joined")
    taken = "".join(f", k.{ident(name)}" for name in via.take)
    key = clean_id(f"CAST(l.{ident(via_key(via))} AS VARCHAR)")
    scratch.run(f"CREATE VIEW {view} AS SELECT l.*{taken} FROM {landed.view} l LEFT JOIN {table} k ON {key} = k._key")
    return Landed(view, landed.types | types, landed.files, landed.headers, landed.streamed, landed.warnings)


def _lookup(
    scratch: Scratch, via: Via, root: Path, sink: Sink, where: str
) -> tuple[str, dict[str, str], list[Checked]]:
    """The looked-up table with one row for each key, its column types, and the accounts of its rows."""
    needed = {*own_columns(via, via.take.values()), *([via.on] if via.on else [])}
    gained = {name for inner in via.via for name in inner.take}
    landed = land(scratch, via, root, needed - gained, sink, where)
    landed, looked_up = join_all(scratch, landed, via.via, root, sink, where)
    caster = Caster(landed.types, via.nulls, _UTC, CurrencySettings(), where)
    cells = [caster.cell("via_id", Column("text", "", required=True), ColumnSpec(column=via.on, cast="text"))]
    types, picks = {}, []
    for name, spec in via.take.items():
        cell, types[name], pick = _taken(caster, name, spec)
        cells += [cell] if cell else []
        picks.append((name, pick, spec.fold))
    plain = {f"p_{spec.column}": ident(spec.column) for spec in via.take.values() if _is_plain(spec) and spec.column}
    checked = check_rows(scratch, landed, cells, keep_condition(via.where, landed.types), [], raws=plain)
    send_rejects(scratch, checked, sink)
    table = _one_row_each(scratch, checked, picks, via, where)
    return table, types, [*looked_up, checked]


def _is_plain(spec: ColumnSpec) -> bool:
    return spec.column is not None and not spec.values and spec.fold != "sum" and not spec.arithmetic


def _taken(caster: Caster, name: str, spec: ColumnSpec) -> tuple[Cell | None, str, str]:
    """How a taken column is made: as it stands (cast later, by whoever uses it), a number, or a text."""
    if _is_plain(spec) and spec.column:
        kind = "BIGINT" if spec.fold == "count" else caster.types[spec.column]
        return None, kind, ident(f"p_{spec.column}")
    if spec.arithmetic or spec.fold == "sum":
        return caster.cell(name, Column("number", ""), spec), "DOUBLE", ident(f"v_{name}")
    return caster.cell(name, Column("text", ""), spec), TEXT, ident(f"v_{name}")


def _one_row_each(
    scratch: Scratch, checked: Checked, picks: Sequence[tuple[str, str, str | None]], via: Via, where: str
) -> str:
    table = scratch.name("lookup")
    if picks and all(fold for _, _, fold in picks):
        listed = ", ".join(f"{_FOLDS[fold or 'min'].format(pick)} AS {ident(name)}" for name, pick, fold in picks)
        scratch.run(f"CREATE TABLE {table} AS SELECT v_via_id AS _key, {listed} FROM ({checked.accepted}) GROUP BY ALL")
        return table
    listed = ", ".join(f"{pick} AS {ident(name)}" for name, pick, _ in picks)
    scratch.run(f"CREATE TABLE {table} AS SELECT DISTINCT v_via_id AS _key, {listed} FROM ({checked.accepted})")
    twice = scratch.rows(f"SELECT _key FROM {table} GROUP BY _key HAVING count(*) > 1 ORDER BY 1 LIMIT 3")
    if twice:
        examples = ", ".join(repr(row[0]) for row in twice)
        raise ContractError(
            f"{where}: {via.on!r} is not unique in {', '.join(via.files) or via.table}: {examples}",
            hint="narrow it with where, or fold every column taken: {quantity: {column: quantity, fold: sum}}",
        )
    return table

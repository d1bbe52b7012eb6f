"""The feature table: exactly the rows of the spine, one column a feature."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from pipeline.contracts import CONTRACTS
from pipeline.engine import Engine

# imported for their declarations, in the order of the columns
from pipeline.features import (  # noqa: F401  # isort: skip
    timing,
    usage as _usage,
    levels as _levels,
    adoption,
    support,
    surveys,
    effort,
    relationship,
    commercial,
    onboarding,
    peers,
)
from pipeline.features.aggregates import MILLION, Count, Days, Distinct, Sum, day_number
from pipeline.features.asof import RowMeasures, visible
from pipeline.features.attributes import attribute_infos, with_attributes
from pipeline.features.base import REGISTRY, SPINE, SPINE_COLUMN, FeatureSettings, Registry, Row, Wide
from pipeline.features.facts import FACTS as FACTS
from pipeline.features.info import FeatureInfo
from pipeline.features.over_facts import UsageMeasures, usage_facts
from pipeline.features.plan import NO_LEVELS, DerivedSpec, Levels, Plan, Spec, make_plan

_SOURCES = ("subscriptions", "tickets", "surveys", "invoices", "touches", "levels")
_SPINE = ("segment", "mrr", "term_end", "plan", "seats", "started_at", "notice_days", "c", "cutoff_day")
_KEYS = ("account_id", "account", "cutoff", "c")
_COUNTS = (Sum, Count, Distinct, Days)
Tables = Mapping[str, ir.Table]


def catalog(
    settings: FeatureSettings, tables: Tables, levels: Levels = NO_LEVELS, registry: Registry = REGISTRY
) -> list[FeatureInfo]:
    """The features of a company, in the order of the columns.

    They follow from the configuration: which tables there are (and which attributes ``accounts`` has), the settings,
    and the measures in ``levels`` with their directions. What the tables hold does not matter.
    """
    plan = make_plan(registry, settings, _sources(tables), levels)
    return [*plan.features, *attribute_infos(tables.get("accounts"), settings)]


def week_facts(
    tables: Tables, settings: FeatureSettings, levels: Levels = NO_LEVELS, registry: Registry = REGISTRY
) -> ir.Table:
    """What the measures of a company ask of its usage by week, for ``tables`` to bring as ``FACTS``.

    It follows from ``usage`` and the settings alone, so that it may be kept for any cutoffs.
    """
    plan = make_plan(registry, settings, _sources(tables), levels)
    return usage_facts(tables["usage"], plan.of_source("usage"), settings)


def build_features(
    tables: Tables,
    spine: ir.Table,
    settings: FeatureSettings,
    engine: Engine,
    *,
    levels: Levels = NO_LEVELS,
    registry: Registry = REGISTRY,
) -> ir.Table:
    """The features of every row of ``spine``: account_id, cutoff, then the columns of ``catalog``.

    ``tables`` are canonical; ``week_facts`` among them saves reading ``usage`` for what they tell. Nothing is visible
    before it was known. Missing stays null: a count is 0 only from when on its source speaks at all.
    """
    plan = make_plan(registry, settings, _sources(tables), levels)
    spine = engine.settle(_with_clock(spine))
    wide = _measured(tables, spine, settings, plan, engine)
    wide = _derived(wide, settings, plan, engine)
    found = {info.name: wide[info.name].cast("float64") for info in plan.features}
    table = wide.select("account_id", "cutoff", "c", **found)
    table = with_attributes(table, tables.get("accounts"), "c", settings)
    return table.drop("c").order_by("cutoff", "account_id")


def _sources(tables: Tables) -> set[str]:
    """The sources whose measures there are."""
    return {*tables, "spine"}


def _with_clock(spine: ir.Table) -> ir.Table:
    """The spine with the cutoff as an instant and as a day number, and the number of the account.

    Everything between the tables and the features goes by number: text keys take twice as long to group and join.
    """
    clock = {"cutoff_at": spine.cutoff.cast("timestamp(6)"), "cutoff_day": day_number(spine.cutoff)}
    number = ibis.dense_rank().over(order_by=spine.account_id).cast("int32")
    return spine.mutate(**clock, account=number).select("account_id", "account", "cutoff", "cutoff_at", *_SPINE)


def _measured(tables: Tables, spine: ir.Table, settings: FeatureSettings, plan: Plan, engine: Engine) -> ir.Table:
    """The spine with all measures, each source's evaluated in its own parts."""
    wide = spine.select(*_KEYS, **{SPINE_COLUMN + name: spine[name] for name in _SPINE})
    finished: dict[str, tuple[Spec, Any, str]] = {}
    keys: dict[str, str] = {}
    for source, rows, parts, asked in _evaluated(tables, spine, settings, plan, engine):
        for part in parts:
            key = f"of_{len(keys)}"
            keys |= dict.fromkeys(part.columns, key)
            wide = _beside(wide, part, key)
        wide = wide.cross_join(engine.settle(rows.aggregate(**_beginnings(rows, source, asked))))
        finished |= {spec.column: (spec, each, source) for spec, each in asked.items()}
    columns = {name: _finished(wide, *told, keys[name]) for name, told in finished.items()}
    return engine.layer(wide.select(*_KEYS, *_spine_columns(), **columns))


def _evaluated(
    tables: Tables, spine: ir.Table, settings: FeatureSettings, plan: Plan, engine: Engine
) -> Iterator[tuple[str, ir.Table, Iterator[ir.Table], dict[Spec, Any]]]:
    """Each source that is asked for: its rows, its parts, and what was asked of it."""
    if specs := plan.of_source("usage"):
        rows = tables.get(FACTS, tables["usage"])
        usage = UsageMeasures(tables, spine, specs, settings, engine)
        yield "usage", rows, usage.parts(), dict(usage.asked)
    for source in _SOURCES:
        if specs := plan.of_source(source):
            pairs = visible(source, tables[source], spine)
            asked = _asked(specs, pairs, settings)
            yield source, tables[source], RowMeasures(pairs, source, asked, engine).parts(), asked


def _asked(specs: Sequence[Spec], rows: ir.Table, settings: FeatureSettings) -> dict[Spec, Any]:
    return {spec: spec.declaration.function(Row(rows, settings, spec.item)) for spec in specs}


def _beginnings(rows: ir.Table, source: str, asked: Mapping[Spec, Any]) -> dict[str, Any]:
    """From when on a source speaks: before its first row is known it says nothing about anybody.

    Its week; and for each moment that measures wait for, the first day on which one was known.
    """
    moments = sorted({spec.declaration.speaks for spec in asked} - {""})
    week = (rows.k if "k" in rows.columns else rows.known_week).min()
    return {f"since_{source}": week} | {f"since_{source}_{name}": _first_told(rows, source, name) for name in moments}


def _first_told(rows: ir.Table, source: str, name: str) -> Any:
    told = CONTRACTS[source].columns[name].known_by
    if told is None or told not in rows.columns:
        return ibis.null("int64").max()
    days = [day_number(rows[each]) for each in (told, "known_at")]
    return ibis.greatest(*days).min(where=rows[told].notnull())


def _beside(wide: ir.Table, part: ir.Table, key: str) -> ir.Table:
    """``wide`` with the columns of a part, whose keys are named so that all joins are one flat query."""
    part = part.rename({key: "account", f"{key}_c": "c"})
    return wide.left_join(part, [wide.account == part[key], wide.c == part[f"{key}_c"]])


def _finished(wide: ir.Table, spec: Spec, asked: Any, source: str, key: str) -> Any:
    """A measure's column in its unit.

    Where its part has no row, a count is 0; as long as its source had not begun to speak, it is null, and so is
    whatever waits for a moment that nobody had told of.
    """
    column = wide[spec.column]
    if isinstance(asked, _COUNTS):
        spoke = (wide[f"since_{source}"] < wide.c).fill_null(False)
        column = wide[key].isnull().ifelse(0, column)
        column = spoke.ifelse(column, ibis.null(column.type()))
    if spec.declaration.speaks:
        told = (wide[f"since_{source}_{spec.declaration.speaks}"] < wide[f"{SPINE_COLUMN}cutoff_day"]).fill_null(False)
        column = told.ifelse(column, ibis.null(column.type()))
    return column.cast("float64") / _scale(asked, source) if isinstance(asked, Sum) else column


def _scale(asked: Sum, source: str) -> int:
    """What a sum is divided by: a bare ``micro`` column is in millionths."""
    column = CONTRACTS[source].columns.get(asked.value.get_name())
    return asked.scale or (MILLION if column is not None and column.kind == "micro" else 1)


def _spine_columns() -> list[str]:
    return [SPINE_COLUMN + name for name in _SPINE]


def _derived(wide: ir.Table, settings: FeatureSettings, plan: Plan, engine: Engine) -> ir.Table:
    """The wide table with all derived columns, layer by layer, so that no column is computed twice.

    Nothing wide is held: the whole is computed in one stream when it is written.
    """
    for number, layer in enumerate(_layers(plan.derived)):
        told = {spec: spec.declaration.function(_view(wide, settings, spec)) for spec in layer}
        across = {spec.column: told.pop(spec) for spec in layer if spec.declaration.across_rows}
        narrow = engine.settle(wide.select("account", "c", **across)) if across else None
        wide = wide.mutate(**{spec.column: value for spec, value in told.items()})
        wide = engine.layer(wide if narrow is None else _beside(wide, narrow, f"across_{number}"))
    return wide


def _view(wide: ir.Table, settings: FeatureSettings, spec: DerivedSpec) -> Wide:
    spine = {SPINE + name for name in _SPINE}
    return Wide(wide, settings, frozenset({*spec.needs, *spine}), spec.item)


def _layers(derived: Sequence[DerivedSpec]) -> list[list[DerivedSpec]]:
    """The derived columns by how many steps they are from the measures."""
    depth: dict[str, int] = {}
    layers: list[list[DerivedSpec]] = []
    for spec in derived:
        depth[spec.column] = max((depth.get(need, -1) for need in spec.needs), default=-1) + 1
        layers += [[] for _ in range(depth[spec.column] + 1 - len(layers))]
        layers[depth[spec.column]].append(spec)
    return layers

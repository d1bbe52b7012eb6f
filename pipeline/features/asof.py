"""The measures of the small tables: every row joined with the cutoffs at which it was visible.

What a row says that became known later than the row itself is null until that moment has passed (``known_by`` of its
contract), so that no measure can see the future even if it tries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import ibis
import ibis.expr.types as ir

from pipeline.contracts import CONTRACTS, EVERY_ROW, Kind
from pipeline.engine import Engine
from pipeline.features.aggregates import Aggregate, Last, Lowest, Since, day_number
from pipeline.features.plan import Spec

TYPES: dict[Kind, str] = {
    "text": "string",
    "integer": "int64",
    "number": "float64",
    "money": "int64",
    "micro": "int64",
    "moment": "timestamp(6)",
    "boolean": "boolean",
}
"""What a column of each kind is on an engine."""

# their values lie ahead for rows still in force, and are filled in when the next version comes
_ENDS = {"subscriptions": {"valid_to": "replaced_known_at", "ended_at": "ended_known_at"}}
_KEYS = ("account", "c")


def visible(source: str, rows: ir.Table, spine: ir.Table) -> ir.Table:
    """Each row of a canonical table at each cutoff of its account at which it was known, masked as of then.

    Beside the table's columns: ``account`` (its number) where the spine has it, ``c``, ``cutoff_at``, ``cutoff_day``.
    """
    columns = CONTRACTS[source].columns
    absent = {name: ibis.null(TYPES[column.kind]) for name, column in columns.items() if name not in rows.columns}
    rows = rows.mutate(**absent).select(*EVERY_ROW, *columns)
    keys = [name for name in ("account_id", "account") if name in spine.columns]
    cutoffs = spine.select(*keys, "c", "cutoff_at", "cutoff_day")
    pairs = rows.join(cutoffs, "account_id")
    pairs = pairs.filter((pairs.occurred_week < pairs.c) & (pairs.known_week < pairs.c))
    known_by = {name: column.known_by for name, column in columns.items() if column.known_by}
    known_by |= _ENDS.get(source, {})
    return pairs.mutate(**{name: _masked(pairs, name, moment) for name, moment in known_by.items()})


def _masked(pairs: ir.Table, name: str, moment: str) -> Any:
    return (pairs[moment] < pairs.cutoff_at).ifelse(pairs[name], ibis.null(pairs[name].type()))


class RowMeasures:
    """Evaluates the measures of one table over its visible rows; parts as in ``UsageMeasures``."""

    def __init__(self, pairs: ir.Table, source: str, asked: Mapping[Spec, Aggregate], engine: Engine) -> None:
        self._pairs = pairs
        self._source = source
        self._asked = asked
        self._engine = engine

    def parts(self) -> Iterator[ir.Table]:
        """All columns, in as many tables as are needed: what looks back a few weeks does not read all the past."""
        plain = {spec: asked for spec, asked in self._asked.items() if not isinstance(asked, Last)}
        recent = {spec: asked for spec, asked in plain.items() if spec.window.weeks}
        ever = {spec: asked for spec, asked in plain.items() if not spec.window.weeks}
        if recent:
            reach = max(spec.window.weeks + spec.window.lag for spec in recent)
            yield self._engine.settle(_aggregated(self._pairs, recent, reach))
        if ever:
            yield self._engine.settle(_aggregated(self._pairs, ever, 0))
        for lasts in self._lasts().values():
            yield self._engine.settle(self._latest(lasts))

    def _lasts(self) -> dict[Hashable, dict[Spec, Last]]:
        """Those that ask for the latest of the same rows, together."""
        found: dict[Hashable, dict[Spec, Last]] = defaultdict(dict)
        for spec, asked in self._asked.items():
            if isinstance(asked, Last):
                where = None if asked.where is None else asked.where.op()
                found[where, asked.by.op()][spec] = asked
        return found

    def _latest(self, asked: Mapping[Spec, Last]) -> ir.Table:
        """The values of the latest rows. The table's key breaks ties, so that no order of rows can."""
        first = next(iter(asked.values()))
        rows = self._pairs if first.where is None else self._pairs.filter(first.where)
        rows = rows.mutate(by=first.by, **{spec.column: each.value for spec, each in asked.items()})
        rows = rows.filter(rows.by.notnull())
        order = [rows[name].desc() for name in ("by", "known_at", *CONTRACTS[self._source].key)]
        ranked = rows.mutate(nth=ibis.row_number().over(group_by=list(_KEYS), order_by=order) + 1)
        ranked = ranked.filter(ranked.nth <= max(each.nth for each in asked.values()))
        return ranked.group_by(*_KEYS).aggregate(
            **{s.column: ranked[s.column].max(where=ranked.nth == each.nth) for s, each in asked.items()}
        )


def _aggregated(pairs: ir.Table, asked: Mapping[Spec, Aggregate], reach: int) -> ir.Table:
    """All plain aggregates in one pass; ``reach`` weeks back, or everything for 0."""
    values: dict[str, Any] = {}
    for spec, each in asked.items():
        each = _days_ago(each, pairs)
        inside = spec.window.holds(pairs) if each.where is None else spec.window.holds(pairs) & each.where
        values[spec.column] = each.over(inside.fill_null(False))
    rows = pairs.filter(pairs.occurred_week >= pairs.c - reach) if reach else pairs
    return rows.group_by(*_KEYS).aggregate(**values)


def _days_ago(asked: Aggregate, pairs: ir.Table) -> Any:
    """``Since`` as what it is here: the least number of days."""
    if isinstance(asked, Since):
        return Lowest(pairs.cutoff_day - day_number(asked.moment), where=asked.where)
    return asked

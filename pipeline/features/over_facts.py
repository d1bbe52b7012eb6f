"""The measures of usage at every row of the spine, from facts. Each part is computed once and kept narrow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import ibis
import ibis.expr.types as ir

from pipeline.engine import Engine
from pipeline.features.aggregates import Aggregate, Champion, Count, Days, Distinct, Earliest, Since, Sum
from pipeline.features.base import FeatureSettings, Row
from pipeline.features.champions import champions
from pipeline.features.facts import MEMBERS, SCHEMA, coarser, days_of, facts
from pipeline.features.ledger import Ledger
from pipeline.features.members import Members
from pipeline.features.plan import Spec
from pipeline.features.windows import Window, highest

_ACCOUNT = ("account_id",)
_RUNNING = (Sum, Count, Distinct, Days)
Grain = tuple[str, ...]
"""Which members a measure asks about; the fewer, the fewer facts."""


class UsageMeasures:
    """Evaluates usage measures: ``parts()`` gives tables keyed by account_id and c that hold their columns.

    ``asked`` holds what each measure asked of the facts of its grain.
    """

    def __init__(
        self, source: ir.Table, is_facts: bool, spine: ir.Table, specs: Sequence[Spec], settings: FeatureSettings,
        engine: Engine,
    ) -> None:  # fmt: skip
        self._grid = spine.select("account_id", "cutoff_day", at=spine.c)
        self._engine = engine
        self._grains = {spec: _names(spec, settings) for spec in specs}
        self._facts = {
            grain: self._coarse(source, is_facts, grain) for grain in {_grain(n) for n in self._grains.values()}
        }
        self.asked: Mapping[Spec, Aggregate] = {
            spec: spec.declaration.function(Row(self._facts[_grain(names)], settings, spec.item))
            for spec, names in self._grains.items()
        }

    def _coarse(self, source: ir.Table, is_facts: bool, grain: Grain) -> ir.Table:
        """The facts of a grain with the values that its measures ask for."""
        names = {name for found in self._grains.values() if _grain(found) == grain for name in found}
        return self._engine.settle((coarser if is_facts else facts)(source, grain, names))

    def parts(self) -> Iterator[ir.Table]:
        """All columns, in as many tables as are needed."""
        if self._of(*_RUNNING):
            yield from map(self._settled, self._totals())
        if self._of(Since, Earliest):
            yield self._settled(self._moments())
        if self._of(Champion):
            yield self._settled(self._champions())

    def _of(self, *kinds: type[Aggregate]) -> dict[Spec, Any]:
        return {spec: asked for spec, asked in self.asked.items() if isinstance(asked, kinds)}

    def _settled(self, part: ir.Table) -> ir.Table:
        return self._engine.settle(part.rename(c="at"))

    def _totals(self) -> list[ir.Table]:
        """Sums and numbers of distinct members in all windows."""
        columns: dict[Window, dict[str, str]] = defaultdict(dict)
        for spec, asked in self._of(*_RUNNING).items():
            columns[spec.window][spec.column] = self._kinds.get(_kind(asked), spec.measure_name)
        ledger = Ledger(list(self._weekly.values()), self._members, self._grid, self._engine)
        return ledger.parts(dict(sorted(columns.items())))

    def _sums(self, grain: Grain) -> dict[Spec, Any]:
        return {spec: asked for spec, asked in self._of(Sum, Count).items() if _grain(self._grains[spec]) == grain}

    @cached_property
    def _weekly(self) -> dict[Grain, ir.Table]:
        """The values of all sums by account and weeks: far fewer rows than facts."""
        return {grain: self._engine.settle(_by_week(table, asked)) for grain, table in self._facts.items()
                if (asked := self._sums(grain))}  # fmt: skip

    @cached_property
    def _kinds(self) -> dict[Hashable, str]:
        """Each kind of member that is counted, with a name."""
        kinds = dict.fromkeys(_kind(asked) for asked in self._of(Distinct, Days).values())
        return {kind: f"members_{number}" for number, kind in enumerate(kinds)}

    @cached_property
    def _members(self) -> dict[str, Members]:
        """Each kind of member, ready for all its windows."""
        lags: dict[str, set[int]] = defaultdict(set)
        tables = {}
        for spec, asked in self._of(Distinct, Days).items():
            name = self._kinds[_kind(asked)]
            lags[name].add(spec.window.lag)
            tables[name] = _different(self._facts[_grain(self._grains[spec])], asked)
        return {name: Members.of(table, lags[name], self._engine) for name, table in tables.items()}

    def _moments(self) -> ir.Table:
        """Days since the latest and day numbers of the earliest moments."""
        found = self._grid
        for grain, table in self._facts.items():
            asked = {s: a for s, a in self._of(Since, Earliest).items() if _grain(self._grains[s]) == grain}
            if asked:
                seen = self._engine.settle(_by_knowledge(table, asked))
                part = highest(seen, self._grid, _ACCOUNT, [spec.column for spec in asked])
                found = found.left_join(part, ["account_id", "at"]).drop("account_id_right", "at_right")
        told = {
            spec.column: -found[spec.column] if isinstance(each, Earliest) else found.cutoff_day - found[spec.column]
            for spec, each in self._of(Since, Earliest).items()
        }
        return found.select("account_id", "at", **told)

    def _champions(self) -> ir.Table:
        """What is told of the most active member: all that ask mean the same one."""
        told = self._of(Champion)
        spec, first = next(iter(told.items()))
        rows = self._facts[_grain(self._grains[spec])]
        rows = rows.select("account_id", "o", "k", "r", member=first.member, value=first.value, seen=first.seen)
        found = champions(rows.drop_null(["member"]), self._grid, first.weeks, self._engine)
        found = found.join(self._grid, ["account_id", "at"])
        answers = {"share": found.share, "since": found.cutoff_day - found.seen}
        return found.select("account_id", "at", **{spec.column: answers[each.tell] for spec, each in told.items()})


def _names(spec: Spec, settings: FeatureSettings) -> frozenset[str]:
    """The columns of facts that a measure asks for."""
    row = Row(ibis.table(SCHEMA, name="facts"), settings, spec.item)
    asked = spec.declaration.function(row)
    return frozenset(row.names | ({"days"} if isinstance(asked, Days) else set()))


def _grain(names: frozenset[str]) -> Grain:
    return tuple(name for name in MEMBERS if name in names)


def _by_week(table: ir.Table, asked: Mapping[Spec, Any]) -> ir.Table:
    values = {
        spec.measure_name: _kept(each, each.value if isinstance(each, Sum) else ibis.literal(1))
        for spec, each in asked.items()
    }
    return table.group_by("account_id", "o", "k", "r").aggregate(
        **{name: value.sum().cast("int64") for name, value in values.items()}
    )


def _by_knowledge(table: ir.Table, asked: Mapping[Spec, Any]) -> ir.Table:
    """The latest moments (the earliest as negative numbers) by account and when they were known."""
    days = {spec.column: -each.moment if isinstance(each, Earliest) else each.moment for spec, each in asked.items()}
    found = {spec.column: _kept(each, days[spec.column], ibis.null("int64")).max() for spec, each in asked.items()}
    return table.group_by("account_id", "k", "r").aggregate(**found)


def _different(table: ir.Table, asked: Distinct | Days) -> ir.Table:
    """Each member's different facts: account_id, member_<n>, o, k, r."""
    rows = table if asked.where is None else table.filter(asked.where)
    if isinstance(asked, Days):
        days = days_of(rows.select("account_id", "o", "k", "r", "days").distinct())
        return days.select("account_id", "o", "k", "r", member_0=days.o * 7 + days.weekday).distinct()
    members = {f"member_{n}": member for n, member in enumerate(asked.members)}
    found = rows.select("account_id", "o", "k", "r", **members).drop_null(list(members))
    is_grain = set(MEMBERS) & set(table.columns) <= {member.get_name() for member in asked.members}
    return found if is_grain else found.distinct()


def _kind(asked: Any) -> Hashable:
    """What makes two counts count the same members; None for what counts none."""
    if not isinstance(asked, Distinct | Days):
        return None
    where = None if asked.where is None else asked.where.op()
    return ("days", where) if isinstance(asked, Days) else (*(m.op() for m in asked.members), where)


def _kept(asked: Aggregate, value: Any, otherwise: Any = 0) -> Any:
    """``value`` where the aggregate asks for it."""
    return value if asked.where is None else asked.where.ifelse(value, otherwise)

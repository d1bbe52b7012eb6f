"""The measures of usage at every row of the spine, from facts. Each part is computed once and kept narrow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from pipeline.engine import Engine
from pipeline.features.aggregates import Aggregate, Champion, Count, Days, Distinct, Earliest, Since, Sum
from pipeline.features.base import FeatureSettings, Row
from pipeline.features.champions import champions
from pipeline.features.facts import FACTS, MEMBERS, SCHEMA, coarser, facts
from pipeline.features.members import Counted, count_days, count_ever, count_members
from pipeline.features.plan import Spec
from pipeline.features.windows import Window, Windows, highest

_ACCOUNT = ("account",)
_QUARTER = 13
_WEEK = "o"
"""As a member it asks for each week of the others: the bits of a member are its weeks."""

Asked = Mapping[Spec, Any]
Grain = tuple[str, ...]
"""Which members a measure asks about; the fewer, the fewer facts."""


class UsageMeasures:
    """Evaluates usage measures: ``parts()`` gives tables keyed by account and c that hold their columns.

    ``tables`` hold ``usage``, or its ``facts`` by as many members as are known, or both. ``asked`` holds what each
    measure asks of facts.
    """

    def __init__(
        self, tables: Mapping[str, ir.Table], spine: ir.Table, specs: Sequence[Spec], settings: FeatureSettings,
        engine: Engine,
    ) -> None:  # fmt: skip
        self._tables = tables
        self._grid = spine.select("account", "cutoff_day", at=spine.c)
        self._numbers = engine.settle(spine.select("account_id", "account").distinct())
        self._engine = engine
        self._settings = settings
        self._windows = Windows(self._grid, engine)
        self._names = {spec: _names(spec, settings) for spec in specs}
        self.asked: Asked = self._bound(specs, ibis.table(SCHEMA, name="facts"))

    def _bound(self, specs: Iterable[Spec], facts: ir.Table) -> Asked:
        return {spec: spec.declaration.function(Row(facts, self._settings, spec.item)) for spec in specs}

    def parts(self) -> Iterator[ir.Table]:
        """All columns, in as many tables as are needed; the facts of one grain at a time are held."""
        for grain in sorted({_grain(names) for names in self._names.values()}):
            specs = [spec for spec, names in self._names.items() if _grain(names) == grain]
            facts = self._engine.settle(self._coarse(grain, {name for spec in specs for name in self._names[spec]}))
            for part in self._told(facts, self._bound(specs, facts)):
                yield self._engine.settle(part)
            self._engine.release(facts)

    def _coarse(self, grain: Grain, names: Collection[str]) -> ir.Table:
        """The facts of a grain with the values that its measures ask for."""
        ready = self._tables.get(FACTS)
        kept = ready is not None and {*grain} <= {*ready.columns}
        found = coarser(ready, grain, names) if kept else facts(self._tables["usage"], grain, names)
        return found.join(self._numbers, "account_id").drop("account_id")

    def _told(self, facts: ir.Table, asked: Asked) -> Iterator[ir.Table]:
        """All that is asked of the facts of one grain."""
        if sums := _of(asked, Sum, Count):
            yield from self._sums(facts, sums)
        if members := _of(asked, Distinct, Days):
            yield from self._members(facts, members)
        if moments := _of(asked, Since, Earliest):
            yield from self._moments(facts, moments)
        if told := _of(asked, Champion):
            yield self._champions(facts, told)

    def _sums(self, facts: ir.Table, asked: Asked) -> Iterator[ir.Table]:
        """The sums, from the values by account and weeks: far fewer rows than facts."""
        weekly = self._engine.settle(_by_week(facts, asked))
        # what looks back a quarter is not carried along over all the weeks of what looks back further
        for far in (False, True):
            columns: dict[Window, dict[str, str]] = defaultdict(dict)
            for spec in asked:
                if spec.window.is_longer_than(_QUARTER) is far:
                    columns[spec.window][spec.column] = spec.measure_name
            if columns:
                yield self._windows.sums(weekly, columns)
        self._engine.release(weekly)

    def _members(self, facts: ir.Table, asked: Asked) -> Iterator[ir.Table]:
        """The numbers of distinct members: all that can be told of the same rows together."""
        groups: dict[Hashable, dict[Spec, Any]] = defaultdict(dict)
        for spec, each in asked.items():
            groups[self._together(spec, each)][spec] = each
        for specs in groups.values():
            spec, first = next(iter(specs.items()))
            if isinstance(first, Days):
                yield count_days(_by_day(facts, first), self._windows, {spec.column: spec.window for spec in specs})
                continue
            rows = _different(facts, first, spec.window, is_open=self._which(spec, first) is not None)
            if spec.window.weeks:
                counted = {spec.column: self._counted(spec, each) for spec, each in specs.items()}
                yield count_members(rows, self._windows, counted)
            else:
                yield count_ever(rows, self._windows, [spec.column for spec in specs])

    def _counted(self, spec: Spec, asked: Any) -> Counted:
        return Counted(spec.window, self._which(spec, asked), by_week=_WEEK in _members_of(asked))

    def _together(self, spec: Spec, asked: Any) -> Hashable:
        """What measures have in common that are told of the same rows."""
        where = None if asked.where is None or self._which(spec, asked) else asked.where.op()
        members = {"days"} if isinstance(asked, Days) else _named_by(asked, spec.window)
        return frozenset(members), where, bool(spec.window.weeks)

    def _which(self, spec: Spec, asked: Any) -> Any:
        """Which members to count, as a function of a table of them; None where rows must be chosen first.

        Where what is asked speaks only of the members themselves, one table of members answers many measures.
        """
        if asked.where is None or isinstance(asked, Days) or not spec.window.weeks:
            return None
        if self._names[spec] <= _members_of(asked):
            return lambda table: spec.declaration.function(Row(table, self._settings, spec.item)).where
        return None

    def _moments(self, facts: ir.Table, asked: Asked) -> Iterator[ir.Table]:
        """Days since the latest and day numbers of the earliest moments."""
        seen = self._engine.settle(_by_knowledge(facts, asked))
        found = highest(seen, self._grid, _ACCOUNT, [spec.column for spec in asked])
        found = found.join(self._grid, ["account", "at"])
        told = {
            spec.column: -found[spec.column] if isinstance(each, Earliest) else found.cutoff_day - found[spec.column]
            for spec, each in asked.items()
        }
        yield found.select("account", c="at", **told)
        self._engine.release(seen)

    def _champions(self, facts: ir.Table, told: Asked) -> ir.Table:
        """What is told of the most active member: all that ask mean the same one."""
        first = next(iter(told.values()))
        rows = facts.select("account", "o", "k", "r", member=first.member, value=first.value, seen=first.seen)
        found = champions(rows.drop_null(["member"]), self._grid, first.weeks, self._engine)
        found = found.join(self._grid, ["account", "at"])
        answers = {"share": found.share, "since": found.cutoff_day - found.seen}
        return found.select("account", c="at", **{spec.column: answers[each.tell] for spec, each in told.items()})


def _of(asked: Asked, *kinds: type[Aggregate]) -> Asked:
    return {spec: each for spec, each in asked.items() if isinstance(each, kinds)}


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
    return table.group_by("account", "k", "r", week="o").aggregate(
        **{name: value.sum().cast("int64") for name, value in values.items()}
    )


def _by_knowledge(table: ir.Table, asked: Mapping[Spec, Any]) -> ir.Table:
    """The latest moments (the earliest as negative numbers) by account and when they were known."""
    days = {spec.column: -each.moment if isinstance(each, Earliest) else each.moment for spec, each in asked.items()}
    found = {spec.column: _kept(each, days[spec.column], ibis.null("int64")).max() for spec, each in asked.items()}
    return table.group_by("account", "k", "r").aggregate(**found)


def _by_day(table: ir.Table, asked: Days) -> ir.Table:
    """Facts with a column a day of the week, 1 where there was use: account, week, k, r, day_<n>."""
    rows = table if asked.where is None else table.filter(asked.where)
    days = {f"day_{n}": (rows.days // 2**n % 2).cast("int64") for n in range(7)}
    return rows.select("account", "k", "r", week=rows.o, **days)


def _different(table: ir.Table, asked: Distinct, window: Window, is_open: bool) -> ir.Table:
    """Each member's facts: account, the member's names, week, k, r. ``is_open``: which ones is asked later."""
    rows = table if asked.where is None or is_open else table.filter(asked.where)
    members = sorted(_named_by(asked, window))
    different = rows.select("account", "k", "r", *members, week=rows.o)
    return different.drop_null(members) if members else different


def _members_of(asked: Distinct) -> frozenset[str]:
    return frozenset(member.get_name() for member in asked.members)


def _named_by(asked: Distinct, window: Window) -> frozenset[str]:
    """What names a member; in windows the week does not, since the bits of a member tell its weeks."""
    return _members_of(asked) - ({_WEEK} if window.weeks else set())


def _kept(asked: Aggregate, value: Any, otherwise: Any = 0) -> Any:
    """``value`` where the aggregate asks for it."""
    return value if asked.where is None else asked.where.ifelse(value, otherwise)

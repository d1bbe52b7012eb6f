"""The measures of usage at every row of the spine. Each part is computed once and kept narrow.

Events are read once for all that can be told from the facts of weeks, and once for each kind of member that is counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from pipeline.engine import Engine
from pipeline.features.aggregates import Aggregate, Champion, Count, Days, Distinct, Earliest, Since, Sum
from pipeline.features.base import FeatureSettings, Row
from pipeline.features.champions import champions
from pipeline.features.facts import EVENT, FACTS, days_of, events, weekly
from pipeline.features.members import Counted, count_days, count_ever, count_members
from pipeline.features.plan import Spec
from pipeline.features.windows import Window, Windows, highest

_ACCOUNT = ("account",)
_QUARTER = 13
_WEEK = "o"
"""As a member it asks for each week of the others: the bits of a member are its weeks."""

Asked = Mapping[Spec, Any]


def usage_facts(usage: ir.Table, specs: Iterable[Spec], settings: FeatureSettings) -> ir.Table:
    """The facts of each week of a canonical usage table that ``specs`` ask for."""
    rows = events(usage)
    asked = _bound(specs, rows, settings)
    return weekly(rows, {_fact(spec): _of_week(rows, each) for spec, each in _of(asked, *_SUMMED, *_MOMENTS).items()})


class UsageMeasures:
    """Evaluates usage measures: ``parts()`` gives tables keyed by account and c that hold their columns.

    ``tables`` hold ``usage``, and may hold its ``usage_facts``. ``asked`` holds what each measure asks of events.
    """

    def __init__(
        self, tables: Mapping[str, ir.Table], spine: ir.Table, specs: Sequence[Spec], settings: FeatureSettings,
        engine: Engine,
    ) -> None:  # fmt: skip
        self._grid = spine.select("account", "cutoff_day", at=spine.c.cast("int64"))
        self._numbers = engine.settle(spine.select("account_id", "account").distinct())
        self._engine = engine
        self._settings = settings
        self._windows = Windows(self._grid, engine)
        self._events = self._numbered(events(tables["usage"]))
        self._facts = tables[FACTS] if FACTS in tables else usage_facts(tables["usage"], specs, settings)
        self.asked: Asked = _bound(specs, self._events, settings)
        self._names = {spec: _names(spec, settings) for spec in specs}

    def _numbered(self, rows: ir.Table) -> ir.Table:
        return rows.join(self._numbers, "account_id").drop("account_id")

    def parts(self) -> Iterator[ir.Table]:
        """All columns, in as many tables as are needed."""
        facts = self._engine.settle(self._numbered(self._facts).rename(week="o"))
        for part in self._told(facts):
            yield self._engine.settle(part)
        self._engine.release(facts)

    def _told(self, facts: ir.Table) -> Iterator[ir.Table]:
        if sums := _of(self.asked, Sum, Count):
            yield from self._sums(facts, sums)
        if days := _of(self.asked, Days):
            yield from self._days(facts, days)
        if moments := _of(self.asked, *_MOMENTS):
            yield from self._moments(facts, moments)
        if members := _of(self.asked, Distinct):
            yield from self._members(facts, members)
        if told := _of(self.asked, Champion):
            yield self._champions(told)

    def _sums(self, facts: ir.Table, asked: Asked) -> Iterator[ir.Table]:
        # what looks back a quarter is not carried along over all the weeks of what looks back further
        for far in (False, True):
            columns: dict[Window, dict[str, str]] = defaultdict(dict)
            for spec in asked:
                if spec.window.is_longer_than(_QUARTER) is far:
                    columns[spec.window][spec.column] = _fact(spec)
            if columns:
                yield self._windows.sums(facts, columns)

    def _days(self, facts: ir.Table, asked: Asked) -> Iterator[ir.Table]:
        windows: dict[str, dict[str, Window]] = defaultdict(dict)
        for spec in asked:
            windows[_fact(spec)][spec.column] = spec.window
        for name, columns in windows.items():
            used = {f"day_{n}": (facts[name] >> n) & 1 for n in range(7)}
            yield count_days(facts.select("account", "week", "k", "r", **used), self._windows, columns)

    def _members(self, facts: ir.Table, asked: Asked) -> Iterator[ir.Table]:
        """The numbers of distinct members: all that can be told of the same rows together."""
        groups: dict[Hashable, dict[Spec, Any]] = defaultdict(dict)
        for spec, each in asked.items():
            groups[self._together(spec, each)][spec] = each
        for specs in groups.values():
            spec, first = next(iter(specs.items()))
            rows = self._different(facts, spec, first)
            if spec.window.weeks:
                counted = {spec.column: self._counted(spec, each) for spec, each in specs.items()}
                yield count_members(rows, self._windows, counted)
            else:
                yield count_ever(rows, self._windows, [spec.column for spec in specs])

    def _different(self, facts: ir.Table, spec: Spec, asked: Distinct) -> ir.Table:
        """What each member is seen in: account, the member's names, week, k, r."""
        if self._names[spec] <= {_WEEK}:
            return facts.select("account", "week", "k", "r")
        is_open = asked.where is None or self._which(spec, asked) is not None
        rows = self._events if is_open else self._events.filter(asked.where)
        members = sorted(_named_by(asked, spec.window))
        different = rows.select("account", "k", "r", *members, week=rows.o)
        return different.drop_null(members) if members else different

    def _counted(self, spec: Spec, asked: Any) -> Counted:
        return Counted(spec.window, self._which(spec, asked), by_week=_WEEK in _members_of(asked))

    def _together(self, spec: Spec, asked: Any) -> Hashable:
        """What measures have in common that are told of the same rows."""
        where = None if asked.where is None or self._which(spec, asked) else asked.where.op()
        return _named_by(asked, spec.window), where, bool(spec.window.weeks)

    def _which(self, spec: Spec, asked: Any) -> Any:
        """Which members to count, as a function of a table of them; None where rows must be chosen first.

        Where what is asked speaks only of the members themselves, one table of members answers many measures.
        """
        if asked.where is None or not spec.window.weeks:
            return None
        if self._names[spec] <= _members_of(asked):
            return lambda table: spec.declaration.function(Row(table, self._settings, spec.item)).where
        return None

    def _moments(self, facts: ir.Table, asked: Asked) -> Iterator[ir.Table]:
        """Days since the latest and day numbers of the earliest moments."""
        rows = self._windows.first_seen(facts)
        latest = {spec.column: rows[_fact(spec)].max() for spec in asked}
        seen = self._engine.settle(rows.group_by("account", "r", "at").aggregate(**latest))
        found = highest(seen, self._grid, _ACCOUNT, list(latest))
        found = found.join(self._grid, ["account", "at"])
        told = {
            spec.column: -found[spec.column] if isinstance(each, Earliest) else found.cutoff_day - found[spec.column]
            for spec, each in asked.items()
        }
        yield found.select("account", c="at", **told)
        self._engine.release(seen)

    def _champions(self, told: Asked) -> ir.Table:
        """What is told of the most active member: all that ask mean the same one."""
        first = next(iter(told.values()))
        rows = self._events
        rows = rows.select("account", "k", "r", week=rows.o, member=first.member, value=first.value, seen=first.seen)
        found = champions(rows.drop_null(["member"]), self._grid, first.weeks, self._windows, self._engine)
        found = found.join(self._grid, ["account", "at"])
        answers = {"share": found.share, "since": found.cutoff_day - found.seen}
        return found.select("account", c="at", **{spec.column: answers[each.tell] for spec, each in told.items()})


_SUMMED = (Sum, Count, Days)
_MOMENTS = (Since, Earliest)


def _bound(specs: Iterable[Spec], rows: ir.Table, settings: FeatureSettings) -> Asked:
    return {spec: spec.declaration.function(Row(rows, settings, spec.item)) for spec in specs}


def _of(asked: Asked, *kinds: type[Aggregate]) -> Asked:
    return {spec: each for spec, each in asked.items() if isinstance(each, kinds)}


def _names(spec: Spec, settings: FeatureSettings) -> frozenset[str]:
    """The columns of events that a measure asks for."""
    row = Row(ibis.table(EVENT, name="events"), settings, spec.item)
    spec.declaration.function(row)
    return frozenset(row.names)


def _fact(spec: Spec) -> str:
    """The column of the facts that a measure is told from, whatever its window."""
    return f"of_{spec.measure_name}"


def _of_week(rows: ir.Table, asked: Any) -> Any:
    """What a measure needs of one week: a sum, the bits of its days, or its latest moment (the earliest negative)."""
    if isinstance(asked, Days):
        return days_of(rows, asked.where)
    if isinstance(asked, Since):
        return _kept(asked, asked.moment, ibis.null("int64")).max()
    if isinstance(asked, Earliest):
        return _kept(asked, -asked.moment, ibis.null("int64")).max()
    value = asked.value if isinstance(asked, Sum) else ibis.literal(1, "int64")
    return _kept(asked, value).sum().cast("int64")


def _members_of(asked: Distinct) -> frozenset[str]:
    return frozenset(member.get_name() for member in asked.members)


def _named_by(asked: Distinct, window: Window) -> frozenset[str]:
    """What names a member; in windows the week does not, since the bits of a member tell its weeks."""
    return _members_of(asked) - ({_WEEK} if window.weeks else set())


def _kept(asked: Aggregate, value: Any, otherwise: Any = 0) -> Any:
    """``value`` where the aggregate asks for it."""
    return value if asked.where is None else asked.where.ifelse(value, otherwise)

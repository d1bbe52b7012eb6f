"""Windows of whole weeks over facts, exact with late and withdrawn rows.

A fact of week ``o``, known in week ``k`` and withdrawn in week ``r``, counts at the cutoffs from ``k + 1`` to
``min(o + weeks, r)``. Cutoffs are few where facts are many, so each weekly sum is joined with the cutoffs that its week
reaches, and one pass tells all windows; distinct members go the same way (``pipeline.features.members``). A window may
lag: the 4 weeks before the last 4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import ibis
import ibis.expr.types as ir

from pipeline.engine import Engine
from pipeline.features.facts import NEVER

LAST_WEEK = 6000
"""No cutoff lies beyond it (the year 2084)."""


@dataclass(frozen=True, order=True)
class Window:
    """The last ``weeks`` weeks (0: all there were), ``lag`` weeks before the cutoff."""

    weeks: int = 0
    lag: int = 0

    @property
    def suffix(self) -> str:
        """What the window adds to a measure's name: ``_4w``, ``_before_4w``, nothing."""
        return f"{'_before' if self.lag else ''}_{self.weeks}w" if self.weeks else ""

    def is_longer_than(self, weeks: int) -> bool:
        """Whether it looks back further than that many weeks."""
        return not self.weeks or self.weeks + self.lag > weeks

    def includes(self, pairs: ir.Table) -> ir.BooleanValue:
        """Whether the window at cutoff ``c`` has the week ``week``."""
        before = pairs.week < pairs.c - self.lag
        return before & (pairs.week >= pairs.c - self.lag - self.weeks) if self.weeks else before

    def holds(self, rows: ir.Table) -> ir.BooleanValue:
        """Whether a row that is visible at cutoff ``c`` lies in the window."""
        recent = rows.occurred_week >= rows.c - self.lag - self.weeks
        return recent & (rows.occurred_week < rows.c - self.lag) if self.weeks else ibis.literal(True)


def next_cutoffs(grid: ir.Table) -> ir.Table:
    """For each ``week`` up to the last cutoff the first cutoff ``next`` at or after it.

    Between two cutoffs nobody looks: what changes there is one change, and what changes after the last is none.
    """
    weeks = ibis.range(LAST_WEEK).unnest().name("week").as_table()
    cutoffs = grid.select(next=grid["at"]).distinct()
    pairs = weeks.join(cutoffs, weeks.week <= cutoffs.next)
    return pairs.group_by(week=pairs.week.cast("int64")).aggregate(next=pairs.next.min())


class Windows:
    """What a grid of cutoffs (account, at) sees of the weeks."""

    def __init__(self, grid: ir.Table, engine: Engine) -> None:
        self._grid = grid
        self._engine = engine

    @cached_property
    def _following(self) -> ir.Table:
        return self._engine.settle(next_cutoffs(self._grid))

    @cached_property
    def _later(self) -> ir.Table:
        """Each cutoff with itself and all cutoffs after it."""
        cutoffs = self._grid.select(of=self._grid["at"]).distinct()
        later = cutoffs.select(c=cutoffs.of)
        return self._engine.settle(cutoffs.join(later, cutoffs.of <= later.c))

    @cached_property
    def _cutoffs(self) -> ir.Table:
        """Each week with all cutoffs after it."""
        weeks = ibis.range(LAST_WEEK).unnest().name("of_week").as_table()
        cutoffs = self._grid.select(c=self._grid["at"]).distinct()
        pairs = weeks.join(cutoffs, weeks.of_week < cutoffs.c)
        return self._engine.settle(pairs.select(of_week=pairs.of_week.cast("int64"), c=pairs.c.cast("int64")))

    def first_seen(self, facts: ir.Table) -> ir.Table:
        """Facts (week, k) with the first cutoff ``at`` that sees them."""
        known = facts.mutate(visible_from=ibis.greatest(facts.k, facts.week) + 1)
        joined = known.join(self._following, known.visible_from == self._following.week)
        return joined.drop("k", "visible_from", "week_right").rename(at="next")

    def later(self, seen: ir.Table, weeks: int = 0) -> ir.Table:
        """What was first seen at a cutoff (at, r), at each cutoff ``c`` less than ``weeks`` (0: any number) after it.

        What is withdrawn is not there.
        """
        spans = self._later
        after = spans.filter(spans.c < spans.of + weeks) if weeks else spans
        pairs = seen.join(after, seen["at"] == after.of)
        return pairs.filter(pairs.c <= pairs.r).drop("of")

    def _reached(self, facts: ir.Table, weeks: int) -> ir.Table:
        """Each of the facts (week, k, r) at each cutoff ``c`` that sees it and whose last ``weeks`` weeks hold it."""
        spans = self._cutoffs
        after = spans.filter(spans.c <= spans.of_week + weeks) if weeks else spans
        pairs = facts.join(after, facts.week == after.of_week)
        return pairs.filter((pairs.c <= pairs.r) & (pairs.k < pairs.c)).drop("of_week")

    def sums(self, weekly: ir.Table, columns: Mapping[Window, Mapping[str, str]]) -> ir.Table:
        """Sums at each cutoff with any row in reach; ``weekly``: account, week, k, r, values.

        ``columns`` names the value behind each column.
        """
        reach = max(window.weeks + window.lag for window in columns) if all(w.weeks for w in columns) else 0
        pairs = self._reached(weekly, reach)
        told = {
            column: window.includes(pairs).ifelse(pairs[value], 0).sum().cast("int64")
            for window, names in columns.items()
            for column, value in names.items()
        }
        return pairs.group_by("account", "c").aggregate(**told)


def highest(seen: ir.Table, grid: ir.Table, keys: Sequence[str], names: Sequence[str]) -> ir.Table:
    """The highest of each of ``names`` among what is visible at each row of ``grid``; ``seen``: first at ``at``, to r.

    What is never withdrawn is a running maximum. What is withdrawn is rare, and is joined with the cutoffs it saw.
    """
    known = seen.filter(seen.r == NEVER).select(*keys, *names, "at", asked=ibis.literal(0))
    none = {name: ibis.null("int64") for name in names}
    asked = grid.select(*keys, at=grid["at"].cast("int64"), asked=ibis.literal(1), **none)
    table = ibis.union(asked.select(*known.columns), known)
    found = {name: table[name].max().over(_so_far(table, keys)) for name in names}
    found_at = table.select(*keys, "at", "asked", **found)
    found_at = found_at.filter(found_at.asked == 1).drop("asked")
    joined = found_at.left_join(_passing(seen, grid, keys, names), [*keys, "at"])
    return joined.select(*keys, "at", **{n: _greater(joined[n], joined[f"passing_{n}"]) for n in names})


def _passing(seen: ir.Table, grid: ir.Table, keys: Sequence[str], names: Sequence[str]) -> ir.Table:
    """The highest values among what was withdrawn later."""
    passing = seen.filter(seen.r != NEVER).rename(visible_from="at")
    pairs = passing.join(grid.select(*keys, "at"), list(keys))
    pairs = pairs.filter((pairs.visible_from <= pairs["at"]) & (pairs["at"] <= pairs.r))
    return pairs.group_by(*keys, "at").aggregate(**{f"passing_{name}": pairs[name].max() for name in names})


def _so_far(table: ir.Table, keys: Sequence[str]) -> Any:
    """Everything up to and including a cutoff: what is asked comes after the changes of its week."""
    return ibis.cumulative_window(group_by=list(keys), order_by=[table["at"], table.asked])


def _greater(one: ir.IntegerValue, two: ir.IntegerValue) -> ir.IntegerValue:
    """The greater of two that may be null."""
    low = -NEVER
    return ibis.greatest(one.fill_null(low), two.fill_null(low)).nullif(low)

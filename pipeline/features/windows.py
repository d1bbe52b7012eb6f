"""Windows of whole weeks over facts, exact with late and withdrawn rows.

A fact of week ``o``, known in week ``k`` and withdrawn in week ``r``, counts at the cutoffs from ``k + 1`` to
``min(o + weeks, r)``. A sum is therefore +v where that span starts and -v after it stops, and a running total; distinct
members are the same over the union of each member's spans (``pipeline.features.members``). A window may lag: the 4
weeks before the last 4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

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

    def start(self, facts: ir.Table) -> ir.IntegerValue:
        """The first cutoff at which a fact counts."""
        return ibis.greatest(facts.k, facts.o + self.lag) + 1

    def stop(self, facts: ir.Table) -> ir.IntegerValue:
        """The last cutoff at which a fact counts; before ``start`` if it never does."""
        return ibis.least(facts.o + self.lag + self.weeks, facts.r) if self.weeks else facts.r

    def holds(self, rows: ir.Table) -> ir.BooleanValue:
        """Whether a row that is visible at cutoff ``c`` lies in the window."""
        recent = rows.occurred_week >= rows.c - self.lag - self.weeks
        return recent & (rows.occurred_week < rows.c - self.lag) if self.weeks else ibis.literal(True)


def points(table: ir.Table, at: Any, values: Mapping[str, Any]) -> ir.Table:
    """Changes of an account's running totals: ``values`` at ``at``."""
    return table.select("account_id", at=at.cast("int64"), **{n: v.cast("int64") for n, v in values.items()})


def next_cutoffs(grid: ir.Table) -> ir.Table:
    """For each ``week`` up to the last cutoff the first cutoff ``next`` at or after it.

    Between two cutoffs nobody looks: what changes there is one change, and what changes after the last is none.
    """
    weeks = ibis.range(LAST_WEEK).unnest().name("week").as_table()
    cutoffs = grid.select(next=grid["at"]).distinct()
    pairs = weeks.join(cutoffs, weeks.week <= cutoffs.next)
    return pairs.group_by(week=pairs.week.cast("int64")).aggregate(next=pairs.next.min())


def running(changes: Sequence[ir.Table], grid: ir.Table, following: ir.Table, names: Sequence[str]) -> ir.Table:
    """The running totals of ``names`` at each row of ``grid`` (account_id, at).

    ``following`` is what ``next_cutoffs`` says of the grid. Each of ``changes`` holds some of ``names``, and is brought
    to one row a cutoff while it is narrow.
    """
    asked = _widened(grid, names).mutate(asked=ibis.literal(1))
    table = ibis.union(asked, *(_widened(_by_cutoff(change, following), names) for change in changes))
    table = table.group_by("account_id", "at", "asked").aggregate(
        **{name: table[name].sum().cast("int64") for name in names}
    )
    so_far = _so_far(table, ["account_id"])
    found = table.select("account_id", "at", "asked", **{n: table[n].sum().over(so_far).cast("int64") for n in names})
    return found.filter(found.asked == 1).drop("asked")


def _by_cutoff(change: ir.Table, following: ir.Table) -> ir.Table:
    sums = [name for name in change.columns if name not in ("account_id", "at")]
    joined = change.join(following, change["at"] == following.week)
    return joined.group_by("account_id", at=joined.next).aggregate(**{name: joined[name].sum() for name in sums})


def _widened(table: ir.Table, names: Sequence[str]) -> ir.Table:
    """Columns ``account_id``, ``at``, ``asked`` and all ``names``, zero where the table has no such column."""
    zero = ibis.literal(0)
    values = {name: (table[name] if name in table.columns else zero).cast("int64") for name in names}
    return table.select("account_id", at=table["at"].cast("int64"), asked=zero, **values)


def highest(seen: ir.Table, grid: ir.Table, keys: Sequence[str], names: Sequence[str]) -> ir.Table:
    """The highest of each of ``names`` among the facts (k, r) that are visible at each row of ``grid``.

    What is never withdrawn is a running maximum. What is withdrawn is rare, and is joined with the cutoffs it saw.
    """
    lasting = seen.filter(seen.r == NEVER)
    known = lasting.select(*keys, *names, at=(lasting.k + 1).cast("int64"), asked=ibis.literal(0))
    none = {name: ibis.null("int64") for name in names}
    asked = grid.select(*keys, at=grid["at"].cast("int64"), asked=ibis.literal(1), **none)
    table = ibis.union(asked.select(*known.columns), known)
    found = {name: table[name].max().over(_so_far(table, keys)) for name in names}
    found_at = table.select(*keys, "at", "asked", **found)
    found_at = found_at.filter(found_at.asked == 1).drop("asked")
    joined = found_at.left_join(_passing(seen, grid, keys, names), [*keys, "at"])
    return joined.select(*keys, "at", **{n: _greater(joined[n], joined[f"passing_{n}"]) for n in names})


def _passing(seen: ir.Table, grid: ir.Table, keys: Sequence[str], names: Sequence[str]) -> ir.Table:
    """The highest values among facts that were withdrawn later."""
    pairs = seen.filter(seen.r != NEVER).join(grid.select(*keys, "at"), list(keys))
    pairs = pairs.filter((pairs.k < pairs["at"]) & (pairs["at"] <= pairs.r))
    return pairs.group_by(*keys, "at").aggregate(**{f"passing_{name}": pairs[name].max() for name in names})


def _so_far(table: ir.Table, keys: Sequence[str]) -> Any:
    """Everything up to and including a cutoff: what is asked comes after the changes of its week."""
    return ibis.cumulative_window(group_by=list(keys), order_by=[table["at"], table.asked])


def _greater(one: ir.IntegerValue, two: ir.IntegerValue) -> ir.IntegerValue:
    """The greater of two that may be null."""
    low = -NEVER
    return ibis.greatest(one.fill_null(low), two.fill_null(low)).nullif(low)

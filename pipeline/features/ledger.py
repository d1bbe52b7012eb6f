"""All sums and numbers of members in all windows: one ledger for each lag, read once for each window.

A line of the ledger says that values count for an account from the cutoff ``start`` on, as long as the week ``o`` lies
in the window, and no longer than ``upto``. So the value in a window is what has started less what has stopped; the
started part is the same for every window.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import ibis
import ibis.expr.types as ir

from pipeline.engine import Engine
from pipeline.features.members import Members, general_spans
from pipeline.features.windows import Window, next_cutoffs, points, running

_LINE = ("account_id", "o", "start", "upto")


@dataclass(frozen=True)
class Ledger:
    """Sums by account and weeks (account_id, o, k, r, values) and members by name, to be told at a grid of cutoffs."""

    weekly: Sequence[ir.Table]
    members: Mapping[str, Members]
    grid: ir.Table
    engine: Engine

    def parts(self, columns: Mapping[Window, Mapping[str, str]]) -> list[ir.Table]:
        """For each window the columns {column: value or member name}; one table (account_id, at, columns) a lag."""
        withdrawn = self.engine.settle(self._withdrawn()) if self.members else None
        lags = sorted({window.lag for window in columns})
        return [self._part(lag, {w: c for w, c in columns.items() if w.lag == lag}, withdrawn) for lag in lags]

    def _part(self, lag: int, columns: Mapping[Window, Mapping[str, str]], withdrawn: ir.Table | None) -> ir.Table:
        names = sorted({name for told in columns.values() for name in told.values()})
        lines = self.engine.settle(self._lines(lag, names))
        started = points(lines, ["account_id"], lines.start, {name: lines[name] for name in names}, names)
        found = self._told([started], names)
        for window, told in columns.items():
            ended = sorted({*told.values()})
            found = _less(found, self._told(_stopped(lines, withdrawn, window, ended), ended), told)
        wanted = [column for told in columns.values() for column in told]
        return found.select("account_id", "at", *wanted)

    def _told(self, changes: Sequence[ir.Table], names: Sequence[str]) -> ir.Table:
        return self.engine.settle(running(changes, self.grid, self._following, ["account_id"], names))

    @cached_property
    def _following(self) -> ir.Table:
        return self.engine.settle(next_cutoffs(self.grid))

    def _lines(self, lag: int, names: Sequence[str]) -> ir.Table:
        """The ledger of one lag."""
        sides = [_line(w.mutate(start=_start(w, lag), upto=w.r), {n: n for n in names if n in w.columns}, names)
                 for w in self.weekly]  # fmt: skip
        sides += [_line(m.lasting[lag], {name: "n"}, names) for name, m in self.members.items() if name in names]
        table = ibis.union(*sides) if len(sides) > 1 else sides[0]
        return table.group_by(*_LINE).aggregate(**{name: table[name].sum().cast("int64") for name in names})

    def _withdrawn(self) -> ir.Table:
        """The facts of members with anything withdrawn, of all kinds."""
        sides = [m.withdrawn.mutate(kind=ibis.literal(name)) for name, m in self.members.items()]
        return ibis.union(*sides) if len(sides) > 1 else sides[0]


def _start(weekly: ir.Table, lag: int) -> ir.IntegerValue:
    return ibis.greatest(weekly.k, weekly.o + lag) + 1


def _line(table: ir.Table, values: Mapping[str, str], names: Sequence[str]) -> ir.Table:
    zero = ibis.literal(0)
    filled = {name: (table[values[name]] if name in values else zero).cast("int64") for name in names}
    weeks = {name: table[name].cast("int64") for name in _LINE[1:]}
    return table.select("account_id", **weeks, **filled)


def _stopped(lines: ir.Table, withdrawn: ir.Table | None, window: Window, names: Sequence[str]) -> list[ir.Table]:
    """What has stopped counting in a window; a line that never counts stops as it starts."""
    end = ibis.least(lines.o + window.lag + window.weeks, lines.upto) if window.weeks else lines.upto
    stop = ibis.greatest(end + 1, lines.start)
    changes = [points(lines, ["account_id"], stop, {name: lines[name] for name in names}, names)]
    if withdrawn is not None:
        spans = general_spans(withdrawn, window)
        here = {name: (spans.kind == name).ifelse(1, 0) for name in names}
        changes.append(points(spans, ["account_id"], spans.start, {name: -one for name, one in here.items()}, names))
        changes.append(points(spans, ["account_id"], spans.stop + 1, here, names))
    return changes


def _less(found: ir.Table, stopped: ir.Table, told: Mapping[str, str]) -> ir.Table:
    """``found`` with the columns of a window: started less stopped."""
    over = stopped.select("account_id", "at", **{f"stopped_{name}": stopped[name] for name in {*told.values()}})
    joined = found.join(over, ["account_id", "at"])
    return joined.select(
        *found.columns, **{column: joined[name] - joined[f"stopped_{name}"] for column, name in told.items()}
    )

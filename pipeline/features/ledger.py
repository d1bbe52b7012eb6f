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
        found = self._told([_started(lines) for lines in self._lines(lag, names)], names)
        for window, told in columns.items():
            ended = sorted({*told.values()})
            changes = [_stopped(lines, window) for lines in self._lines(lag, ended)]
            counted = [name for name in ended if name in self.members]
            if withdrawn is not None and counted:
                changes += _general(withdrawn, window, counted)
            found = _less(found, self._told(changes, ended), told)
        wanted = [column for told in columns.values() for column in told]
        return found.select("account_id", "at", *wanted)

    def _told(self, changes: Sequence[ir.Table], names: Sequence[str]) -> ir.Table:
        return self.engine.settle(running(changes, self.grid, self._following, names))

    @cached_property
    def _following(self) -> ir.Table:
        return self.engine.settle(next_cutoffs(self.grid))

    def _lines(self, lag: int, names: Sequence[str]) -> list[ir.Table]:
        """The lines of one lag that hold any of ``names``: account_id, o, start, upto and those."""
        held = [(table, [name for name in names if name in table.columns]) for table in self.weekly]
        sums = [_dated(table, lag).select(*_LINE, *own) for table, own in held if own]
        counts = [m.lasting[lag].rename({name: "n"}) for name, m in self.members.items() if name in names]
        return [*sums, *counts]

    def _withdrawn(self) -> ir.Table:
        """The facts of members with anything withdrawn, of all kinds."""
        sides = [m.withdrawn.mutate(kind=ibis.literal(name)) for name, m in self.members.items()]
        return ibis.union(*sides) if len(sides) > 1 else sides[0]


def _dated(weekly: ir.Table, lag: int) -> ir.Table:
    return weekly.mutate(start=ibis.greatest(weekly.k, weekly.o + lag) + 1, upto=weekly.r)


def _values(lines: ir.Table) -> dict[str, ir.IntegerColumn]:
    return {name: lines[name] for name in lines.columns if name not in _LINE}


def _started(lines: ir.Table) -> ir.Table:
    return points(lines, lines.start, _values(lines))


def _stopped(lines: ir.Table, window: Window) -> ir.Table:
    """What has stopped counting in a window; a line that never counts stops as it starts."""
    end = ibis.least(lines.o + window.lag + window.weeks, lines.upto) if window.weeks else lines.upto
    return points(lines, ibis.greatest(end + 1, lines.start), _values(lines))


def _general(withdrawn: ir.Table, window: Window, names: Sequence[str]) -> list[ir.Table]:
    """The members with anything withdrawn, as what has stopped: less where they start, more after they stop."""
    spans = general_spans(withdrawn, window)
    here = {name: (spans.kind == name).ifelse(1, 0) for name in names}
    first = points(spans, spans.start, {name: -one for name, one in here.items()})
    return [first, points(spans, spans.stop + 1, here)]


def _less(found: ir.Table, stopped: ir.Table, told: Mapping[str, str]) -> ir.Table:
    """``found`` with the columns of a window: started less stopped."""
    over = stopped.select("account_id", "at", **{f"stopped_{name}": stopped[name] for name in {*told.values()}})
    joined = found.join(over, ["account_id", "at"])
    return joined.select(
        *found.columns, **{column: joined[name] - joined[f"stopped_{name}"] for column, name in told.items()}
    )

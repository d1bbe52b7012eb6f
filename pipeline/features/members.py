"""Distinct members in windows: for each member the weeks of its use as the bits of one number, and then what they say.

Between two cutoffs nobody looks, so of a member's facts that are first seen at one cutoff (and withdrawn in one week)
one number with a bit a week says all. At later cutoffs the bits have moved down, and those that have left every window
have fallen off. Any number of windows and lags is read off the same bits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from pipeline.features.bits import bit, bit_count, bit_or
from pipeline.features.windows import Window, Windows

LONGEST = 62
"""Weeks that the bits of a number can hold."""

_NOT_MEMBERS = ("account", "week", "k", "r")


@dataclass(frozen=True)
class Counted:
    """One column: its window, ``which`` of the members to count (a function of a table of members; None: all), and
    whether each of a member's weeks counts (``by_week``) or the member once."""

    window: Window
    which: Any = None
    by_week: bool = False


def count_members(facts: ir.Table, windows: Windows, columns: Mapping[str, Counted]) -> ir.Table:
    """The numbers of different members at each cutoff where there are any, by account.

    ``facts``: account, week, k, r, and all other columns name the member. The windows of ``columns`` all have an end.
    """
    keys = [name for name in facts.columns if name not in _NOT_MEMBERS]
    weeks = Weeks(windows, [counted.window for counted in columns.values()])
    known = weeks.known(facts, keys, {"bits": ibis.literal(True)})
    told = {name: _told(known, weeks.within(known.bits, counted.window), counted) for name, counted in columns.items()}
    return known.group_by("account", "c").aggregate(**told)


def count_days(facts: ir.Table, windows: Windows, columns: Mapping[str, Window]) -> ir.Table:
    """The numbers of different days at each cutoff where there are any, by account.

    ``facts``: account, week, k, r, and a column a day of the week that says whether there was use.
    """
    days = [name for name in facts.columns if name not in _NOT_MEMBERS]
    weeks = Weeks(windows, list(columns.values()))
    known = weeks.known(facts, [], {day: facts[day] == 1 for day in days})
    told = {
        name: sum((_ones(weeks.within(known[day], window)) for day in days), ibis.literal(0, "int64"))
        for name, window in columns.items()
    }
    return known.select("account", "c", **told)


def count_ever(facts: ir.Table, windows: Windows, names: Sequence[str]) -> ir.Table:
    """The numbers of different members that were ever seen, at each cutoff where there are any; all under ``names``."""
    keys = [name for name in facts.columns if name not in _NOT_MEMBERS]
    seen = windows.first_seen(facts).group_by("account", *keys, "r", "at").aggregate()
    pairs = windows.later(seen)
    latest = pairs.select("account", "c", *keys).distinct()
    return latest.group_by("account", "c").aggregate(**{name: latest.count().cast("int64") for name in names})


class Weeks:
    """The weeks that any of some windows reaches, as bits: the last week before a cutoff is the highest."""

    def __init__(self, windows: Windows, asked: Sequence[Window]) -> None:
        if not all(window.weeks for window in asked):
            raise ValueError("Days are counted in windows: declare the measure with windows=(...).")
        self._windows = windows
        self._reach = max(window.weeks + window.lag for window in asked)
        if self._reach > LONGEST:
            raise ValueError(f"Windows of different members reach {LONGEST} weeks back at most, not {self._reach}.")

    def known(self, facts: ir.Table, keys: Sequence[str], used: Mapping[str, ir.BooleanValue]) -> ir.Table:
        """The bits of each account and ``keys`` at each cutoff ``c``, under the names of ``used``."""
        rows = self._windows.first_seen(facts.mutate(**used))
        age = rows["at"] - 1 - rows.week
        rows = rows.mutate(bit=bit(self._reach - 1 - age)).filter(age < self._reach)
        bits = {name: bit_or(rows[name].ifelse(rows.bit, 0)) for name in used}
        seen = rows.group_by("account", *keys, "r", "at").aggregate(**bits)
        pairs = self._windows.later(seen, self._reach)
        moved = {name: bit_or(pairs[name] >> (pairs.c - pairs["at"]).cast("int32")) for name in used}
        return pairs.group_by("account", "c", *keys).aggregate(**moved)

    def within(self, bits: ir.IntegerValue, window: Window) -> ir.IntegerValue:
        """Those of the bits that lie in a window."""
        lowest = self._reach - window.lag - window.weeks
        return (bits >> ibis.literal(lowest, "int32")) & ibis.literal((1 << window.weeks) - 1, "int64")


def _told(known: ir.Table, bits: ir.IntegerValue, counted: Counted) -> ir.IntegerValue:
    value = _ones(bits) if counted.by_week else (bits > 0).ifelse(1, 0)
    kept = value if counted.which is None else counted.which(known).fill_null(False).ifelse(value, 0)
    return kept.sum().cast("int64")


def _ones(bits: ir.IntegerValue) -> ir.IntegerValue:
    return bit_count(bits).cast("int64")

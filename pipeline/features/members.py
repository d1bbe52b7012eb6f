"""Distinct members in windows: for each cutoff the latest week of each member, and then how many are late enough.

Between two cutoffs nobody looks, so of a member's facts that are first seen at one cutoff (and withdrawn in one week)
the latest says all. That is done first, while there are many facts, and leaves few.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.types as ir

from pipeline.features.windows import Window, Windows

_NOT_MEMBERS = ("account_id", "week", "k", "r")
Counted = Mapping[str, tuple[Window, Any]]
"""Columns: the window of each, and a function of a table of members that says which to count (None: all)."""


def count_members(facts: ir.Table, windows: Windows, columns: Counted) -> ir.Table:
    """The numbers of different members at each cutoff where there are any, by account.

    ``facts``: account_id, week, k, r, and all other columns name the member. The windows of ``columns`` have one lag
    and either all of them an end or none.
    """
    keys = [name for name in facts.columns if name not in _NOT_MEMBERS]
    (lag,) = {window.lag for window, _ in columns.values()}
    reach = max(window.weeks for window, _ in columns.values())
    seen = windows.first_seen(facts, lag).group_by("account_id", *keys, "r", "at")
    pairs = windows.reached(seen.aggregate(week=lambda t: t.week.max()), lag, reach)
    latest = pairs.filter(pairs["at"] <= pairs.c).group_by("account_id", "c", *keys).aggregate(week=pairs.week.max())
    counts = {name: _number(latest, window, which) for name, (window, which) in columns.items()}
    return latest.group_by("account_id", "c").aggregate(**counts)


def count_days(facts: ir.Table, windows: Windows, columns: Mapping[str, Window]) -> ir.Table:
    """The numbers of different days at each cutoff where there are any, by account.

    ``facts``: account_id, week, k, r, and a column a day of the week that says whether there was use. The windows of
    ``columns`` are as in ``count_members``.
    """
    days = [name for name in facts.columns if name not in _NOT_MEMBERS]
    lag = next(iter(columns.values())).lag
    reach = max(window.weeks for window in columns.values())
    pairs = windows.reached(windows.first_seen(facts, lag), lag, reach)
    known = pairs.filter(pairs["at"] <= pairs.c).group_by("account_id", "c", "week")
    weekly = known.aggregate(**{name: pairs[name].max() for name in days})
    weekly = weekly.select("account_id", "c", "week", used=sum((weekly[name] for name in days), ibis.literal(0)))
    used = {name: _inside(weekly, window).ifelse(weekly.used, 0) for name, window in columns.items()}
    totals = {name: value.sum().cast("int64") for name, value in used.items()}
    return weekly.group_by("account_id", "c").aggregate(**totals)


def _number(latest: ir.Table, window: Window, which: Any) -> ir.IntegerValue:
    inside = _inside(latest, window)
    asked = inside if which is None else inside & which(latest).fill_null(False)
    return asked.ifelse(1, 0).sum().cast("int64")


def _inside(latest: ir.Table, window: Window) -> ir.BooleanValue:
    return latest.week >= latest.c - window.lag - window.weeks if window.weeks else latest.week.notnull()

"""Whether each table still speaks: a feed that has stopped must not look like customers who have.

Everybody would look silent where usage ends, and content where support does. So how far the tables reach is compared
with the week asked for, each by its own rhythm.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

from pipeline.figures import day
from pipeline.stages.tables import UNKNOWN_START, asked, columns_of, literal

Paths = Mapping[str, Path]

_STALE = timedelta(days=14)
STEADY = ("usage", "levels", "tickets")
"""What a company's customers do every week, or are told of at every period's end."""
_IN_RHYTHM = ("usage", "tickets", "subscriptions", "surveys", "invoices", "touches")
"""What comes in a rhythm of the company's own."""
_WEEK = timedelta(days=7)
_ALSO = {"subscriptions": ("ended_at", "valid_to", "cancel_requested_at"), "invoices": ("paid_at",)}
"""Moments that tell of a table's life besides its rows' own: a year without a new customer is no feed that stopped."""
_HALF_YEAR, _FEW_DAYS = timedelta(days=182), 8
_BACK = {"surveys": timedelta(days=400)}
"""How far back a rhythm is looked for, where not in half a year: many companies ask once or twice a year."""
_LONGER_THAN_EVER = 3
_WEEKS_BEFORE, _PARTIAL, _ENOUGH_ROWS = 8, 0.4, 500
"""Less than 40 % of the median of eight weeks is no whole load; in weeks of few rows it can be chance."""


def span_of(table: Path) -> tuple[date, date] | None:
    """The first and last day on which something occurred; None for an empty table."""
    spanned = "SELECT min(occurred_at)::DATE, max(occurred_at)::DATE FROM read_parquet(?) WHERE occurred_at >= ?"
    found = asked(spanned, table, UNKNOWN_START)
    return None if found[0][0] is None else (found[0][0], found[0][1])


def stale_after(paths: Paths) -> timedelta | None:
    """How long after its last row what customers do most says nothing of a week any more; None without such a table."""
    steady = next((name for name in STEADY if name in paths), None)
    if steady is None:
        return None
    if steady != "levels":
        return _STALE
    # the figures of the period that runs come when it is over
    (longest,) = asked("SELECT coalesce(max(period_days), 0) FROM read_parquet(?)", paths[steady])[0]
    return _STALE + timedelta(days=int(longest))


def fallen_silent(paths: Paths, cutoff: date) -> Iterator[tuple[str, str]]:
    """Tables that had nothing before ``cutoff`` for far longer than ever in the time before, each with a word."""
    for name in _IN_RHYTHM:
        days = _days(name, paths[name], cutoff) if name in paths else []
        if len(days) < _FEW_DAYS:
            continue  # too rare to have a rhythm
        usual = max(after - before for before, after in pairwise(days))
        silent = cutoff - days[-1]
        if silent > max(_WEEK if name == "usage" else _STALE, _LONGER_THAN_EVER * usual):
            told = f"{name} end on {day(days[-1])}, {silent.days} days before the week of {day(cutoff)}"
            rest = f"{usual.days} day{'s'[: usual.days != 1]}"
            back = _BACK.get(name, _HALF_YEAR).days
            yield (
                name,
                f"{told}, and never rested for more than {rest} in the {back} days before that: has it stopped?",
            )


def partly_loaded(usage: Path, accounts: Path | None, segment: str, week: int) -> Iterator[str]:
    """That the usage of the last week, or of one segment in it, is far less than in the weeks before.

    ``week``: the number of the cutoff's week. The half of a load looks like customers who have all lost interest.
    """
    told = _fallen(_by_week("'all'", usage, None, week))
    if told:
        yield f"usage of the last week holds {told[0][1]}: was it loaded whole?"
    elif accounts is not None and segment in columns_of(accounts):
        named = ", ".join(f"{name} {rows}" for name, rows in _fallen(_by_week(f'a."{segment}"', usage, accounts, week)))
        if named:
            yield f"usage of the last week lacks a segment: {named}. Was it loaded whole?"


def _by_week(group: str, usage: Path, accounts: Path | None, week: int) -> list[tuple[str, int, float]]:
    """Of each group the rows of the last week, and the median of those of the weeks before."""
    named = "" if accounts is None else f"JOIN read_parquet({literal(accounts)}) a USING (account_id)"
    return asked(
        f"WITH rows AS (SELECT {group} AS name, u.occurred_week AS week FROM read_parquet(?) u {named} "
        "WHERE u.occurred_week BETWEEN ? AND ?), "
        "weekly AS (SELECT name, week, count(*) AS rows FROM rows WHERE name IS NOT NULL GROUP BY ALL) "
        "SELECT name::VARCHAR, coalesce(any_value(rows) FILTER (week = ?), 0), "
        "coalesce(median(rows) FILTER (week < ?), 0) FROM weekly GROUP BY name ORDER BY name",
        usage, week - 1 - _WEEKS_BEFORE, week - 1, week - 1, week - 1,
    )  # fmt: skip


def _fallen(groups: list[tuple[str, int, float]]) -> list[tuple[str, str]]:
    """The groups of enough rows that fell to a part of what they had, with a word on it."""
    fallen = [each for each in groups if each[2] >= _ENOUGH_ROWS and each[1] < _PARTIAL * each[2]]
    return [(name, f"{now:,} rows, where the weeks before had {before:,.0f}") for name, now, before in fallen]


def _days(name: str, table: Path, cutoff: date) -> list[date]:
    """The last days before ``cutoff`` on which something was told, as far back as a rhythm is looked for."""
    told = " UNION ".join(
        f"SELECT {moment}::DATE AS day FROM read_parquet({literal(table)}) WHERE {moment} < $cutoff"
        for moment in ("occurred_at", *_ALSO.get(name, ()))
    )
    last = "SELECT day FROM days WHERE day >= (SELECT max(day) FROM days) - $back::INTEGER ORDER BY day"
    back = _BACK.get(name, _HALF_YEAR).days
    return [each for (each,) in asked(f"WITH days AS ({told}) {last}", cutoff=cutoff, back=back)]

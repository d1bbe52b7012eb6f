"""What makes tables doubtful though every row of them is valid: told by ``check`` and before features are computed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.figures import percent
from pipeline.stages.tables import UNKNOWN_START, asked

_DATED = ("usage", "levels", "tickets", "surveys", "subscriptions", "invoices", "touches")
_LATE_DAYS = 28
"""Rows that become known later than this say nothing of the weeks that they belong to."""


def doubts(paths: Mapping[str, Path], active: str) -> Iterator[str]:
    """A sentence for each doubt. ``paths``: canonical tables; ``active``: the one that says who is a customer."""
    if active == "accounts":
        yield from _unknown_starts(paths[active])
    for name in _DATED:
        if name in paths:
            yield from _known_late(name, paths[name])


def _unknown_starts(accounts: Path) -> Iterator[str]:
    """Who has no start would have been a customer at every past week: those who left before are not in the file."""
    counted = "SELECT count(*) FILTER (occurred_at < ?), count(*) FROM read_parquet(?)"
    ((unknown, every),) = asked(counted, UNKNOWN_START, accounts)
    if unknown:
        yield (
            f"{unknown:,} of {every:,} accounts have no start, so they count as customers at every past week, also "
            "before they were any: map accounts.started_at, or let 'spine: {active: usage}' say who is a customer."
        )


def _known_late(name: str, table: Path) -> Iterator[str]:
    """A time of loading looks like this: what was long known would not have been seen at any past week."""
    counted = (
        "SELECT count(*) FILTER (known_at > occurred_at + to_days(?::INTEGER)), count(*) "
        "FROM read_parquet(?) WHERE occurred_at >= ?"
    )
    ((late, every),) = asked(counted, _LATE_DAYS, table, UNKNOWN_START)
    if every and late > every / 2:
        # costs more than the counts, and is told where they are doubtful only
        days = "SELECT mode(known_at::DATE) FROM read_parquet(?) WHERE occurred_at >= ?"
        ((commonest,),) = asked(days, table, UNKNOWN_START)
        yield (
            f"{percent(late / every)} of {name} became known more than {_LATE_DAYS} days after they occurred, most on "
            f"{commonest}: past weeks see none of them. If known_at is when rows were loaded, do not map it; a 'delay' "
            "says how late they usually are."
        )

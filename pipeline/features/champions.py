"""The most active member of an account, elected once for each full block of weeks.

An election counts the rows that were known when the block closed, and is never redone: late rows do not change it.
Ties go to the first name. A cutoff looks at the last block that was full by then; how long ago its member was seen is
as of the cutoff itself.
"""

from __future__ import annotations

from typing import Any

import ibis.expr.types as ir

from pipeline.engine import Engine
from pipeline.features.aggregates import ratio
from pipeline.features.windows import Windows, highest

_BLOCK = ("account", "block")


def elected(ballots: ir.Table, weeks: int, engine: Engine) -> ir.Table:
    """The member with the highest ``value`` of each account and block, with its share.

    ``ballots``: account, member, block, timely, r, value. Returns account, block, member, share.
    """
    counted = ballots.filter(ballots.timely & (ballots.r >= _closed(ballots.block, weeks)))
    sums = engine.settle(counted.group_by(*_BLOCK, "member").aggregate(value=counted.value.sum().cast("int64")))
    best = sums.group_by(*_BLOCK).aggregate(most=sums.value.max(), total=sums.value.sum().cast("int64"))
    tied = sums.join(best, list(_BLOCK)).filter(lambda t: t.value == t.most)
    return tied.group_by(*_BLOCK).aggregate(member=tied.member.min(), share=ratio(tied.most, tied.total).max())


def champions(facts: ir.Table, grid: ir.Table, weeks: int, windows: Windows, engine: Engine) -> ir.Table:
    """At each row of ``grid`` (account, at): ``share`` of the champion, and the ``seen`` day number of its last use.

    ``facts``: account, member, week, k, r, value, seen.
    """
    ballots = engine.settle(_ballots(facts, weeks, windows))
    chosen = engine.settle(elected(ballots, weeks, engine))
    at = grid.mutate(block=(grid["at"] // weeks - 1).cast("int64"))
    asked = engine.settle(at.join(chosen, list(_BLOCK)).select(*_BLOCK, "at", "share"))
    theirs = ballots.rename(of="block").join(chosen.select(*_BLOCK, "member"), ["account", "member"])
    lately = (theirs.of == theirs.block) | (theirs.of == theirs.block + 1)
    theirs = engine.settle(theirs.filter(lately).select(*_BLOCK, "at", "r", "seen"))
    engine.release(ballots)
    seen = highest(theirs, asked.select(*_BLOCK, "at"), _BLOCK, ["seen"])
    return seen.join(asked, [*_BLOCK, "at"]).select("account", "at", "share", "seen")


def _ballots(facts: ir.Table, weeks: int, windows: Windows) -> ir.Table:
    """What a member did in a block, as far as it was first seen at one cutoff; ``timely``: before the block closed."""
    block = (facts.week // weeks).cast("int64")
    rows = windows.first_seen(facts.mutate(block=block, timely=facts.k < _closed(block, weeks)))
    keys = ("account", "member", "block", "timely", "r", "at")
    return rows.group_by(*keys).aggregate(value=rows.value.sum().cast("int64"), seen=rows.seen.max())


def _closed(block: Any, weeks: int) -> Any:
    """The first cutoff at which a block was full."""
    return (block + 1) * weeks

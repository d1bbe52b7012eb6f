"""The most active member of an account, elected once for each full block of weeks.

An election counts the rows that were known when the block closed, and is never redone: late rows do not change it.
Ties go to the first name. A cutoff looks at the last block that was full by then; how long ago its member was seen is
as of the cutoff itself.
"""

from __future__ import annotations

import ibis.expr.types as ir

from pipeline.engine import Engine
from pipeline.features.aggregates import ratio
from pipeline.features.windows import highest

_BLOCK = ("account", "block")


def elected(facts: ir.Table, weeks: int, engine: Engine) -> ir.Table:
    """The member with the highest ``value`` of each account and block, with its share.

    ``facts``: account, member, o, k, r, value. Returns account, block, member, share.
    """
    block = facts.o // weeks
    closed = (block + 1) * weeks
    facts = facts.mutate(block=block.cast("int64")).filter((facts.k < closed) & (facts.r >= closed))
    sums = engine.settle(facts.group_by(*_BLOCK, "member").aggregate(value=facts.value.sum().cast("int64")))
    best = sums.group_by(*_BLOCK).aggregate(most=sums.value.max(), total=sums.value.sum().cast("int64"))
    tied = sums.join(best, list(_BLOCK)).filter(lambda t: t.value == t.most)
    return tied.group_by(*_BLOCK).aggregate(member=tied.member.min(), share=ratio(tied.most, tied.total).max())


def champions(facts: ir.Table, grid: ir.Table, weeks: int, engine: Engine) -> ir.Table:
    """At each row of ``grid`` (account, at): ``share`` of the champion, and the ``seen`` day number of its last use.

    ``facts`` as in ``elected``, with ``seen``.
    """
    chosen = engine.settle(elected(facts, weeks, engine))
    at = grid.mutate(block=(grid["at"] // weeks - 1).cast("int64"))
    asked = engine.settle(at.join(chosen, list(_BLOCK)).select(*_BLOCK, "at", "share"))
    theirs = facts.join(chosen.select(*_BLOCK, "member"), ["account", "member"])
    lately = (theirs.o >= theirs.block * weeks) & (theirs.o < (theirs.block + 2) * weeks)
    theirs = engine.settle(theirs.filter(lately).select(*_BLOCK, "k", "r", "seen"))
    seen = highest(theirs, asked.select(*_BLOCK, "at"), _BLOCK, ["seen"])
    return seen.join(asked, [*_BLOCK, "at"]).select("account", "at", "share", "seen")

"""Distinct members: the union of each member's spans, brought to the form in which sums are kept.

Where nothing of a member was withdrawn, a fact counts until a later one of the same member takes over, so that one
sort serves every window: ``upto`` is the last week before that. Facts that another makes needless (later and known no
later) are left out, and members of one history become one row. Members with a withdrawn fact are rare, and take the
general way: each fact counts where no earlier span of its member reaches.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from pipeline.engine import Engine
from pipeline.features.facts import NEVER
from pipeline.features.windows import Window


@dataclass(frozen=True)
class Members:
    """The facts of one kind of member: ``lasting`` by lag (account_id, o, start, upto, n), the others as they are."""

    lasting: dict[int, ir.Table]
    withdrawn: ir.Table

    @classmethod
    def of(cls, facts: ir.Table, lags: Iterable[int], engine: Engine) -> Members:
        """From different facts (account_id, o, k, r) of members, whom all other columns name."""
        keys = tuple(name for name in facts.columns if name not in ("o", "k", "r"))
        lags = sorted(set(lags))
        facts = engine.settle(_with_next(facts, keys, lags))
        members = [facts[name].cast("string") for name in keys if name != "account_id"]
        name = ibis.literal("\n").join(members) if len(members) > 1 else members[0]
        withdrawn = facts.filter(~facts.steady).select("account_id", "o", "k", "r", member=name)
        return cls({lag: engine.settle(_lasting(facts, lag)) for lag in lags}, withdrawn)


def _with_next(facts: ir.Table, keys: tuple[str, ...], lags: list[int]) -> ir.Table:
    """Facts with whether their member is steady (nothing withdrawn) and, for each lag, ``next_<lag>``."""
    later = ibis.window(group_by=list(keys), order_by=[facts.o.desc(), facts.k], preceding=(None, 1))
    steady = facts.r.min().over(ibis.window(group_by=list(keys))) == NEVER
    following = {f"next_{lag}": _from(facts, lag).min().over(later).fill_null(NEVER) for lag in lags}
    return facts.mutate(steady=steady, **following)


def _from(facts: ir.Table, lag: int) -> ir.IntegerValue:
    """The week before the first cutoff at which a fact counts."""
    return ibis.greatest(facts.k, facts.o + lag)


def _lasting(facts: ir.Table, lag: int) -> ir.Table:
    """The facts of steady members that matter, members of one history together."""
    kept = facts.filter(facts.steady & (_from(facts, lag) < facts[f"next_{lag}"]))
    kept = kept.select("account_id", "o", start=_from(kept, lag) + 1, upto=kept[f"next_{lag}"])
    return kept.group_by("account_id", "o", "start", "upto").aggregate(n=kept.count().cast("int64"))


def general_spans(facts: ir.Table, window: Window) -> ir.Table:
    """The part of each fact's span that no earlier span of its member (account_id, kind, member) covers."""
    spans = facts.mutate(start=window.start(facts), stop=window.stop(facts))
    by_member = ["account_id", "kind", "member"]
    earlier = ibis.window(group_by=by_member, order_by=[spans.start, spans.stop], preceding=(None, 1))
    spans = spans.mutate(covered=spans.stop.max().over(earlier).fill_null(-1))
    spans = spans.select("account_id", "kind", start=ibis.greatest(spans.start, spans.covered + 1), stop=spans.stop)
    return spans.filter(spans.start <= spans.stop)

"""Why customers said they left, of the churns of the last weeks.

A reason is what the company's own systems recorded at the cancellation (``cancel_reason`` of a subscription, ``reason``
of a recorded churn). One that only a single customer stated may be free text and name somebody: it is counted under
"other".
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir

from pipeline.engine import Engine
from pipeline.portfolio.customers import rows_of
from pipeline.spine import Tables

WEEKS = 52
OTHER, NOT_STATED = "other", "not stated"
_SLACK = ibis.interval(days=31)
_LONGEST = 60


def churn_reasons(tables: Tables, churns: ir.Table, cutoff: date, engine: Engine) -> dict[str, Any] | None:
    """Churns by stated reason, the most frequent first (portfolio.json, ``churn_reasons``); None where none is stated.

    ``churns`` has account_id and churned_at, as known at the cutoff.
    """
    stated = _stated(tables, cutoff)
    if stated is None:
        return None
    since, at = cutoff - timedelta(weeks=WEEKS), ibis.literal(cutoff).cast("timestamp(6)")
    recent = churns.filter(churns.churned_at >= ibis.literal(since).cast("timestamp(6)"), churns.churned_at < at)
    recent = recent.select("account_id", "churned_at").distinct()
    near = recent.left_join(
        stated,
        [recent.account_id == stated.account_id, stated.told_at <= recent.churned_at + _SLACK],
    )
    latest = ibis.window(
        group_by=["account_id", "churned_at"], order_by=[near.told_at.desc(nulls_first=False), near.reason]
    )
    one = near.mutate(place=ibis.row_number().over(latest))
    one = one.filter(one.place == 0)
    rows = rows_of(engine, one.group_by("reason").aggregate(n=one.count()))
    counts = Counter({row["reason"]: row["n"] for row in rows})
    if not set(counts) - {None}:
        return None
    return _told(counts)


def common_reasons(tables: Tables, cutoff: date, engine: Engine) -> frozenset[str]:
    """The reasons that more than one customer had stated at the cutoff: those of a form, which name nobody."""
    stated = _stated(tables, cutoff)
    if stated is None:
        return frozenset()
    rows = rows_of(engine, stated.group_by("reason").aggregate(n=stated.account_id.nunique()))
    return frozenset(str(row["reason"]) for row in rows if _is_form(str(row["reason"]), int(row["n"])))


def _is_form(reason: str, customers: int) -> bool:
    """Whether a reason is one of a list to choose from, and no free text that may name somebody."""
    return customers > 1 and len(reason) <= _LONGEST and "@" not in reason


def _stated(tables: Tables, cutoff: date) -> ir.Table | None:
    """Each stated reason known at the cutoff: account_id, told_at, reason."""
    at, found = ibis.literal(cutoff).cast("timestamp(6)"), []
    if "subscriptions" in tables and "cancel_reason" in tables["subscriptions"].columns:
        rows = tables["subscriptions"]
        told = rows.filter(rows.known_at < at, rows.cancel_requested_at < at, rows.cancel_known_at < at)
        found.append(told.select("account_id", told_at=told.cancel_requested_at, reason=told.cancel_reason))
    if "churns" in tables:
        rows = tables["churns"]
        told = rows.filter(rows.known_at < at, rows.occurred_at < at)
        found.append(told.select("account_id", told_at=told.occurred_at, reason=told.reason))
    if not found:
        return None
    both = found[0] if len(found) == 1 else found[0].union(found[1])
    both = both.mutate(reason=both.reason.strip())
    return both.filter(both.reason.notnull(), both.reason != "")


def _told(counts: Counter[str | None]) -> dict[str, Any]:
    silent = counts.pop(None, 0)
    grouped: Counter[str] = Counter()
    for reason, number in counts.items():
        assert reason is not None
        grouped[reason if _is_form(reason, number) else OTHER] += number
    other = grouped.pop(OTHER, 0)
    rows = sorted(grouped.items(), key=lambda item: (-item[1], item[0]))
    rows += [(name, number) for name, number in ((OTHER, other), (NOT_STATED, silent)) if number]
    stated = sum(counts.values())
    return {
        "weeks": WEEKS,
        "churns": stated + silent,
        "stated": stated,
        "rows": [{"reason": name, "churns": number} for name, number in rows],
    }

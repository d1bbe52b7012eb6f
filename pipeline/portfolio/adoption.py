"""Which features customers use, by plan: the share of a plan's customers with any use of it in the last weeks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import ibis.expr.types as ir

from pipeline.engine import Engine
from pipeline.portfolio.customers import instant_table, rows_of, states

WEEKS = 4
MOST = 15
"""Events that are shown where the configuration names no features: those that most customers use."""


def adoption(
    usage: ir.Table,
    coverage: ir.Table,
    cutoff: date,
    week: int,
    features: Sequence[str],
    plans: Mapping[str, Sequence[str]],
    engine: Engine,
) -> dict[str, Any]:
    """Use of each feature by plan (portfolio.json, ``adoption``). ``week``: the cutoff's number; ``plans``: what each
    plan offers, where that is configured.
    """
    customers = engine.settle(states(coverage, engine.frame(instant_table([cutoff]))).select("account_id", "plan"))
    sizes = {
        row["plan"]: row["n"] for row in rows_of(engine, customers.group_by("plan").aggregate(n=customers.count()))
    }
    users = engine.settle(_users(usage, customers, week, features))
    found = rows_of(engine, users.group_by("event", "plan").aggregate(n=users.count()))
    for table in (users, customers):
        engine.release(table)
    named = sorted(plan for plan in sizes if plan is not None)
    names = features or _most_used(found)
    return {
        "weeks": WEEKS,
        "customers": sum(sizes.values()),
        "plans": [{"plan": plan, "accounts": sizes[plan]} for plan in named],
        "features": [_feature(name, found, sizes, named, plans) for name in names],
    }


def _users(usage: ir.Table, customers: ir.Table, week: int, features: Sequence[str]) -> ir.Table:
    """Each account with each event that it used within the window, as known at the cutoff."""
    kept = usage.retracted_week.isnull() | (usage.retracted_week >= week)
    seen = usage.filter(usage.occurred_week >= week - WEEKS, usage.occurred_week < week, usage.known_week < week, kept)
    seen = seen.filter(seen.event.isin(list(features))) if features else seen
    return seen.select("account_id", "event").distinct().join(customers, "account_id").select("event", "plan")


def _most_used(found: Sequence[Mapping[str, Any]]) -> list[str]:
    totals: dict[str, int] = {}
    for row in found:
        totals[row["event"]] = totals.get(row["event"], 0) + row["n"]
    return sorted(totals, key=lambda name: (-totals[name], name))[:MOST]


def _feature(
    name: str,
    found: Sequence[Mapping[str, Any]],
    sizes: Mapping[str | None, int],
    named: Sequence[str],
    plans: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    used = {row["plan"]: row["n"] for row in found if row["event"] == name}
    total, everyone = sum(used.values()), sum(sizes.values())
    by_plan = {
        plan: {
            "accounts": used.get(plan, 0),
            "share": used.get(plan, 0) / sizes[plan],
            "in_plan": name in plans[plan] if plan in plans else None,
        }
        for plan in named
    }
    return {
        "feature": name,
        "accounts": total,
        "share": total / everyone if everyone else None,
        "by_plan": by_plan,
    }

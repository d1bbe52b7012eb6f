"""Small random companies with every table, late and withdrawn rows, and futures that can be changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from pipeline.clock import Calendar
from pipeline.config.settings import FeatureSettings
from pipeline.contracts import CONTRACTS
from pipeline.engine import Engine
from tests.pipeline.builders import table

Rows = list[dict[str, Any]]
World = dict[str, Rows]

CALENDAR = Calendar()
FIRST = datetime(2025, 1, 6)
WEEKS = 60
EVENTS = ("login", "report", "export", "invite")
LEVELS = {"Active users": -1, "logins": -1}
SETTINGS = FeatureSettings(
    login_events=("login",),
    key_events=("report", "export"),
    features=("report",),
    plan_features={"Pro": ("report", "export", "api"), "Basic": ("report",)},
    milestones=("invite", "report"),
)
ENDS = {"subscriptions": {"valid_to": "replaced_known_at", "ended_at": "ended_known_at"}}


def world(seed: int, accounts: int = 5, size: int = 40) -> World:
    """Rows of every table, about ``size`` an account and table."""
    draw = np.random.default_rng(seed)
    names = [f"a{number}" for number in range(accounts)]
    makers = {"usage": 6 * size, "tickets": size, "surveys": size, "invoices": size // 2, "touches": size // 2}
    rows = {name: [_row(name, f"{name}{n}", draw, names) for n in range(count)] for name, count in makers.items()}
    rows["subscriptions"] = [_row("subscriptions", f"s{n}", draw, names) for n in range(3 * accounts)]
    rows["levels"] = [
        _level(name, measure, period, draw) for name in names for measure in LEVELS for period in range(12)
    ]
    rows["accounts"] = [
        {
            "account_id": name,
            "occurred_at": FIRST - timedelta(days=30),
            "attr_industry": f"kind {n % 2}",
            "attr_size": n,
        }
        for n, name in enumerate(names)
    ]
    return rows


def _row(name: str, key: str, draw: np.random.Generator, accounts: Sequence[str]) -> dict[str, Any]:
    at = FIRST + timedelta(minutes=int(draw.integers(WEEKS * 7 * 24 * 60)))
    late = timedelta(days=int(draw.choice((0, 0, 0, 1, 9, 40))))
    row = {"account_id": str(draw.choice(accounts)), "occurred_at": at, "known_at": at + late}
    return row | content(name, key, at, draw)


def content(name: str, key: str, at: datetime, draw: np.random.Generator) -> dict[str, Any]:
    """What a row of a table says beside its account and times."""

    def later(most: int) -> datetime | None:
        return at + timedelta(hours=int(draw.integers(1, most * 24))) if draw.random() < 0.8 else None

    def number(most: int) -> int:
        return int(draw.integers(most))

    found = _said(name, key, at, later, number, draw)
    told = {column: spec.known_of for column, spec in CONTRACTS[name].columns.items() if spec.known_of}
    for column, of in told.items():
        if found.get(of) is not None:
            found[column] = found[of] + timedelta(days=int(draw.choice((0, 0, 3, 20))))
    return found


def _said(
    name: str,
    key: str,
    at: datetime,
    later: Callable[[int], datetime | None],
    number: Callable[[int], int],
    draw: np.random.Generator,
) -> dict[str, Any]:
    user = f"u{number(4)}"
    if name == "usage":
        withdrawn = CALENDAR.week_of(at.date()) + number(12) if draw.random() < 0.1 else None
        found = {
            "event_id": key,
            "event": EVENTS[number(4)],
            "quantity": number(3_000_000),
            "retracted_week": withdrawn,
        }
        return found | {"user_id": user if draw.random() < 0.9 else None}
    if name == "tickets":
        asked = {"ticket_id": key, "user_id": user, "priority": ("low", "normal", "high", "urgent")[number(4)]}
        done = {"solved_at": later(30), "resolution_seconds": number(10**6), "reopens": number(3), "replies": number(9)}
        more = {"channels": 1 + number(3), "escalated": bool(number(2))}
        return asked | done | more | {"first_response_at": later(3), "first_response_seconds": number(10**5)}
    if name == "surveys":
        kind = ("nps", "csat", "ces")[number(3)]
        score = float(number(11)) if kind == "nps" else number(11) / 10
        return {"survey_id": key, "kind": kind, "user_id": user, "answered_at": later(60), "score": score}
    if name == "invoices":
        paid = {"paid_at": later(90), "attempts": 1 + number(3)}
        return {"invoice_id": key, "due_at": at + timedelta(days=30), "amount": number(10**6)} | paid
    if name == "touches":
        return {"touch_id": key, "channel": "call", "author": "csm"}
    return {
        "subscription_id": key,
        "started_at": at,
        "valid_to": later(200),
        "ended_at": later(300),
        "cancel_requested_at": later(250) if draw.random() < 0.5 else None,
        "term_end": at + timedelta(days=365),
        "term_months": 12,
        "plan": "Pro",
        "mrr": number(10**6),
        "seats": number(50),
        "discount_pct": number(200) / 10,
        "auto_renew": bool(number(2)),
    }


def _level(account: str, measure: str, period: int, draw: np.random.Generator) -> dict[str, Any]:
    at = FIRST + timedelta(days=30 * (period + 1))
    row = {"account_id": account, "occurred_at": at, "known_at": at + timedelta(days=int(draw.choice((0, 0, 3, 40))))}
    return row | {"measure": measure, "value": int(draw.integers(700)) / 7, "period_days": 30}


def arrow(rows: World) -> dict[str, pa.Table]:
    """The world's tables as ingest writes them."""
    tables = {name: table(name, found, CALENDAR) for name, found in rows.items()}
    for name, kind in (("attr_industry", pa.string()), ("attr_size", pa.float64())):
        values = pa.array([row.get(name) for row in rows["accounts"]], kind)
        tables["accounts"] = tables["accounts"].append_column(name, values)
    return tables


def spine(cutoffs: Sequence[date], accounts: int = 5) -> pa.Table:
    """Every account at every cutoff, in two segments."""
    rows = [
        {
            "account_id": f"a{number}",
            "cutoff": cutoff,
            "cutoff_at": datetime(cutoff.year, cutoff.month, cutoff.day),
            "c": CALENDAR.week_of(cutoff),
            "segment": "big" if number % 2 else None,
            "mrr": 1000 * number,
            "term_end": FIRST + timedelta(days=400 + number),
            "plan": ("Pro", "Basic", None)[number % 3],
            "seats": 5 * number,
            "started_at": FIRST + timedelta(days=20 * (1 - number)),
            "notice_days": 30,
        }
        for cutoff in cutoffs
        for number in range(accounts)
    ]
    kinds = {"cutoff": pa.date32(), "cutoff_at": pa.timestamp("us"), "term_end": pa.timestamp("us")}
    kinds |= {"started_at": pa.timestamp("us"), "segment": pa.string(), "plan": pa.string(), "account_id": pa.string()}
    return pa.Table.from_pylist(rows, pa.schema([(name, kinds.get(name, pa.int64())) for name in rows[0]]))


def weeks(*numbers: int) -> list[date]:
    """Cutoffs, by weeks after the world began."""
    return [(FIRST + timedelta(weeks=number)).date() for number in numbers]


def on(engine: Engine, tables: Mapping[str, pa.Table]) -> dict[str, ir.Table]:
    """The tables on an engine."""
    return {name: engine.frame(rows) for name, rows in tables.items()}


def another_future(rows: World, cutoff: date, seed: int) -> World:
    """The same past at ``cutoff``, and everything after it changed, deleted, shuffled or new."""
    draw = np.random.default_rng(seed)
    accounts = sorted({row["account_id"] for row in rows["accounts"]})
    changed = {name: [_elsewhere(name, row, cutoff, draw) for row in found] for name, found in rows.items()}
    kept = {name: [row for row in found if row is not None] for name, found in changed.items()}
    for name in ("usage", "tickets", "surveys", "invoices", "touches", "subscriptions"):
        kept[name] += [_late(name, f"{name} late {n}", cutoff, draw, accounts) for n in range(3 * len(accounts))]
        draw.shuffle(kept[name])  # type: ignore[arg-type]
    kept["levels"] += [_late_level(name, measure, cutoff, draw) for name in accounts for measure in LEVELS]
    return kept


def _late(name: str, key: str, cutoff: date, draw: np.random.Generator, accounts: Sequence[str]) -> dict[str, Any]:
    """A row that happened at any time and is known only after the cutoff."""
    row = _row(name, key, draw, accounts)
    start = datetime(cutoff.year, cutoff.month, cutoff.day)
    return row | {"known_at": max(row["occurred_at"], start) + timedelta(days=int(draw.integers(20)))}


def _late_level(account: str, measure: str, cutoff: date, draw: np.random.Generator) -> dict[str, Any]:
    """The latest period that is over at the cutoff, told after it."""
    start = datetime(cutoff.year, cutoff.month, cutoff.day)
    row = {"occurred_at": start - timedelta(hours=1), "known_at": start + timedelta(days=int(draw.integers(20)))}
    return _level(account, measure, 0, draw) | row


def _elsewhere(name: str, row: dict[str, Any], cutoff: date, draw: np.random.Generator) -> dict[str, Any] | None:
    start = datetime(cutoff.year, cutoff.month, cutoff.day)
    if max(row["occurred_at"], row.get("known_at") or row["occurred_at"]) < start:
        return row | _unknown_yet(name, row, start, draw)
    if draw.random() < 0.4 or name in ("accounts", "levels"):
        return None
    return row | content(name, f"{name} changed {draw.integers(10**9)}", row["occurred_at"], draw)


def _unknown_yet(name: str, row: dict[str, Any], start: datetime, draw: np.random.Generator) -> dict[str, Any]:
    """New values for what a visible row does not yet say at the cutoff."""
    columns = CONTRACTS[name].columns
    known_by = {column: spec.known_by for column, spec in columns.items() if spec.known_by} | ENDS.get(name, {})
    unknown = {column for column, told in known_by.items() if row.get(told) is None or row[told] >= start}
    fresh = content(name, "", row["occurred_at"], draw) if unknown else {}
    changed = {column: fresh.get(column) for column in unknown}
    for column in sorted(unknown & {spec.known_of for spec in columns.values()}):
        # it may have happened before the cutoff, as long as nobody could know
        happened = start + timedelta(hours=int(draw.integers(-200, 2000))) if draw.random() < 0.7 else None
        changed[column] = happened and max(happened, row["occurred_at"])
        changed[known_by[column]] = happened and max(happened, start + timedelta(hours=int(draw.integers(100))))
    if name == "usage" and (row["retracted_week"] or 10**6) >= CALENDAR.week_of(start.date()):
        changed["retracted_week"] = CALENDAR.week_of(start.date()) + int(draw.integers(9))
    return changed

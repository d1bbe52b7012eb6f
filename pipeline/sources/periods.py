"""Folded usage periods: rows of a month (week, day) become one level for each account and measure, as of its end."""

from __future__ import annotations

from datetime import date

from pipeline.clock import Calendar
from pipeline.sources.canonical import week_of
from pipeline.sources.plan import Plan
from pipeline.sources.scratch import ident, text

_FOLDS = {
    "sum": "sum({value})",
    "max": "max({value})",
    "mean": "avg({value})",
    # ties within a period are broken by size, so that the order of rows cannot matter
    "last": "max({value}) FILTER (_last)",
}


def period_rows(plan: Plan, relation: str) -> str:
    """SELECT of account, day and measures from the accepted rows, for the comparison of duplicates."""
    listed = ", ".join(f"{ident('v_' + name)} AS {ident(name)}" for name in plan.columns if name != "known_at")
    known = ident("v_known_at") if "known_at" in plan.columns else "CAST(NULL AS TIMESTAMP)"
    return f"SELECT {listed}, {known} AS known_at, _file, _row FROM ({relation})"


def levels_sql(plan: Plan, rows: str, calendar: Calendar) -> str:
    """SELECT of the table ``levels`` from rows of account, day and measures."""
    assert plan.source.period is not None
    start = _start(plan, calendar)
    end = f"({start} + {_length(plan)})"
    arms = " UNION ALL ".join(_measure(name, plan) for name in plan.source.measures)
    delay = (plan.source.delay.total_seconds() if plan.source.delay else 0) * 1_000_000
    known = f"greatest(occurred_at, coalesce(_known, occurred_at + to_microseconds({int(delay)})))"
    weeks = f"{week_of('occurred_at', calendar)} AS occurred_week, {week_of('known_at', calendar)} AS known_week"
    return (
        f"WITH days AS (SELECT *, {start} AS _start, {end} AS _end FROM ({rows})) SELECT account_id, occurred_at, "
        f"known_at, {weeks}, measure, value, period_days, 0 AS _file, 0 AS _row "
        f"FROM (SELECT *, {known} AS known_at FROM ({arms})) WHERE value IS NOT NULL"
    )


def _measure(name: str, plan: Plan) -> str:
    column = ident(f"m_{name}")
    folded = _FOLDS[plan.source.measures[name].fold].format(value=column)
    last = (
        f"occurred_at = max(occurred_at) FILTER ({column} IS NOT NULL) OVER (PARTITION BY account_id, _start) AS _last"
    )
    return (
        f"SELECT account_id, CAST(_end AS TIMESTAMP) AS occurred_at, max(known_at) AS _known, {text(name)} AS measure, "
        f"CAST({folded} AS DOUBLE) AS value, CAST(date_diff('day', _start, _end) AS BIGINT) AS period_days "
        f"FROM (SELECT *, {last} FROM days) GROUP BY account_id, _start, _end"
    )


def _start(plan: Plan, calendar: Calendar) -> str:
    assert plan.source.period is not None
    if plan.source.period.length == "month":
        return "date_trunc('month', occurred_at)"
    days = {"day": 1, "week": 7}.get(plan.source.period.length, plan.source.period.days)
    epoch: date = calendar.epoch
    offset = f"((CAST(occurred_at AS DATE) - DATE '{epoch}') + {days} * 100000) // {days} - 100000"
    return f"(TIMESTAMP '{epoch}' + to_days(CAST(({offset}) * {days} AS INTEGER)))"


def _length(plan: Plan) -> str:
    assert plan.source.period is not None
    if plan.source.period.length == "month":
        return "to_months(1)"
    return f"to_days({ {'day': 1, 'week': 7}.get(plan.source.period.length, plan.source.period.days) })"

"""Folded usage periods: rows of a month (week, day) become one level for each account and measure, as of its end.

A level occurs at the last instant of its period, so that the cutoff at which the period ends already sees it.
"""

from __future__ import annotations

from datetime import date

from pipeline.clock import Calendar
from pipeline.errors import ContractError
from pipeline.sources.canonical import week_of
from pipeline.sources.plan import Plan
from pipeline.sources.scratch import Scratch, ident, text

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


def is_over(plan: Plan, moment: str, by: str) -> str:
    """SQL for whether what a row tells of was over before ``by``: a month that an account began in was not."""
    return f"{moment} < {by}" if plan.source.period is None else f"{moment} + {_length(plan)} <= {by}"


def refuse_shifted(scratch: Scratch, plan: Plan, rows: str, calendar: Calendar) -> None:
    """Raise ContractError where all rows are dated by periods that do not begin where ours do.

    Folded into ours, each would count as known before its own period had ended.
    """
    days = _days(plan)
    if days in (None, 1) or plan.source.period is None or plan.source.period.starts is not None:
        return
    place = f"((CAST(occurred_at AS DATE) - DATE '{calendar.epoch}') % {days} + {days}) % {days}"
    asked = f"min({place}), max({place}), min(occurred_at)::DATE, max(occurred_at)::DATE"
    lowest, highest, first, last = scratch.rows(f"SELECT {asked} FROM ({rows})")[0]
    if lowest == highest and lowest and first < last:
        raise ContractError(
            f"{plan.where}: every row is dated day {lowest + 1} of a period of {days} days that begins with "
            f"the calendar, such as {first}: these periods begin on other days",
            hint=f"say on which day one of them begins: period: {{..., starts: {first}}}",
        )


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
        f"SELECT account_id, CAST(_end AS TIMESTAMP) - INTERVAL 1 MICROSECOND AS occurred_at, max(known_at) AS _known, "
        f"{text(name)} AS measure, CAST({folded} AS DOUBLE) AS value, "
        f"CAST(date_diff('day', _start, _end) AS BIGINT) AS period_days "
        f"FROM (SELECT *, {last} FROM days) GROUP BY account_id, _start, _end"
    )


def _days(plan: Plan) -> int | None:
    """The fixed length of a period; None for months."""
    assert plan.source.period is not None
    return {"day": 1, "week": 7, "month": None}.get(plan.source.period.length, plan.source.period.days)


def _start(plan: Plan, calendar: Calendar) -> str:
    days = _days(plan)
    if days is None:
        return "date_trunc('month', occurred_at)"
    assert plan.source.period is not None
    first: date = plan.source.period.starts or calendar.epoch
    offset = f"((CAST(occurred_at AS DATE) - DATE '{first}') + {days} * 100000) // {days} - 100000"
    return f"(TIMESTAMP '{first}' + to_days(CAST(({offset}) * {days} AS INTEGER)))"


def _length(plan: Plan) -> str:
    days = _days(plan)
    return "to_months(1)" if days is None else f"to_days({days})"

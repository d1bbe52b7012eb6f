"""Who was a customer when: the (account, cutoff) pairs that every later table has as its rows.

Coverage comes from one of three places and is brought to one form: subscription rows, the start and end of the
account itself, or recent use. A row covers a cutoff when ``started_at < cutoff <= ended_at``, so that an account
which ends on the very day of the cutoff is still asked about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from pipeline.clock import Calendar, midnight

Tables = Mapping[str, ir.Table]

_STATE = {
    "mrr": "int64",
    "term_end": "timestamp(6)",
    "plan": "string",
    "seats": "int64",
    "notice_days": "int64",
    "term_months": "int64",
    "cancel_requested_at": "timestamp(6)",
    "cancel_known_at": "timestamp(6)",
    "ended_at": "timestamp(6)",
    "ended_known_at": "timestamp(6)",
    "valid_to": "timestamp(6)",
    "replaced_known_at": "timestamp(6)",
}
ENDS = {"ended_at": "ended_known_at", "valid_to": "replaced_known_at"}
"""The two ways in which a row of coverage ends, each with the column that says when that could first be known."""


def cutoff_table(calendar: Calendar, cutoffs: Sequence[date]) -> pa.Table:
    """The cutoffs as a table: ``cutoff`` (date), ``cutoff_at`` (its first instant) and ``c`` (its week number)."""
    days = sorted(cutoffs)
    return pa.table(
        {
            "cutoff": pa.array(days, pa.date32()),
            "cutoff_at": pa.array([midnight(day) for day in days], pa.timestamp("us")),
            "c": pa.array([calendar.week_of(day) for day in days], pa.int64()),
        }
    )


def coverage_rows(tables: Tables, active: str, quiet_days: int) -> ir.Table:
    """Rows of coverage in one form, whatever says who is a customer.

    ``active`` is ``subscriptions``, ``accounts`` or ``usage``; with ``usage`` a day of use covers the ``quiet_days``
    days after it. Columns: account_id, known_at, starts_at, the ends (``ENDS``) and the state of a subscription.
    """
    rows = {"subscriptions": _from_subscriptions, "accounts": _from_accounts, "usage": _from_usage}[active]
    table = rows(tables, quiet_days)
    absent = {name: ibis.null(kind) for name, kind in _STATE.items() if name not in table.columns}
    return table.mutate(**absent)


def _from_subscriptions(tables: Tables, quiet_days: int) -> ir.Table:
    rows = tables["subscriptions"]
    started_at = rows.started_at.fill_null(rows.occurred_at)
    return rows.mutate(starts_at=ibis.greatest(started_at, rows.occurred_at), first_start=started_at)


def _from_accounts(tables: Tables, quiet_days: int) -> ir.Table:
    rows = tables["accounts"]
    starts_at = rows.started_at.fill_null(rows.occurred_at)
    ends = ("ended_at", "ended_known_at")
    return rows.select("account_id", "known_at", *ends, starts_at=starts_at, first_start=starts_at)


def _from_usage(tables: Tables, quiet_days: int) -> ir.Table:
    days = days_of_use(tables["usage"])
    ended_at = days.day + ibis.interval(days=quiet_days)
    return days.mutate(starts_at=days.day, first_start=days.day, ended_at=ended_at, ended_known_at=ended_at)


def days_of_use(usage: ir.Table) -> ir.Table:
    """Each day on which an account did anything, with when that was first known."""
    day = usage.occurred_at.truncate("D")
    return usage.group_by(account_id=usage.account_id, day=day).aggregate(known_at=usage.known_at.min())


def visible_rows(rows: ir.Table, cutoffs: ir.Table) -> ir.Table:
    """The coverage rows in force at each cutoff, as they were known then: what nobody knew to have ended goes on."""
    in_force = [
        rows[end].isnull() | (rows[end] >= cutoffs.cutoff_at) | (rows[known] >= cutoffs.cutoff_at)
        for end, known in ENDS.items()
    ]
    return rows.join(cutoffs, [rows.starts_at < cutoffs.cutoff_at, rows.known_at < cutoffs.cutoff_at, *in_force])


def customers(rows: ir.Table, cutoffs: ir.Table) -> ir.Table:
    """One row for each customer at each cutoff, those who have given notice included.

    An account is ``leaving`` when every row of coverage it has left was cancelled before the cutoff.
    """
    state = visible_rows(rows, cutoffs)
    noticed = state.cancel_known_at < state.cutoff_at
    known_notice = noticed.ifelse(state.cancel_requested_at, ibis.null("timestamp(6)"))
    ahead = (state.term_end >= state.cutoff_at).ifelse(state.term_end, ibis.null("timestamp(6)"))
    scheduled = noticed.ifelse(ibis.coalesce(state.ended_at, state.term_end), ibis.null("timestamp(6)"))
    return state.group_by("account_id", "cutoff", "cutoff_at", "c").aggregate(
        mrr=state.mrr.sum().cast("int64"),
        term_end=ahead.min(),
        plan=state.plan.max(),
        seats=state.seats.sum().cast("int64"),
        notice_days=state.notice_days.max(),
        term_months=state.term_months.max(),
        leaving=noticed.fill_null(False).all(),
        notice_at=known_notice.max(),
        ends_at=scheduled.max(),
    )


def first_starts(rows: ir.Table, cutoffs: ir.Table) -> ir.Table:
    """When each account's first coverage began, as it was known at each cutoff."""
    starts = rows.group_by("account_id", "first_start").aggregate(known_at=rows.known_at.min())
    seen = starts.join(cutoffs, [starts.known_at < cutoffs.cutoff_at, starts.first_start < cutoffs.cutoff_at])
    return seen.group_by("account_id", "cutoff").aggregate(started_at=seen.first_start.min())


def build_spine(tables: Tables, rows: ir.Table, cutoffs: ir.Table, segment: str | None = None) -> ir.Table:
    """The risk set: customers at each cutoff who have not given notice, one row a pair.

    ``segment`` names the accounts column that forms peer groups (``segment`` where None and mapped).
    """
    now = customers(rows, cutoffs)
    now = now.filter(~now.leaving).drop("leaving", "notice_at", "ends_at")
    return with_account(now, tables, first_starts(rows, cutoffs), segment)


def build_leaving(tables: Tables, rows: ir.Table, cutoffs: ir.Table, segment: str | None = None) -> ir.Table:
    """Customers at each cutoff who have given notice: with ``notice_at`` and ``ends_at`` as known then."""
    now = customers(rows, cutoffs)
    return with_account(now.filter(now.leaving).drop("leaving"), tables, first_starts(rows, cutoffs), segment)


def with_account(now: ir.Table, tables: Tables, starts: ir.Table, segment: str | None) -> ir.Table:
    """``now`` with each account's first start (account_id, cutoff, started_at) and its segment."""
    now = now.left_join(starts, ["account_id", "cutoff"]).drop("account_id_right", "cutoff_right")
    accounts = tables.get("accounts")
    column = segment or "segment"
    if accounts is None or column not in accounts.columns:
        return now.mutate(segment=ibis.null("string"))
    named = accounts.select("account_id", segment=accounts[column].cast("string"))
    return now.left_join(named, "account_id").drop("account_id_right")

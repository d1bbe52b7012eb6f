"""Who left, and when: the answer that training learns from.

Labels look ahead, by their nature; nothing else does. They are cut at ``as_of``: what became known after it is
unknown, and a window that has not passed by then, with its grace, has no label at all.
"""

from __future__ import annotations

from datetime import datetime

import ibis
import ibis.expr.types as ir

from pipeline.config import LabelSettings
from pipeline.spine import ENDS, Tables, days_of_use

# a term that ran out, and not a cancellation, when coverage ends this near to the renewal date
_NEAR_TERM_END = ibis.interval(days=7)
_FOREVER = datetime(9999, 1, 1)


def build_labels(
    tables: Tables,
    rows: ir.Table,
    spine: ir.Table,
    settings: LabelSettings,
    source: str,
    as_of: datetime,
    wait_days: int,
) -> ir.Table:
    """One row for each row of the spine.

    ``label`` is null where [cutoff, cutoff + horizon) and the ``wait_days`` after it had not passed by ``as_of``:
    the grace, and the delay with which churns come in. It is null too for an account that had left before the cutoff
    and of which nobody knew yet: it was on the lists, and no list could keep it.
    ``churned_at`` and ``kind`` say when and how an account left inside the horizon, ``renewal_in_horizon`` whether
    a term of more than a month ends there.
    ``source`` (``subscriptions``, ``accounts``, ``churns`` or ``usage``) says where a churn is read from.
    """
    events = churn_events(tables, rows, settings, source, as_of)
    asked = spine.select("account_id", "cutoff", "cutoff_at", "term_end", "term_months", "mrr")
    horizon = asked.cutoff_at + ibis.interval(days=settings.horizon_days)
    asked = asked.mutate(horizon_at=horizon)
    within = asked.join(
        events,
        [
            asked.account_id == events.account_id,
            events.churned_at >= asked.cutoff_at,
            events.churned_at < asked.horizon_at,
            *([events.mrr_after <= asked.mrr * (1 - settings.contraction_pct / 100)] if _contraction(settings) else []),
        ],
    )
    first = within.group_by("account_id", "cutoff").aggregate(
        churned_at=events.churned_at.min(), kind=events.kind.min()
    )
    unnoticed = asked.join(
        events,
        [
            asked.account_id == events.account_id,
            events.churned_at < asked.cutoff_at,
            events.known_at >= asked.cutoff_at,
        ],
    )
    gone = unnoticed.select("account_id", "cutoff", gone=ibis.literal(True)).distinct()
    joined = asked.left_join(first, ["account_id", "cutoff"]).drop("account_id_right", "cutoff_right")
    joined = joined.left_join(gone, ["account_id", "cutoff"])
    passed = joined.horizon_at + ibis.interval(days=wait_days) <= ibis.literal(as_of)
    complete = passed & joined.gone.isnull()
    renews = (joined.term_end >= joined.cutoff_at) & (joined.term_end < joined.horizon_at)
    return joined.select(
        "account_id",
        "cutoff",
        "churned_at",
        "kind",
        label=complete.ifelse(joined.churned_at.notnull(), ibis.null("boolean")),
        renewal_in_horizon=(renews & has_term(joined)).fill_null(False),
    )


def churn_events(tables: Tables, rows: ir.Table, settings: LabelSettings, source: str, as_of: datetime) -> ir.Table:
    """Each churn known by ``as_of``: account_id, churned_at, kind, known_at; of a contraction the revenue after it."""
    if _contraction(settings):
        return contractions(rows, as_of)
    if "going_quiet" in settings.kinds:
        return quiet_spells(tables["usage"], settings.quiet_days, as_of)
    if source == "churns":
        events = _recorded(tables["churns"], as_of)
    else:
        events = ends_of_coverage(rows, settings.grace_days, as_of)
    return events.filter(events.kind.isin(settings.kinds))


def _contraction(settings: LabelSettings) -> bool:
    return "contraction" in settings.kinds


def _recorded(churns: ir.Table, as_of: datetime) -> ir.Table:
    known = churns.filter(churns.known_at < as_of, churns.occurred_at < as_of)
    return known.select("account_id", "known_at", churned_at=known.occurred_at, kind=ibis.literal("cancellation"))


def known_by(rows: ir.Table, as_of: datetime) -> ir.Table:
    """Coverage as it was known at ``as_of``: later rows are absent, later ends are open.

    Beside the columns of coverage: ``ends_at`` (null while open) and ``end_known_at``.
    """
    known = rows.filter(rows.known_at < as_of, rows.starts_at < as_of)
    told = {end: (known[end] < as_of) & (known[when] < as_of) for end, when in ENDS.items()}
    unknown = ibis.null("timestamp(6)")
    known = known.mutate(**{end: is_told.ifelse(known[end], unknown) for end, is_told in told.items()})
    ends_at = ibis.least(*(known[end].fill_null(_FOREVER) for end in ENDS))
    known = known.mutate(ends_at=ends_at.nullif(ibis.literal(_FOREVER)).cast("timestamp(6)"))
    whens = [(known[end] == known.ends_at).ifelse(known[when], unknown) for end, when in ENDS.items()]
    return known.mutate(end_known_at=ibis.coalesce(*whens))


def ends_of_coverage(rows: ir.Table, grace_days: int, as_of: datetime) -> ir.Table:
    """The end of each unbroken spell of coverage; a gap of at most the grace does not break one.

    An end at the renewal date of a term is a ``non_renewal``, any other a ``cancellation``.
    """
    known = known_by(rows, as_of)
    until = known.ends_at.fill_null(_FOREVER)
    spans = known.select("account_id", "starts_at", "term_end", "term_months", "end_known_at", until=until)
    so_far = ibis.cumulative_window(group_by="account_id", order_by=["starts_at", "until"])
    reach = spans.mutate(reach=spans.until.max().over(so_far), known_at=spans.end_known_at.max().over(so_far))
    order = ibis.window(group_by="account_id", order_by=["starts_at", "until"])
    after = reach.mutate(next_start=reach.starts_at.lead().over(order))
    last = after.filter(
        after.reach < _FOREVER,
        after.reach + ibis.interval(days=grace_days) <= ibis.literal(as_of),
        after.next_start.isnull() | (after.next_start > after.reach + ibis.interval(days=grace_days)),
    )
    near = (last.term_end <= last.reach + _NEAR_TERM_END) & (last.term_end >= last.reach - _NEAR_TERM_END)
    kind = (near & has_term(last)).fill_null(False).ifelse(ibis.literal("non_renewal"), ibis.literal("cancellation"))
    return last.select("account_id", "known_at", churned_at=last.reach, kind=kind)


def has_term(rows: ir.Table) -> ir.BooleanValue:
    """Whether there is a term to renew: who pays by the month may leave every month, whatever the invoice says."""
    return rows.term_months.isnull() | (rows.term_months > 1)


def quiet_spells(usage: ir.Table, quiet_days: int, as_of: datetime) -> ir.Table:
    """The day on which each silence reached ``quiet_days``, with ``returned_at`` where use began again."""
    days = days_of_use(usage)
    days = days.filter(days.known_at < as_of, days.day < as_of)
    order = ibis.window(group_by="account_id", order_by="day")
    days = days.mutate(returned_at=days.day.lead().over(order))
    quiet_at = days.day + ibis.interval(days=quiet_days)
    days = days.mutate(churned_at=quiet_at, known_at=quiet_at, kind=ibis.literal("going_quiet"))
    silent = days.filter(
        days.churned_at <= ibis.literal(as_of), days.returned_at.isnull() | (days.returned_at > days.churned_at)
    )
    return silent.select("account_id", "churned_at", "known_at", "kind", "returned_at")


def contractions(rows: ir.Table, as_of: datetime) -> ir.Table:
    """Each change of an account's revenue that leaves some of it: the day and the revenue after it (``mrr_after``)."""
    known = known_by(rows, as_of)
    starts = known.select("account_id", "known_at", at=known.starts_at, change=known.mrr)
    ends = known.filter(known.ends_at.notnull())
    steps = starts.union(ends.select("account_id", known_at=ends.end_known_at, at=ends.ends_at, change=-ends.mrr))
    daily = steps.group_by("account_id", "at").aggregate(
        change=steps.change.sum().cast("int64"), known_at=steps.known_at.max()
    )
    so_far = ibis.cumulative_window(group_by="account_id", order_by="at")
    revenue = daily.mutate(mrr_after=daily.change.sum().over(so_far))
    kept = revenue.filter(revenue.mrr_after > 0, revenue.change < 0)
    return kept.select("account_id", "mrr_after", "known_at", churned_at=kept["at"], kind=ibis.literal("contraction"))

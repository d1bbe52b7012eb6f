"""Billing in the shape of Stripe: versioned subscriptions, prices in minor units, invoices as of the export.

``canceled_at`` is when notice was given, ``ended_at`` when coverage ended. A subscription is a chain of versions, each
valid in [_fivetran_start, _fivetran_end).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise

from pipeline.demo import names
from pipeline.demo.catalogue import PLANS, PRICE_RISES, price_id, unit_amount
from pipeline.demo.sinks import FOREVER, Row, stamp
from pipeline.demo.subscription import Course, State
from pipeline.demo.traits import DAY, WEEK, Traits, Window, stream

CUSTOMER = (
    "id", "_fivetran_synced", "created", "currency", "delinquent", "email", "is_deleted", "livemode", "name",
    "metadata", "metadata_account_id",
)  # fmt: skip
SUBSCRIPTION_HISTORY = (
    "id", "_fivetran_start", "_fivetran_end", "_fivetran_synced", "_fivetran_active", "billing_cycle_anchor",
    "cancel_at", "cancel_at_period_end", "canceled_at", "created", "current_period_end", "current_period_start",
    "customer_id", "discount_percent_off", "ended_at", "livemode", "plan_id", "quantity", "start_date", "status",
    "cancellation_details_feedback",
)  # fmt: skip
SUBSCRIPTION_ITEM = (
    "_fivetran_synced", "created", "current_period_end", "current_period_start", "id", "plan_id", "quantity",
    "subscription_id",
)  # fmt: skip
PRICE = (
    "id", "_fivetran_synced", "active", "billing_scheme", "created", "currency", "livemode", "nickname", "product_id",
    "recurring_interval", "recurring_interval_count", "type", "unit_amount",
)  # fmt: skip
INVOICE = (
    "id", "_fivetran_synced", "amount_due", "amount_paid", "amount_remaining", "attempt_count", "billing_reason",
    "created", "currency", "customer_id", "due_date", "number", "paid", "period_end", "period_start", "status",
    "status_transitions_paid_at", "subscription_id", "total",
)  # fmt: skip


def customer_row(win: Window, traits: Traits, course: Course) -> Row:
    """The customer's row; its metadata carry the account, as JSON and flattened."""
    key, email = json.dumps({"account_id": traits.account_id}), f"billing@{traits.domain}"
    delinquent = str(course.chain[-1].past_due).lower()
    return (
        customer_id(traits.index), stamp(win.end), stamp(traits.started), "usd", delinquent, email, "false", "true",
        traits.name, key, traits.account_id,
    )  # fmt: skip


def price_rows(win: Window) -> Iterator[Row]:
    """Every price that was ever made."""
    for plan in PLANS:
        for annual in (False, True):
            for rise in PRICE_RISES:
                yield (
                    price_id(plan, annual, rise), stamp(win.end), "true", "per_unit", stamp(win.start - 260 * WEEK),
                    "usd", "true", plan.name, f"prod_{plan.name}", "year" if annual else "month", 1, "recurring",
                    unit_amount(plan, annual, rise),
                )  # fmt: skip


def history_rows(win: Window, traits: Traits, course: Course) -> Iterator[Row]:
    """The versions as the connector's history table: each ends where the next of its subscription begins."""
    for state, following in pairwise((*course.chain, None)):
        assert state is not None
        replaced = following is not None and following.subscription == state.subscription
        yield (
            subscription_id(traits.index, state.subscription), stamp(state.since),
            stamp(following.since) if following is not None and replaced else FOREVER, stamp(win.end),
            str(not replaced).lower(), stamp(traits.started), stamp(state.cancel_at),
            str(state.cancel_at is not None).lower(), stamp(state.notice), stamp(state.started),
            stamp(state.period[1]), stamp(state.period[0]), customer_id(traits.index), traits.discount,
            stamp(state.ended), "true", price_id(traits.plan, traits.annual, state.rise), state.seats,
            stamp(state.started), _status(state), state.feedback,
        )  # fmt: skip


def _status(state: State) -> str:
    return "canceled" if state.ended is not None else "past_due" if state.past_due else "active"


def item_row(win: Window, traits: Traits, course: Course) -> Row:
    """What the subscription holds as of the export (overwritten, not versioned)."""
    state = course.chain[-1]
    return (
        stamp(win.end), stamp(state.started), stamp(state.period[1]), stamp(state.period[0]), f"si_{traits.index:08}",
        price_id(traits.plan, traits.annual, state.rise), state.seats,
        subscription_id(traits.index, state.subscription),
    )  # fmt: skip


def invoice_rows(win: Window, traits: Traits, course: Course) -> Iterator[Row]:
    """One invoice for each period that began since the connector was set up, as it stood at the export."""
    rng = stream(win, traits.index, "invoice")
    billed: set[int] = set()
    for state in course.chain:
        begin = state.period[0]
        if begin in billed or state.ended is not None or begin < course.chain[0].since:
            continue
        billed.add(begin)
        late = next((stop for start, stop in course.unpaid if 0 <= start - begin <= DAY), None)
        quick = begin + int(rng.uniform(1, 13) * DAY if traits.annual else rng.uniform(60, 7200))
        yield _invoice(win, traits, state, len(billed), late or quick, 1 if late is None else int(rng.integers(2, 5)))


def _invoice(win: Window, traits: Traits, state: State, number: int, paid_at: int, attempts: int) -> Row:
    begin, end = state.period
    amount = unit_amount(traits.plan, traits.annual, state.rise) * state.seats * (100 - traits.discount) // 100
    paid = paid_at < win.end
    due = begin + (14 * DAY if traits.annual else 0)
    return (
        f"in_{traits.index:08}{number:04}", stamp(win.end), amount, amount if paid else 0, 0 if paid else amount,
        attempts, "subscription_cycle", stamp(begin), "usd", customer_id(traits.index), stamp(due),
        f"{traits.account_id}-{number:04}", str(paid).lower(), stamp(end), stamp(begin), "paid" if paid else "open",
        stamp(paid_at) if paid else "", subscription_id(traits.index, state.subscription), amount,
    )  # fmt: skip


def customer_id(index: int) -> str:
    """Stripe's key of an account."""
    return f"cus_{names.token(index, 'customer')}"


def subscription_id(index: int, number: int) -> str:
    """Stripe's key of an account's first or second subscription."""
    return f"sub_{names.token(index * 2 + number, 'subscription')}"

"""What each canonical table promises, column by column.

Every row of every table carries ``account_id``, ``occurred_at`` and ``known_at`` (the company's wall clock, without
zone), and the week numbers of both. A column that is filled in later names, in ``known_by``, the column that holds
the moment at which it becomes known: before that moment it is null to every feature. Ingest writes that column, which
says of another (``known_of``) when it could first be known: a source tells of an end or an answer no sooner than of a
beginning.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["text", "integer", "number", "money", "micro", "moment", "boolean"]
"""``money``: integer minor units of the company's currency; ``micro``: integer millionths; ``moment``: wall clock."""

SQL_TYPES: dict[str, str] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "money": "BIGINT",
    "micro": "BIGINT",
    "moment": "TIMESTAMP",
    "boolean": "BOOLEAN",
}


@dataclass(frozen=True)
class Column:
    """One promised column: its kind, whether it must be mapped, and when it becomes known.

    ``known_by``: the column that says when; ``known_of``: of which column this one says when, written by ingest.
    """

    kind: Kind
    meaning: str
    required: bool = False
    known_by: str | None = None
    known_of: str | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Contract:
    """One canonical table: its key (for duplicates) and its columns beside the ones that every table has."""

    name: str
    meaning: str
    key: tuple[str, ...]
    columns: dict[str, Column] = field(default_factory=dict)


def _known_of(name: str, more: str = "") -> Column:
    return Column("moment", f"When the company could first know {name}: after the source's delay{more}.", known_of=name)


EVERY_ROW: dict[str, Column] = {
    "account_id": Column("text", "The customer.", required=True),
    "occurred_at": Column("moment", "When it happened.", required=True),
    "known_at": Column("moment", "When the company could first know it: load time, else occurred_at plus the delay."),
    "occurred_week": Column("integer", "Week number of occurred_at (pipeline.clock)."),
    "known_week": Column("integer", "Week number of known_at, never below occurred_week."),
}

ACCOUNTS = Contract(
    "accounts",
    "One row for each customer. occurred_at is started_at where there is one, else the source's first sign of it. "
    "Beside these columns: attr_<name> (declared static: may be learned from) and snapshot_<name> (as of the export: "
    "shown, never learned from).",
    ("account_id",),
    {
        "name": Column("text", "What people call the customer."),
        "owner": Column("text", "The CS manager."),
        "owner_email": Column("text", "Where the owner's digest goes."),
        "contact": Column("text", "Whom to call at the customer."),
        "contact_email": Column("text", "Address of that person."),
        "url": Column("text", "Link to the account in the CRM."),
        "segment": Column("text", "Peer group for ranks and reports."),
        "started_at": Column("moment", "When the customer relation began."),
        "ended_at": Column("moment", "When it ended; a label, never a feature."),
        "ended_known_at": _known_of("ended_at"),
    },
)

SUBSCRIPTIONS = Contract(
    "subscriptions",
    "One row for each version (or billing period) of a subscription; occurred_at is when the version took effect.",
    ("subscription_id", "occurred_at"),
    {
        "subscription_id": Column("text", "The subscription.", required=True),
        "valid_to": Column("moment", "When the next version replaced this one; null for the latest."),
        "replaced_known_at": _known_of("valid_to", "; never before the version that replaces it"),
        "started_at": Column("moment", "Start of coverage; occurred_at where not mapped."),
        "ended_at": Column("moment", "End of coverage; null while it runs. Known in advance only for fixed periods."),
        "ended_known_at": _known_of("ended_at"),
        "cancel_requested_at": Column("moment", "When notice was given.", known_by="cancel_known_at"),
        "cancel_reason": Column("text", "Why, as stated with the notice.", known_by="cancel_known_at"),
        "cancel_known_at": _known_of("cancel_requested_at"),
        "term_end": Column("moment", "Renewal date of the running term."),
        "term_months": Column("integer", "Length of the term.", low=0),
        "notice_days": Column("integer", "Notice period before term_end.", low=0),
        "plan": Column("text", "Plan or tier."),
        "mrr": Column("money", "Monthly recurring revenue."),
        "seats": Column("integer", "Licensed seats.", low=0),
        "discount_pct": Column("number", "Discount on list price, 0 to 100.", low=0, high=100),
        "auto_renew": Column("boolean", "Renews unless cancelled."),
    },
)

USAGE = Contract(
    "usage",
    "One row for each usage event (or count of events). The only big table.",
    ("event_id",),
    {
        "event_id": Column("text", "Identity of the event, where the source has one; used to drop duplicates."),
        "user_id": Column("text", "Who did it."),
        "event": Column("text", "Name of the feature or event; 'use' where not mapped."),
        "quantity": Column("micro", "How much, in millionths; 1,000,000 where not mapped.", low=0),
        "retracted_week": Column("integer", "Week in which the row was withdrawn; null if never."),
    },
)

LEVELS = Contract(
    "levels",
    "One row for each folded usage period and measure (monthly logins, say); occurred_at is the period's end.",
    ("measure", "occurred_at"),
    {
        "measure": Column("text", "Name of the measure.", required=True),
        "value": Column("number", "Its value in the period."),
        "period_days": Column("integer", "Length of the period."),
    },
)

TICKETS = Contract(
    "tickets",
    "One row for each support ticket; occurred_at is its creation.",
    ("ticket_id",),
    {
        "ticket_id": Column("text", "The ticket.", required=True),
        "user_id": Column("text", "Who asked."),
        "priority": Column("text", "low, normal, high or urgent (other words are mapped by the source)."),
        "category": Column("text", "What it was about."),
        "channel": Column("text", "How it came in."),
        "solved_at": Column("moment", "When it was solved.", known_by="solved_known_at"),
        "first_response_at": Column("moment", "When somebody first answered.", known_by="response_known_at"),
        "first_response_seconds": Column("integer", "Wait for that answer.", known_by="response_known_at", low=0),
        "resolution_seconds": Column("integer", "Creation to solution.", known_by="solved_known_at", low=0),
        "reopens": Column("integer", "Times it was reopened.", known_by="solved_known_at", low=0),
        "replies": Column("integer", "Messages it took.", known_by="solved_known_at", low=0),
        "channels": Column("integer", "Different channels it went through.", known_by="solved_known_at", low=0),
        "escalated": Column("boolean", "Went up a level.", known_by="solved_known_at"),
        "solved_known_at": _known_of("solved_at"),
        "response_known_at": _known_of("first_response_at"),
    },
)

SURVEYS = Contract(
    "surveys",
    "One row for each question put to a person; occurred_at is when it was asked.",
    ("survey_id", "kind"),
    {
        "survey_id": Column("text", "The question put.", required=True),
        "kind": Column("text", "nps, csat or ces.", required=True),
        "user_id": Column("text", "Who was asked."),
        "answered_at": Column("moment", "When the answer came; null without one.", known_by="answer_known_at"),
        "score": Column(
            "number",
            "The answer: nps 0 to 10; csat and ces 0 (worst, hardest) to 1 (best, easiest) by the declared scale.",
            known_by="answer_known_at",
        ),
        "comment": Column("text", "What they wrote.", known_by="answer_known_at"),
        "answer_known_at": _known_of("answered_at"),
    },
)

INVOICES = Contract(
    "invoices",
    "One row for each invoice; occurred_at is when it was issued.",
    ("invoice_id",),
    {
        "invoice_id": Column("text", "The invoice.", required=True),
        "due_at": Column("moment", "When it falls due."),
        "paid_at": Column("moment", "When it was paid.", known_by="paid_known_at"),
        "amount": Column("money", "Amount due."),
        "attempts": Column("integer", "Attempts to collect.", known_by="paid_known_at", low=0),
        "paid_known_at": _known_of("paid_at"),
    },
)

TOUCHES = Contract(
    "touches",
    "One row for each contact between the CS team and the customer.",
    ("touch_id",),
    {
        "touch_id": Column("text", "The contact.", required=True),
        "channel": Column("text", "Call, mail, meeting, review."),
        "author": Column("text", "Who made it."),
    },
)

CHURNS = Contract(
    "churns",
    "One row for each dated churn that the company itself recorded. A label source, never a feature.",
    ("account_id", "occurred_at"),
    {"reason": Column("text", "The stated reason.")},
)

CONTRACTS: dict[str, Contract] = {
    contract.name: contract
    for contract in (ACCOUNTS, SUBSCRIPTIONS, USAGE, LEVELS, TICKETS, SURVEYS, INVOICES, TOUCHES, CHURNS)
}

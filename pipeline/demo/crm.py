"""The CRM in the shape of Salesforce: accounts, users who own them, and tasks that record contacts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipeline.demo import names
from pipeline.demo.life import Life
from pipeline.demo.sinks import Row, stamp
from pipeline.demo.traits import CONNECTED_WEEKS, DAY, WEEK, Traits, Window, owners, stream

ACCOUNT = (
    "id", "_fivetran_synced", "account_number", "annual_revenue", "billing_country", "created_date", "industry",
    "is_deleted", "name", "number_of_employees", "owner_id", "parent_id", "type", "website", "primary_contact_c",
    "primary_contact_email_c", "segment_c",
)  # fmt: skip
USER = ("id", "_fivetran_synced", "email", "first_name", "last_name", "is_active", "name", "title", "username")
TASK = (
    "id", "_fivetran_synced", "account_id", "activity_date", "completed_date_time", "created_date", "is_closed",
    "is_deleted", "owner_id", "priority", "status", "subject", "task_subtype", "type",
)  # fmt: skip

_HOST = "northlight.example"
_KINDS = ("Call", "Email", "Meeting")
_SUBJECTS = {
    "Call": ("Check-in call", "Left a message", "Call about open tickets"),
    "Email": ("Follow-up", "New features for your plan", "Notes from our call"),
    "Meeting": ("Business review", "Onboarding session", "Training for new users"),
}
_TASKS_PER_ACCOUNT = 10_000


def user_rows(win: Window) -> Iterator[Row]:
    """The CS managers."""
    for number in range(owners(win.accounts)):
        name = owner_name(win, number)
        first, last = name.split()
        mail = names.address(name, _HOST).replace("@", f"{number + 1}@")
        yield _user_id(number), stamp(win.end), mail, first, last, "true", name, "Customer Success Manager", mail


def owner_name(win: Window, number: int) -> str:
    """The name of a CS manager; different for each."""
    return names.person((number * 331 + win.seed * 37) % names.PEOPLE)


def account_row(win: Window, traits: Traits) -> Row:
    """The account as of the export; ``account_number`` is its key in every other product."""
    revenue = int(traits.employees * 140_000 * (1 + (traits.index % 7) / 10))
    mail = names.address(traits.contact, traits.domain)
    return (
        account_key(traits.index), stamp(win.end), traits.account_id, revenue, traits.country, stamp(traits.started),
        traits.industry, "false", traits.name, traits.employees, "" if traits.owner is None else _user_id(traits.owner),
        "", "Customer", f"https://www.{traits.domain}", traits.contact, mail, traits.segment,
    )  # fmt: skip


def task_rows(win: Window, traits: Traits, life: Life) -> Iterator[Row]:
    """Contacts that a manager logged: by rhythm for large accounts, at the start for new ones, and when worried."""
    rng = stream(win, traits.index, "crm")
    weeks = life.weeks[life.weeks >= -CONNECTED_WEEKS]
    rhythm = {"Enterprise": 0.14, "Mid-market": 0.07, "Small business": 0.03}[traits.segment]
    worry = 0.10 * np.clip(life.level[life.weeks >= -CONNECTED_WEEKS], 0, 1) * (traits.story.hazard > 0)
    age = weeks - (traits.started - win.start) / WEEK
    rate = (rhythm + worry + 0.25 * (age < 8)) * (0.3 if traits.owner is None else 1.0)
    last = win.end if life.ended_at is None else min(win.end, life.ended_at)
    for number, week in enumerate(np.repeat(weeks, rng.poisson(rate))):
        when = win.week_start(int(week)) + int((rng.integers(5) + rng.uniform(0.33, 0.7)) * DAY)
        kind = _KINDS[int(rng.choice(3, p=[0.4, 0.4, 0.2]))]
        subject = _SUBJECTS[kind][int(rng.integers(3))]
        if traits.started <= when < last:
            yield _task(win, traits, number, when, kind, subject)


def _task(win: Window, traits: Traits, number: int, when: int, kind: str, subject: str) -> Row:
    key = f"00T5e{traits.index * _TASKS_PER_ACCOUNT + number:010}AAA"
    return (
        key, stamp(win.end), account_key(traits.index), stamp(when)[:10], stamp(when), stamp(when - 600), "true",
        "false", _user_id(traits.owner or 0), "Normal", "Completed", subject,
        "Call" if kind == "Call" else "Task", kind,
    )  # fmt: skip


def account_key(index: int) -> str:
    """Salesforce's key of an account."""
    return f"0015e{index:010}AAA"


def _user_id(number: int) -> str:
    return f"0055e{number:010}AAA"

"""Support tickets, their metrics and their ratings in the shape of Zendesk's tables (durations in minutes)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.demo import names
from pipeline.demo.life import Life
from pipeline.demo.sinks import Row, stamp
from pipeline.demo.traits import DAY, WEEK, Traits, Window, stream

ORGANIZATION = (
    "id", "_fivetran_synced", "created_at", "details", "external_id", "group_id", "name", "updated_at", "url",
)  # fmt: skip
TICKET = (
    "id", "_fivetran_synced", "assignee_id", "created_at", "group_id", "organization_id", "priority", "requester_id",
    "status", "subject", "submitter_id", "type", "updated_at", "url", "via_channel",
)  # fmt: skip
TICKET_METRICS = (
    "id", "ticket_id", "_fivetran_synced", "created_at", "updated_at", "assigned_at", "solved_at", "group_stations",
    "assignee_stations", "reopens", "replies", "reply_time_in_minutes_calendar", "reply_time_in_minutes_business",
    "first_resolution_time_in_minutes_calendar", "full_resolution_time_in_minutes_calendar",
    "requester_wait_time_in_minutes_calendar",
)  # fmt: skip
SATISFACTION = (
    "id", "_fivetran_synced", "assignee_id", "comment", "created_at", "requester_id", "score", "ticket_id",
    "updated_at",
)  # fmt: skip

_PRIORITIES = ("low", "normal", "high", "urgent")
_REPLY_MINUTES = {"low": 420, "normal": 240, "high": 90, "urgent": 30}
_CHANNELS = ("email", "web", "chat", "phone")
_SUBJECTS = (
    ("question", "How do we share a report with a client?"),
    ("question", "Which plan has scheduled reports?"),
    ("incident", "Import stops at 60 %"),
    ("incident", "Dashboard shows yesterday's numbers"),
    ("problem", "Integration lost its connection"),
    ("task", "Add a new team to our workspace"),
    ("question", "Question about our invoice"),
)
_TICKETS_PER_ACCOUNT = 100_000
_URL = "https://demo.zendesk.example/api/v2"


@dataclass(frozen=True)
class Ticket:
    """One ticket; ``solved`` may lie after the export, which then does not know it."""

    number: int
    created: int
    requester: int
    priority: str
    subject: int
    channel: str
    reply_minutes: int
    wait_minutes: int
    solved: int
    first_solved: int
    reopens: int
    replies: int
    stations: int
    mood: float


def organization(win: Window, traits: Traits) -> Row:
    """The organisation's row; ``external_id`` is the account."""
    key, created = organization_id(traits.index), stamp(max(traits.started, win.start - 520 * WEEK))
    synced = stamp(win.end)
    return (key, synced, created, "", traits.account_id, "", traits.name, created, f"{_URL}/organizations/{key}.json")


def organization_id(index: int) -> int:
    """Zendesk's key of an account's organisation."""
    return 370_300_000_000 + index * 113


def tickets(win: Window, traits: Traits, life: Life) -> list[Ticket]:
    """All tickets that an account opened before the window's end."""
    rng = stream(win, traits.index, "support")
    weeks = life.active_weeks(win)
    here = weeks - life.weeks[0]
    level = life.level[here]
    effort = traits.story.effort * level
    age = weeks - (traits.started - win.start) / WEEK
    rate = traits.ticket_rate * np.sqrt(traits.users) * 2.1 * (1 + (traits.story.tickets - 1) * level)
    rate = np.maximum(rate * (1 + 1.5 * np.exp(-np.maximum(age, 0) / 6)), 0) * np.sqrt(life.season[here])
    opened = np.repeat(np.arange(len(weeks)), rng.poisson(rate))
    last = win.end if life.ended_at is None else min(win.end, life.ended_at)
    several = []
    for number, place in enumerate(opened):
        created = win.week_start(int(weeks[place])) + _office_hours(rng, traits.utc_offset)
        ticket = _ticket(rng, traits, number, created, float(effort[place]), float(life.level[here][place]))
        if max(traits.started, win.start) <= created < last:
            several.append(ticket)
    return several


def _office_hours(rng: np.random.Generator, utc_offset: int) -> int:
    day = int(rng.choice(7, p=[0.22, 0.2, 0.19, 0.18, 0.16, 0.03, 0.02]))
    return int((day * DAY + (np.clip(rng.normal(13, 3), 0, 23.9) - utc_offset) * 3600) % WEEK)


def _ticket(rng: np.random.Generator, traits: Traits, number: int, created: int, effort: float, level: float) -> Ticket:
    weights = np.array([0.22, 0.52 - 0.12 * effort, 0.19 + 0.05 * effort, 0.07 + 0.07 * effort]).clip(0.01)
    priority = _PRIORITIES[int(rng.choice(4, p=weights / weights.sum()))]
    slow = 1 + 0.9 * effort
    reply = int(max(2, rng.lognormal(np.log(_REPLY_MINUTES[priority] * slow), 0.8)))
    first = created + 60 * int(reply + max(10, rng.lognormal(np.log(900 * slow), 1.0)))
    reopens = int(rng.poisson(0.08 + 0.7 * effort))
    solved = first + int(sum(rng.exponential(1.6 * DAY, reopens)))
    mood = 1.6 + 0.35 * traits.fit + traits.story.satisfaction * level * 0.8 - 0.5 * reopens + rng.normal()
    return Ticket(
        number=number,
        created=created,
        requester=int(min(rng.geometric(0.35), traits.users)) - 1,
        priority=priority,
        subject=int(rng.integers(len(_SUBJECTS))),
        channel=_CHANNELS[int(rng.choice(4, p=[0.5, 0.3, 0.14, 0.06]))],
        reply_minutes=reply,
        wait_minutes=reply + int(rng.exponential(120) * slow),
        solved=solved,
        first_solved=first,
        reopens=reopens,
        replies=1 + int(rng.poisson(1.3 + 1.4 * effort)),
        stations=1 + int(rng.random() < 0.08 + 0.2 * effort),
        mood=mood,
    )


def ticket_rows(win: Window, traits: Traits, several: list[Ticket]) -> Iterator[Row]:
    """The tickets as of the export."""
    for ticket in several:
        key, who = _key(traits, ticket), _requester(traits, ticket)
        kind, subject = _SUBJECTS[ticket.subject]
        status = "closed" if ticket.solved < win.end - 4 * WEEK else "solved" if ticket.solved < win.end else "open"
        updated = stamp(min(ticket.solved, win.end - 60))
        url = f"{_URL}/tickets/{key}.json"
        yield (
            key, stamp(win.end), _agent(ticket), stamp(ticket.created), 360_006_965_034, organization_id(traits.index),
            ticket.priority, who, status, subject, who, kind, updated, url, ticket.channel,
        )  # fmt: skip


def metric_rows(win: Window, traits: Traits, several: list[Ticket]) -> Iterator[Row]:
    """What is known of the course of each ticket at the export; empty where it has not happened yet."""
    for ticket in several:
        key = _key(traits, ticket)
        solved = ticket.solved < win.end
        answered = ticket.created + 60 * ticket.reply_minutes < win.end
        minutes = (ticket.solved - ticket.created) // 60
        first_minutes = (ticket.first_solved - ticket.created) // 60
        yield (
            key + 7_000_000_000, key, stamp(win.end), stamp(ticket.created), stamp(min(ticket.solved, win.end - 60)),
            stamp(ticket.created + 240), stamp(ticket.solved) if solved else "", ticket.stations, ticket.stations,
            ticket.reopens if solved else 0, ticket.replies if answered else 0,
            ticket.reply_minutes if answered else "", ticket.reply_minutes // 3 if answered else "",
            first_minutes if ticket.first_solved < win.end else "", minutes if solved else "",
            ticket.wait_minutes if solved else "",
        )  # fmt: skip


def satisfaction_rows(win: Window, traits: Traits, several: list[Ticket]) -> Iterator[Row]:
    """Ratings asked for after most solutions: good, bad, or offered and never given."""
    rng = stream(win, traits.index, "rating")
    for ticket in several:
        offered, eager, wait = ticket.solved + 3600, rng.random(), int(rng.exponential(1.2 * DAY)) + 300
        if rng.random() > 0.75 or offered >= win.end:
            continue
        answers = eager < traits.answer_rate and offered + wait < win.end
        score = ("good" if ticket.mood > 0.6 else "bad") if answers else "offered"
        comment = "It took too long" if score == "bad" and eager < 0.1 else ""
        key = _key(traits, ticket)
        updated = stamp(offered + wait if answers else offered)
        yield (
            key + 9_000_000_000, stamp(win.end), _agent(ticket), comment, stamp(offered), _requester(traits, ticket),
            score, key, updated,
        )  # fmt: skip


def requester_name(traits: Traits, user: int) -> str:
    """The name of a person at the account; the first is the contact."""
    return traits.contact if user == 0 else names.person(traits.index * 977 + user * 31)


def _key(traits: Traits, ticket: Ticket) -> int:
    return 1 + traits.index * _TICKETS_PER_ACCOUNT + ticket.number


def _requester(traits: Traits, ticket: Ticket) -> int:
    return 396_000_000_000 + traits.index * 1_000 + ticket.requester


def _agent(ticket: Ticket) -> int:
    return 418_284_131_900 + (ticket.created + ticket.number) % 23

"""Who the accounts are: size, plan, contract, and the hidden traits that no export shows."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

import numpy as np

from pipeline.clock import Calendar
from pipeline.demo import names
from pipeline.demo.catalogue import PLANS, Plan
from pipeline.demo.stories import STEADY, STORIES, Story

DAY = 86_400
WEEK = 7 * DAY
ESTABLISHED_SHARE = 0.56
CONNECTED_WEEKS = 13
"""The billing and CRM exports reach this many weeks further back than usage does."""


@dataclass(frozen=True)
class Window:
    """The weeks that the exports cover. All moments in the simulator are seconds since 1970, UTC."""

    end_day: date
    weeks: int
    seed: int
    accounts: int

    @property
    def first_day(self) -> date:
        """The first day with usage events, a Monday."""
        return self.end_day - timedelta(weeks=self.weeks)

    @cached_property
    def start(self) -> int:
        """First moment of the first week."""
        return seconds(self.first_day)

    @cached_property
    def end(self) -> int:
        """The moment of the export: nothing later is known."""
        return seconds(self.end_day)

    def week_start(self, week: int) -> int:
        """First moment of a week, counted from the window's first."""
        return self.start + week * WEEK


def window(end: date, weeks: int, seed: int, accounts: int) -> Window:
    """The window that ends at the last Monday on or before ``end``."""
    return Window(Calendar().last_cutoff(end), weeks, seed, accounts)


def seconds(day: date) -> int:
    """Midnight UTC of a day, in seconds since 1970."""
    return calendar.timegm(day.timetuple())


def moment(second: int) -> datetime:
    """A moment as a datetime in UTC, without zone."""
    return datetime.fromtimestamp(second, UTC).replace(tzinfo=None)


def stream(win: Window, index: int, purpose: str) -> np.random.Generator:
    """Random numbers of one account for one purpose: independent of every other account, purpose and block."""
    key = (index, int.from_bytes(purpose.encode()[:6], "big"))
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(win.seed, spawn_key=key)))


@dataclass(frozen=True)
class Traits:
    """One account as it is; ``fit`` and everything below it is hidden."""

    index: int
    account_id: str
    name: str
    domain: str
    industry: str
    country: str
    utc_offset: int
    employees: int
    plan: Plan
    annual: bool
    seats: int
    discount: int
    started: int
    new: bool
    contact: str
    owner: int | None
    fit: float
    story: Story
    failed_onboarding: bool
    severity: float
    users: int
    pace: float
    ticket_rate: float
    answer_rate: float
    quiet_leaver: bool

    @property
    def segment(self) -> str:
        """The size class that the sales team uses."""
        return "Enterprise" if self.employees >= 500 else "Mid-market" if self.employees >= 80 else "Small business"


def draw_traits(win: Window, index: int) -> Traits:
    """Everything about account number ``index`` that does not change."""
    rng = stream(win, index, "traits")
    new = bool(rng.random() > ESTABLISHED_SHARE)
    fit = float(rng.normal())
    failed = new and bool(rng.random() < 0.17 - 0.05 * np.clip(fit, -2, 2))
    employees = int(np.clip(rng.lognormal(4.2, 1.25), 3, 20_000))
    seats = int(np.clip(employees**0.5 * rng.lognormal(0.1, 0.45), 2, 220))
    annual = bool(rng.random() < 0.30 + 0.25 * (seats > 15))
    story = _story(rng, failed, annual)
    country, offset = names.COUNTRIES[int(rng.choice(len(names.COUNTRIES), p=names.COUNTRY_SHARES))]
    name, industry = names.company(win.seed, index)
    return Traits(
        index=index,
        account_id=f"A-{10_000 + index}",
        name=name,
        domain=names.domain(name, index),
        industry=industry,
        country=country,
        utc_offset=offset,
        employees=employees,
        plan=_plan(rng, seats),
        annual=annual,
        seats=seats,
        discount=int(rng.choice([0, 10, 15, 20], p=[0.7, 0.12, 0.1, 0.08])),
        started=_start(rng, win, new),
        new=new,
        contact=names.person(int(rng.integers(1 << 30))),
        owner=None if rng.random() < 0.03 else int(rng.integers(owners(win.accounts))),
        fit=fit,
        story=story,
        failed_onboarding=failed,
        severity=float(np.clip(rng.normal(1.0, 0.22), 0.5, 1.5)),
        users=max(2, int(seats * np.clip(rng.normal(0.72 + 0.10 * fit, 0.12), 0.3, 1.0))),
        pace=float(rng.normal(0.0, 0.32)),
        ticket_rate=float(rng.lognormal(-3.2, 0.5)) * (0.5 if story.name == "silent" else 1.0),
        answer_rate=float(np.clip(rng.normal(0.42, 0.15), 0.05, 0.8)) * (0.5 if story.name == "silent" else 1.0),
        quiet_leaver=annual and bool(rng.random() < 0.25),
    )


def owners(accounts: int) -> int:
    """How many CS managers look after so many accounts."""
    return max(3, accounts // 95)


def _story(rng: np.random.Generator, failed: bool, annual: bool) -> Story:
    shares = np.array([story.share for story in STORIES])
    story = STORIES[int(rng.choice(len(STORIES), p=shares / shares.sum()))]
    return STEADY if failed or (annual and story.payment) else story


def _plan(rng: np.random.Generator, seats: int) -> Plan:
    lean = 0.9 * np.log(seats / 9.0)
    weight = np.exp([0.6 - lean, 0.7, -0.3 + lean])
    return PLANS[int(rng.choice(3, p=weight / weight.sum()))]


def _start(rng: np.random.Generator, win: Window, new: bool) -> int:
    """Start of the customer relation, within office hours, on a day that every month has."""
    age = rng.uniform(0, win.weeks - 3) if new else -rng.uniform(2, 180)
    day = moment(win.start + int(age * WEEK)).replace(hour=int(rng.integers(7, 17)), minute=int(rng.integers(60)))
    return calendar.timegm(day.replace(day=min(day.day, 28), second=int(rng.integers(60))).timetuple())

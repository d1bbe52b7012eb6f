"""Usage events of one account in the shape of Segment's ``tracks``."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pipeline.demo.catalogue import API_CALL, BILLING, EVENTS, EXPORT, FEATURES, MILESTONES, SIGN_IN
from pipeline.demo.life import Life
from pipeline.demo.sinks import Ints, Tracks, scrambled
from pipeline.demo.stories import FAILED_ONBOARDING, Floats
from pipeline.demo.traits import DAY, WEEK, Traits, Window, stream

SECOND = 1_000_000
_EVENTS_PER_USER_WEEK = 3.1
_EVENT = {name: place for place, name in enumerate(EVENTS)}
_HUMAN = (SIGN_IN, *FEATURES)
_WEEKDAYS = np.cumsum([0.195, 0.205, 0.2, 0.195, 0.16, 0.025, 0.02])
_LATE, _DUPLICATE, _SIGNED_OUT, _STRAY = 0.015, 0.003, 0.01, 0.0003
_IDS_PER_ACCOUNT = 1 << 28


def account_tracks(win: Window, traits: Traits, life: Life, scale: float) -> Tracks:
    """All events of one account that had arrived by the window's end; ``scale`` multiplies how many."""
    rng = stream(win, traits.index, "usage")
    weeks = life.active_weeks(win)
    here = weeks - life.weeks[0]
    week, user, event = _people(rng, win, traits, life, weeks, here, scale)
    extra = _machines(rng, traits, life, weeks, here, scale)
    week, user, event = (np.concatenate(pair) for pair in zip((week, user, event), extra, strict=True))
    when = (win.start + week * WEEK) * SECOND + _within_week(rng, len(week), traits.utc_offset)
    steps = _milestones(rng, win, traits, life)
    when = np.concatenate([when, steps[0]])
    user, event = np.concatenate([user, np.zeros_like(steps[1])]), np.concatenate([event, steps[1]])
    last = win.end if life.ended_at is None else min(win.end, life.ended_at)
    kept = (when >= max(traits.started, win.start) * SECOND) & (when < last * SECOND)
    return _delivered(rng, win, traits, when[kept], user[kept], event[kept])


def _people(
    rng: np.random.Generator, win: Window, traits: Traits, life: Life, weeks: Ints, here: Ints, scale: float
) -> tuple[Ints, Ints, Ints]:
    """What people did: the week, the person and the event of each step."""
    pace = np.sort(rng.lognormal(0, 0.8, traits.users))[::-1]
    pace[0] *= 1.3
    rate = pace[:, None] * engagement(rng, win, traits, life)[here] * _presence(rng, win, traits, life, weeks)
    counts = rng.poisson(scale * _EVENTS_PER_USER_WEEK * 0.72 * rate * rng.gamma(2.0, 0.5, rate.shape))
    user, place = (index.astype(np.int64) for index in np.nonzero(counts))
    times = counts[user, place]
    user, place = np.repeat(user, times), np.repeat(place, times)
    return weeks[place], user, _turn_to(rng, traits, life, here[place])


def engagement(rng: np.random.Generator, win: Window, traits: Traits, life: Life) -> Floats:
    """Activity a week relative to the usual: the story, onboarding and season, and a drift that means nothing."""
    story, size = traits.story, len(life.weeks)
    drift = np.zeros(size)
    drift[0], steps = 0.22 * rng.normal(), 0.22 * np.sqrt(1 - 0.92**2) * rng.normal(size=size)
    for week in range(1, size):
        drift[week] = 0.92 * drift[week - 1] + steps[week]
    age = life.weeks - (traits.started - win.start) / WEEK
    learning = np.log(np.clip(0.5 + age / 12, 0.4, 1)) if traits.new else 0.0
    log = traits.pace + 0.30 * traits.fit + drift + story.engagement * life.level + learning
    log += FAILED_ONBOARDING.engagement * life.onboarding
    if life.decided_week is not None:
        log -= 0.55 * np.clip((life.weeks - life.decided_week) / 2, 0, 1)
    return np.exp(log) * life.season


def _presence(rng: np.random.Generator, win: Window, traits: Traits, life: Life, weeks: Ints) -> npt.NDArray[np.bool_]:
    """Which person had an active seat in which week."""
    begin = (traits.started - win.start) // WEEK
    joins = begin + np.where(rng.random(traits.users) < 0.7, 0, rng.exponential(20, traits.users))
    leaves = np.maximum(joins, -20) + rng.geometric(0.004, traits.users)
    joins[0], leaves[0] = begin, weeks[-1] + 2
    if traits.story.champion and life.episodes:
        leaves[0] = life.episodes[0].onset
    return np.asarray((weeks >= joins[:, None]) & (weeks < leaves[:, None]), dtype=np.bool_)


def _turn_to(rng: np.random.Generator, traits: Traits, life: Life, place: Ints) -> Ints:
    """Which event each step was: in trouble, people fall back on the few features they know best."""
    usual, narrow = _habits(rng, traits)
    trouble = np.clip(-1.2 * traits.story.engagement * life.level + 0.5 * traits.story.effort * life.level, 0, 1)
    trouble = np.maximum(trouble, life.onboarding)[place]
    draw = rng.random(len(place))
    habit = np.where(rng.random(len(place)) < trouble, np.searchsorted(narrow, draw), np.searchsorted(usual, draw))
    return np.array([_EVENT[name] for name in _HUMAN])[np.minimum(habit, len(_HUMAN) - 1)]


def _habits(rng: np.random.Generator, traits: Traits) -> tuple[Floats, Floats]:
    """How an account spreads over sign-in and features, as usual and in trouble (cumulative)."""
    taste = np.array(list(FEATURES.values())) * rng.lognormal(0, 0.5, len(FEATURES))
    adopted = rng.random(len(FEATURES)) < 1 / (1 + np.exp(-1.5 - 0.9 * traits.fit))
    adopted[0] = True
    taste *= adopted & np.array([name in traits.plan.features for name in FEATURES])
    narrow = taste**1.8
    spread = [np.array([0.28, *(0.72 * part / part.sum())]) for part in (taste, narrow)]
    return np.cumsum(spread[0]), np.cumsum(spread[1])


def _machines(
    rng: np.random.Generator, traits: Traits, life: Life, weeks: Ints, here: Ints, scale: float
) -> tuple[Ints, Ints, Ints]:
    """API calls of the account's integrations, and the rare visits that tell of exports and prices."""
    story, level = traits.story, life.level[here]
    calls = _EVENTS_PER_USER_WEEK * traits.users * (traits.plan.api * 0.35 + 1.6 * story.automation * level)
    rates = (
        (API_CALL, traits.users, calls * np.exp(traits.pace)),
        (EXPORT, 0, 0.14 * np.sqrt(traits.users) * (1 + (story.exports - 1) * level)),
        (BILLING, 0, 0.10 * (1 + (story.billing_views - 1) * level)),
    )
    found = []
    for name, user, rate in rates:
        week = np.repeat(weeks, rng.poisson(scale * rate))
        found.append((week, np.full_like(week, user), np.full_like(week, _EVENT[name])))
    who_and_when = [np.concatenate(part) for part in zip(*found, strict=True)]
    return who_and_when[0], who_and_when[1], who_and_when[2]


def _within_week(rng: np.random.Generator, size: int, utc_offset: int) -> Ints:
    """Moments in a week, in microseconds: office hours of the account's country, few at the weekend."""
    day = np.searchsorted(_WEEKDAYS, rng.random(size) * _WEEKDAYS[-1])
    hour = np.clip(rng.normal(13.3, 2.9, size), 0, 23.999) - utc_offset
    second: Floats = (day * DAY + hour * 3600) % WEEK
    return (second * SECOND).astype(np.int64)


def _milestones(rng: np.random.Generator, win: Window, traits: Traits, life: Life) -> tuple[Ints, Ints]:
    """When each step of onboarding was taken; those who fail take the first few, late."""
    slow = 2.5 if traits.failed_onboarding else 1.0
    reached = int(rng.integers(1, 4)) if traits.failed_onboarding else 5 - int(rng.random() < 0.12)
    gaps = rng.exponential(np.array([0.05, 2.5, 3.0, 6.0, 6.0]) * slow * np.exp(-0.15 * traits.fit))
    when = traits.started + (np.cumsum(gaps) * DAY).astype(np.int64)
    events = np.array([_EVENT[name] for name in MILESTONES], dtype=np.int64)
    return when[:reached] * SECOND + rng.integers(SECOND, size=reached), events[:reached]


def _delivered(rng: np.random.Generator, win: Window, traits: Traits, when: Ints, user: Ints, event: Ints) -> Tracks:
    """Events as they arrived: seconds later, some of them days later, a few twice, a few in no account's name."""
    order = np.argsort(when, kind="stable")
    size = len(when)
    delay = rng.exponential(2.0, size) + (rng.random(size) < _LATE) * (DAY * (0.2 + rng.exponential(2.5, size)))
    received = when[order] + (delay * SECOND).astype(np.int64)
    sent = np.repeat(np.arange(size), 1 + (rng.random(size) < _DUPLICATE))
    sent = sent[np.argsort(received[sent], kind="stable")]
    sent = sent[received[sent] < win.end * SECOND]
    anonymous = rng.random(size) < _SIGNED_OUT
    person = user[order]
    people = (f"u-{traits.index + 10_000}-{number:02}" for number in range(traits.users))
    members = (*people, f"svc-{traits.account_id}")
    return Tracks(
        ids=scrambled(traits.index * _IDS_PER_ACCOUNT + sent, win.seed),
        event=event[order][sent],
        user=np.where(anonymous, -1, person)[sent],
        device=person[sent],
        group=(rng.random(size) < _STRAY)[sent].astype(np.int64),
        timestamp=when[order][sent],
        received_at=received[sent],
        users=members,
        devices=tuple(f"anon-{member.removeprefix('u-')}" for member in members),
        groups=(traits.account_id, f"test-workspace-{traits.index % 9}"),
    )

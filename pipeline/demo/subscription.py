"""The course of an account's subscription: seats, prices, unpaid invoices, lapses, notice and end."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipeline.demo.catalogue import PRICE_RISES
from pipeline.demo.farewell import stated_reason
from pipeline.demo.life import Life
from pipeline.demo.traits import CONNECTED_WEEKS, DAY, WEEK, Traits, Window, stream

Spell = tuple[int, int]


@dataclass(frozen=True)
class State:
    """A version of a subscription, from ``since`` on. ``subscription`` is 1 for the one that follows a lapse."""

    since: int
    started: int
    seats: int
    rise: int
    period: Spell
    subscription: int = 0
    past_due: bool = False
    notice: int | None = None
    cancel_at: int | None = None
    feedback: str = ""
    ended: int | None = None


@dataclass(frozen=True)
class Course:
    """The versions that the connector had seen by the window's end, oldest first, and when invoices stood unpaid."""

    chain: tuple[State, ...]
    unpaid: tuple[Spell, ...]


def course(win: Window, traits: Traits, life: Life) -> Course:
    """Draws everything about an account's subscription."""
    rng = stream(win, traits.index, "billing")
    seats = _seat_changes(rng, win, traits, life)
    rise_from, rise = _price_rise(rng, win, traits, life)
    unpaid = _unpaid(rng, win, traits, life)
    lapse = _lapse(rng, win, traits, life)
    first, last = first_seen(win, traits), min(win.end, life.ended_at or win.end)
    notice = life.notice_at if life.notice_at is not None and life.notice_at < last else None
    feedback = stated_reason(win, traits, life)
    moments = {first, *life.boundaries.tolist(), *seats, *(at for spell in unpaid for at in spell), *lapse}
    moments |= {notice} if notice else set()
    chain = []
    for since in sorted(at for at in moments if first <= at < last):
        state = State(
            since=since,
            started=traits.started,
            seats=next((seats[at] for at in sorted(seats, reverse=True) if at <= since), traits.seats),
            rise=rise if rise_from is not None and since >= rise_from else 0,
            period=_period(life, since),
            past_due=any(start <= since < stop for start, stop in unpaid),
        )
        if notice is not None and since >= notice:
            state = replace(state, notice=notice, cancel_at=life.ended_at, feedback=feedback)
        chain.append(state)
    chain = _lapsed(chain, lapse) if lapse else chain
    if life.ended_at is not None and life.ended_at < win.end:
        at = life.ended_at
        chain.append(replace(chain[-1], since=at, ended=at, notice=life.notice_at, feedback=feedback))
    return Course(tuple(chain), tuple(unpaid))


def first_seen(win: Window, traits: Traits) -> int:
    """From when on the connector knows the subscription."""
    return max(traits.started, win.start - CONNECTED_WEEKS * WEEK)


def _period(life: Life, since: int) -> Spell:
    place = int(np.searchsorted(life.boundaries, since, side="right"))
    return int(life.boundaries[place - 1]), int(life.boundaries[place])


def _seat_changes(rng: np.random.Generator, win: Window, traits: Traits, life: Life) -> dict[int, int]:
    """When the number of seats changed, and to what: drift in every account, steps that belong to its story.

    Annual contracts let seats go at the renewal only.
    """
    story = traits.story
    weeks = life.weeks[life.weeks < win.weeks]
    factors = {int(week): float(rng.uniform(0.9, 1.18)) for week in weeks[rng.random(len(weeks)) < 0.008]}
    for episode in life.episodes:
        if story.seats and rng.random() < story.seats_chance:
            factors[episode.onset + int(rng.integers(3, 12))] = 1 + float(rng.uniform(*story.seats))
    seats, found = traits.seats, {}
    for week in sorted(factors):
        after = max(1, round(seats * factors[week]))
        when = win.week_start(week) + int(rng.uniform(0.3, 4.8) * DAY)
        if traits.annual and after < seats:
            when = life.ends_after(max(when, traits.started))
        if after != seats and when > traits.started:
            seats = found[when] = after
    return found


def _price_rise(rng: np.random.Generator, win: Window, traits: Traits, life: Life) -> tuple[int | None, int]:
    """From when a higher price holds (the period after the announcement), and by how many percent."""
    rise = int(rng.choice(PRICE_RISES[1:]))
    if not (traits.story.price_rise and life.episodes):
        return None, 0
    return life.ends_after(max(traits.started + 1, win.week_start(life.episodes[0].onset + 1))), rise


def _unpaid(rng: np.random.Generator, win: Window, traits: Traits, life: Life) -> list[Spell]:
    """Spells in which the latest invoice stood unpaid; also in accounts without any story, now and then."""
    found = []
    for boundary in life.boundaries[life.boundaries >= first_seen(win, traits)].tolist():
        week = min((boundary - win.start) // WEEK - int(life.weeks[0]), len(life.weeks) - 1)
        level = min(float(life.level[max(week, 0)]), 1) if traits.story.payment else 0.0
        if rng.random() < 0.012 + 0.7 * level:
            found.append((boundary + 3600, boundary + 3600 + int(rng.uniform(3, 9 + 15 * level) * DAY)))
    return found


def _lapse(rng: np.random.Generator, win: Window, traits: Traits, life: Life) -> tuple[int, ...]:
    """A subscription that ended for want of payment and was taken up again within the grace: not a churn."""
    after, back = int(rng.uniform(6, 14) * WEEK), int(rng.uniform(3, 14) * DAY)
    if not (traits.story.payment and life.episodes and rng.random() < 0.5):
        return ()
    at = win.week_start(life.episodes[0].onset) + after
    last = min(win.end, life.notice_at or win.end, life.ended_at or win.end)
    fits = first_seen(win, traits) + 4 * WEEK < at and at + back + 8 * WEEK < last
    return (at, at + back) if fits else ()


def _lapsed(chain: list[State], lapse: tuple[int, ...]) -> list[State]:
    """The chain with a first subscription that ends at the lapse and a second one from the return on."""
    end, back = lapse
    before = [state for state in chain if state.since < end]
    ended = replace(before[-1], since=end, ended=end, notice=end)
    after = [replace(state, subscription=1, started=back) for state in chain if state.since >= back]
    return [*before, ended, *after]

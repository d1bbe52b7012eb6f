"""What happens to an account week by week: its episodes, the wish to leave, and whether and when it leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.demo.stories import FAILED_ONBOARDING, LONGEST_HORIZON_WEEKS, Floats, Story, behaviour, wish
from pipeline.demo.traits import DAY, WEEK, Traits, Window, moment, seconds, stream

BURN_IN_WEEKS = 40
SHORTEST_EPISODE_WEEKS = 24
REST_WEEKS = LONGEST_HORIZON_WEEKS
FOREVER = 10_000.0
_BASE_WEEKLY = 0.0019
_ANNUAL_WEIGHT = 42.0
_EARLY_NOTICE = 0.05
_NOTICE_PROFILE = np.array([0.03, 0.03, 0.04, 0.08, 0.20, 0.18, 0.14, 0.10, 0.08, 0.06, 0.04, 0.02])
"""When annual customers decide: share by whole weeks left to the renewal (0, 1, ...), most before the notice period."""


@dataclass(frozen=True)
class Episode:
    """A story that began in week ``onset`` and ``lasts`` so many weeks."""

    onset: int
    lasts: float


@dataclass
class Life:
    """One account's hidden course. Arrays run over ``weeks``, counted from the window's first week."""

    weeks: npt.NDArray[np.int64]
    boundaries: npt.NDArray[np.int64]
    episodes: list[Episode]
    level: Floats
    onboarding: Floats
    calm: Floats
    pressure: Floats
    season: Floats
    involuntary: bool
    decided_week: int | None = None
    notice_at: int | None = None
    ended_at: int | None = None

    def active_weeks(self, win: Window) -> npt.NDArray[np.int64]:
        """Weeks of the window in which the account was a customer at least for a part."""
        last = win.end if self.ended_at is None else min(self.ended_at, win.end)
        return self.weeks[(self.weeks >= 0) & (win.start + self.weeks * WEEK < last)]

    def ends_after(self, second: int) -> int:
        """The first end of a billing period at or after a moment."""
        return int(self.boundaries[np.searchsorted(self.boundaries, second)])


def live(win: Window, traits: Traits) -> Life:
    """Draws the episodes of an account, then whether and when it leaves."""
    rng = stream(win, traits.index, "life")
    first = max((traits.started - win.start) // WEEK, -BURN_IN_WEEKS)
    weeks = np.arange(first, win.weeks + LONGEST_HORIZON_WEEKS, dtype=np.int64)
    boundaries = _boundaries(win, traits)
    episodes = _episodes(rng, traits.story, int(first), int(weeks[-1]))
    age = np.asarray(weeks - (traits.started - win.start) / WEEK, dtype=np.float64)
    onboarding = _struggle(age) if traits.failed_onboarding else np.zeros(len(weeks))
    life = Life(
        weeks=weeks,
        boundaries=boundaries,
        episodes=episodes,
        level=traits.severity * _height(traits.story, episodes, weeks, behaviour),
        onboarding=onboarding,
        calm=_calm(traits, age, onboarding) + np.log(_openness(win, traits, weeks, boundaries)),
        pressure=traits.severity * traits.story.hazard * _height(traits.story, episodes, weeks, wish),
        season=_season(win, weeks),
        involuntary=traits.story.payment,
    )
    _leave(rng, win, traits, life)
    return life


def _height(
    story: Story,
    episodes: list[Episode],
    weeks: npt.NDArray[np.int64],
    course: Callable[[Story, Floats, float], Floats],
) -> Floats:
    """How high a story stands in each week, over all of its episodes."""
    height = np.zeros(len(weeks))
    for episode in episodes:
        height += course(story, (weeks - episode.onset).astype(np.float64), episode.lasts)
    return height


def _boundaries(win: Window, traits: Traits) -> npt.NDArray[np.int64]:
    """Ends of the billing periods, each at the hour at which the first began."""
    day = moment(traits.started)
    month = np.datetime64(f"{day:%Y-%m}", "M")
    step = 12 if traits.annual else 1
    months = month + np.arange(0, 12 * (win.weeks // 52 + 8) + 1, step)
    return months.astype("datetime64[s]").astype(np.int64) + (traits.started - seconds(day.replace(day=1).date()))


def _episodes(rng: np.random.Generator, story: Story, first: int, last: int) -> list[Episode]:
    """Episodes one after another, each begun with the story's weekly rate after a rest."""
    found: list[Episode] = []
    idle_from = first
    while story.onset and (onset := idle_from + int(rng.geometric(story.onset)) - 1) <= last:
        stays = rng.random() < story.lasting
        lasts = FOREVER if stays else float(rng.integers(SHORTEST_EPISODE_WEEKS, SHORTEST_EPISODE_WEEKS + 16))
        found.append(Episode(onset, lasts))
        if stays:
            break
        idle_from = onset + int(lasts) + REST_WEEKS
    return found


def _struggle(age: Floats) -> Floats:
    """How far a failed onboarding weighs (0 to 1) by weeks since the start; those who stay a year have got over it."""
    weight: Floats = np.clip((age + 1) / 4, 0, 1) * np.clip((52 - age) / 16, 0, 1)
    return weight


def _calm(traits: Traits, age: Floats, onboarding: Floats) -> Floats:
    """Log of the weekly wish to leave without any episode."""
    size = float(-0.22 * np.log(traits.seats / 10))
    youth: Floats = 0.5 * np.exp(-np.maximum(age, 0) / 20)
    struggle: Floats = FAILED_ONBOARDING.hazard * onboarding
    return float(np.log(_BASE_WEEKLY)) - 0.6 * traits.fit + size + youth + struggle


def _openness(win: Window, traits: Traits, weeks: npt.NDArray[np.int64], boundaries: npt.NDArray[np.int64]) -> Floats:
    """How free the contract leaves the account to decide: always if monthly, before the renewal if annual."""
    if not traits.annual:
        return np.ones(len(weeks))
    next_start = win.start + (weeks + 1) * WEEK
    left = (boundaries[np.searchsorted(boundaries, next_start)] - next_start) // WEEK
    profile: Floats = np.append(_ANNUAL_WEIGHT * _NOTICE_PROFILE, _EARLY_NOTICE)
    openness: Floats = profile[np.minimum(left, len(_NOTICE_PROFILE))]
    return openness


def _season(win: Window, weeks: npt.NDArray[np.int64]) -> Floats:
    """Share of usual activity: summer and the end of the year are quiet everywhere, which means nothing."""
    day = (win.start + weeks * WEEK + 3 * DAY).astype("datetime64[s]")
    of_year = (day - day.astype("datetime64[Y]")).astype(np.int64) / DAY
    summer = 0.28 * np.exp(-(((of_year - 217) / 20) ** 2))
    turn = np.minimum(np.abs(of_year - 361), np.abs(of_year + 4))
    activity: Floats = 1 - summer - 0.62 * np.exp(-((turn / 7) ** 2))
    return activity


def _leave(rng: np.random.Generator, win: Window, traits: Traits, life: Life) -> None:
    """Draws the week of the decision to leave; the end of coverage follows from the contract."""
    rate = np.exp(life.calm + life.pressure)
    decided = (rng.random(len(rate)) < -np.expm1(-rate)) & (life.weeks >= 0) & (life.weeks < win.weeks)
    decided &= win.start + life.weeks * WEEK >= traits.started
    second = int((rng.integers(5) + rng.uniform(0.3, 0.72)) * DAY)
    if not decided.any():
        return
    place = int(np.argmax(decided))
    week = int(life.weeks[place])
    life.decided_week = week
    if life.involuntary and rng.random() < -np.expm1(-life.pressure[place]):
        life.notice_at = life.ended_at = win.week_start(week) + int(rng.random() * WEEK)
        return
    life.ended_at = life.ends_after(win.week_start(week + 1))
    life.notice_at = life.ended_at if traits.quiet_leaver else win.week_start(week) + second

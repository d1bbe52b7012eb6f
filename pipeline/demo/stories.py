"""The hidden histories that accounts go through, and what each does to behaviour and to the wish to leave.

A story waits with a constant weekly rate (``onset``), then unfolds: behaviour changes within ``behaviour_ramp`` weeks,
the wish to leave follows ``delay`` weeks later. Behaviour therefore moves weeks before an account leaves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LONGEST_HORIZON_WEEKS = 14
"""Weeks looked ahead for the true probability; an episode lasts longer, and so does the rest after it."""
FADE_WEEKS = 6.0


@dataclass(frozen=True)
class Story:
    """One kind of history. Logs are natural; factors multiply a rate when the story is at its height."""

    name: str
    reason: str
    share: float = 0.0
    onset: float = 0.0
    hazard: float = 0.0
    delay: int = 3
    ramp: int = 6
    engagement: float = 0.0
    behaviour_ramp: int = 5
    tickets: float = 1.0
    effort: float = 0.0
    satisfaction: float = 0.0
    answers: float = 1.0
    exports: float = 1.0
    billing_views: float = 1.0
    automation: float = 0.0
    seats: tuple[float, float] | None = None
    seats_chance: float = 0.0
    price_rise: bool = False
    payment: bool = False
    champion: bool = False
    lasting: float = 0.5


STEADY = Story("steady", "no need any more", share=0.29)
FAILED_ONBOARDING = Story("failed_onboarding", "never got started", hazard=2.0, engagement=-1.1, satisfaction=-1.2)
STORIES: tuple[Story, ...] = (
    STEADY,
    Story(
        "champion_left",
        "champion left",
        0.14,
        0.019,
        2.4,
        4,
        5,
        -0.75,
        4,
        answers=0.7,
        champion=True,
        lasting=0.6,
        seats=(-0.4, -0.15),
        seats_chance=0.25,
    ),
    Story(
        "growing_effort",
        "too much effort",
        0.14,
        0.018,
        2.3,
        4,
        7,
        -0.45,
        7,
        tickets=4.5,
        effort=1.0,
        satisfaction=-2.4,
        lasting=0.5,
        seats=(-0.4, -0.15),
        seats_chance=0.2,
    ),
    Story(
        "silent",
        "faded away",
        0.13,
        0.018,
        2.4,
        4,
        6,
        -1.35,
        9,
        tickets=0.25,
        satisfaction=-0.6,
        answers=0.25,
        lasting=0.7,
        seats=(-0.5, -0.2),
        seats_chance=0.25,
    ),
    Story(
        "satisfied_leaver",
        "change of strategy",
        0.07,
        0.014,
        2.3,
        3,
        4,
        -0.15,
        4,
        exports=6.0,
        lasting=0.8,
        seats=(-0.4, -0.2),
        seats_chance=0.35,
    ),
    Story(
        "price_shock",
        "price",
        0.08,
        0.015,
        2.2,
        2,
        4,
        -0.25,
        5,
        satisfaction=-1.8,
        billing_views=8.0,
        price_rise=True,
        lasting=0.2,
    ),
    Story(
        "payment_trouble",
        "payment failed",
        0.05,
        0.018,
        2.5,
        3,
        3,
        -0.30,
        6,
        billing_views=2.0,
        payment=True,
        lasting=0.3,
    ),
    Story(
        "automation",
        "no need any more",
        0.05,
        0.014,
        -0.8,
        4,
        6,
        -0.95,
        8,
        automation=1.0,
        satisfaction=0.5,
        lasting=1.0,
    ),
    Story(
        "expansion",
        "no need any more",
        0.05,
        0.016,
        -0.6,
        2,
        4,
        0.25,
        6,
        satisfaction=0.5,
        lasting=1.0,
        seats=(0.2, 0.6),
        seats_chance=1.0,
    ),
)


def behaviour(story: Story, age: Floats, lasts: float) -> Floats:
    """How far behaviour has moved (0 to 1) ``age`` weeks after the onset of an episode that ``lasts`` so many weeks."""
    return np.clip((age + 1) / story.behaviour_ramp, 0, 1) * _fading(age, lasts)


def wish(story: Story, age: Floats, lasts: float) -> Floats:
    """How far the wish to leave has grown (0 to 1), later than behaviour by ``story.delay`` weeks."""
    return np.clip((age - story.delay) / story.ramp, 0, 1) * _fading(age, lasts)


def _fading(age: Floats, lasts: float) -> Floats:
    return np.clip((lasts - age) / FADE_WEEKS, 0, 1) * (age >= 0)

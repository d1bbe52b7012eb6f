"""Surveys in the shape of Wootric: who was asked what, and what came back, if anything did.

NPS runs from 0 to 10, CSAT from 1 to 5, CES from 1 (hard) to 7 (easy). ``created_at`` is when the question was put;
``updated_at`` is when the answer came, or the same as ``created_at`` where ``completed`` is false.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipeline.demo import names
from pipeline.demo.life import Life
from pipeline.demo.sinks import Row, stamp
from pipeline.demo.stories import FAILED_ONBOARDING
from pipeline.demo.support import Ticket, requester_name
from pipeline.demo.traits import DAY, WEEK, Traits, Window, stream

RESPONSE = ("id", "created_at", "updated_at", "score", "text", "end_user_id", "survey_id", "survey_type", "completed")
END_USER = ("id", "created_at", "email", "external_id", "properties_account_id")

_NPS_EVERY_WEEKS = 13
_CSAT_EVERY_WEEKS = 26
_ASKED = 3
_END_USERS_PER_ACCOUNT = 1_000
_RESPONSES_PER_ACCOUNT = 10_000
_WORDS = {
    "good": ("The team relies on it every day", "Great support", "Reports save us hours", "Love the dashboards"),
    "bad": ("Too much effort to get an answer", "Too expensive for what we use", "We hardly use it now",
            "The last change made it harder"),
    "fair": ("Does the job", "Fine, could be faster", "Needs better integrations"),
}  # fmt: skip


def end_users(win: Window, traits: Traits) -> Iterator[Row]:
    """The people who may be asked; ``properties_account_id`` is their account."""
    created = stamp(max(traits.started, win.start))
    for user in range(min(traits.users, _ASKED + 9)):
        email = names.address(requester_name(traits, user), traits.domain)
        yield _end_user(traits, user), created, email, f"u-{traits.index + 10_000}-{user:02}", traits.account_id


def responses(win: Window, traits: Traits, life: Life, several: list[Ticket]) -> list[Row]:
    """Every question put before the window's end, in the order of asking within each kind."""
    rng = stream(win, traits.index, "survey")
    asked = [*_rounds(rng, win, traits, life, "NPS", _NPS_EVERY_WEEKS)]
    asked += _rounds(rng, win, traits, life, "CSAT", _CSAT_EVERY_WEEKS)
    asked += [(t.solved + 7200, "CES", t.requester % 12) for t in several if rng.random() < 0.4]
    last = win.end if life.ended_at is None else min(win.end, life.ended_at)
    rows: list[Row] = []
    for when, kind, user in asked:
        answer = _answer(rng, win, traits, life, when, kind, several)
        if max(win.start, traits.started) <= when < last:
            rows.append(_row(win, traits, len(rows), when, kind, user, answer))
    return rows


def _rounds(
    rng: np.random.Generator, win: Window, traits: Traits, life: Life, kind: str, every: int
) -> Iterator[tuple[int, str, int]]:
    weeks = life.active_weeks(win)
    for week in weeks[(weeks + int(rng.integers(every))) % every == 0]:
        for user in rng.permutation(min(traits.users, 12))[: _ASKED if kind == "NPS" else 2]:
            yield win.week_start(int(week)) + int(rng.uniform(0.3, 4.7) * DAY), kind, int(user)


def _answer(
    rng: np.random.Generator, win: Window, traits: Traits, life: Life, when: int, kind: str, several: list[Ticket]
) -> tuple[int, int] | None:
    """How many seconds later which score came, or None."""
    place = min(max((when - win.start) // WEEK - int(life.weeks[0]), 0), len(life.weeks) - 1)
    level, story = float(life.level[place]), traits.story
    wait = int(min(rng.exponential(1.5 * DAY) + 60, 20 * DAY))
    noise, draw = float(rng.normal()), rng.random()
    mood = 0.85 * traits.fit + story.satisfaction * level + FAILED_ONBOARDING.satisfaction * life.onboarding[place]
    hassle = 1.6 * story.effort * level
    score = {
        "NPS": np.clip(round(8.2 + mood + 1.3 * noise), 0, 10),
        "CSAT": np.clip(round(4.2 + 0.45 * mood + 0.7 * noise), 1, 5),
        "CES": np.clip(round(5.6 + 0.4 * mood - hassle + 1.1 * noise), 1, 7),
    }[kind]
    return (wait, int(score)) if draw < traits.answer_rate * (1 + (story.answers - 1) * level) else None


def _row(
    win: Window, traits: Traits, number: int, when: int, kind: str, user: int, answer: tuple[int, int] | None
) -> Row:
    key = 1 + traits.index * _RESPONSES_PER_ACCOUNT + number
    survey = f"{kind.lower()}-{'relationship' if kind == 'NPS' else 'product' if kind == 'CSAT' else 'support'}"
    user = min(user, traits.users - 1)
    if answer is None or when + answer[0] >= win.end:
        return key, stamp(when), stamp(when), "", "", _end_user(traits, user), survey, kind, "false"
    wait, score = answer
    text = _comment(kind, score, key)
    return key, stamp(when), stamp(when + wait), score, text, _end_user(traits, user), survey, kind, "true"


def _comment(kind: str, score: int, key: int) -> str:
    """A remark with every third answer."""
    low, high = {"NPS": (6, 9), "CSAT": (2, 5), "CES": (3, 6)}[kind]
    words = _WORDS["bad" if score <= low else "good" if score >= high else "fair"]
    return words[key // 3 % len(words)] if key % 3 == 0 else ""


def _end_user(traits: Traits, user: int) -> int:
    return 50_000_000 + traits.index * _END_USERS_PER_ACCOUNT + user

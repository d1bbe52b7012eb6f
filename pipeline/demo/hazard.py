"""The true probability of leaving, from the hidden state at each cutoff.

What is hidden but already decided at a cutoff (traits, episodes under way, a decision taken in silence) is known to
it; what is still to be drawn (episodes to come, the decision) is averaged over. It is therefore the best forecast that
anybody could make, and its ranking is the ceiling for every model.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pipeline.demo.life import FOREVER, REST_WEEKS, Life
from pipeline.demo.sinks import Ints
from pipeline.demo.stories import LONGEST_HORIZON_WEEKS, Floats, wish
from pipeline.demo.traits import DAY, WEEK, Traits, Window, moment

HORIZONS = (30, 60, 91)
"""Horizons in days for which the truth is written."""
SCHEMA = pa.schema(
    [
        ("account_id", pa.string()),
        ("cutoff", pa.date32()),
        *((f"probability_{days}d", pa.float64()) for days in HORIZONS),
    ]
)
_AHEAD = np.arange(LONGEST_HORIZON_WEEKS)


def probabilities(win: Window, traits: Traits, life: Life) -> pa.Table:
    """One row for each cutoff at which the account was a customer who had not given notice."""
    cutoffs = _at_risk(win, traits, life)
    calm, pressure, chances = _futures(traits, life, cutoffs)
    voluntary = np.exp(calm[:, None, :] + (0 if life.involuntary else pressure))
    sudden = np.exp(calm[:, None, :]) * np.expm1(pressure) if life.involuntary else np.zeros_like(pressure)
    columns: list[object] = [[traits.account_id] * len(cutoffs), _days(win, cutoffs)]
    for days in HORIZONS:
        until = win.start + cutoffs * WEEK + days * DAY
        within = _decisions_within(win, life, cutoffs, until)[:, None, :]
        passed = np.clip((days - 7 * _AHEAD) / 7, 0, 1)
        stays = np.exp(-(voluntary * within).sum(axis=2) - (sudden * passed).sum(axis=2))
        chance = 1 - (chances * stays).sum(axis=1)
        columns.append(_decided(win, life, cutoffs, until, chance))
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def _at_risk(win: Window, traits: Traits, life: Life) -> Ints:
    """Cutoffs (as weeks) with the account on the spine; the window's end is one of them."""
    weeks = np.arange(0, win.weeks + 1, dtype=np.int64)
    cutoff = win.start + weeks * WEEK
    return weeks[(cutoff > traits.started) & (cutoff <= (win.end + 1 if life.notice_at is None else life.notice_at))]


def _days(win: Window, cutoffs: Ints) -> list[object]:
    return [moment(win.week_start(int(week))).date() for week in cutoffs]


def _futures(traits: Traits, life: Life, cutoffs: Ints) -> tuple[Floats, Floats, Floats]:
    """Calm and pressure of the weeks ahead, by scenario: an episode begins in week j from now, or none does.

    Shapes: (cutoffs, weeks), (cutoffs, scenarios, weeks) and (cutoffs, scenarios), the last a distribution.
    """
    here = (cutoffs - life.weeks[0])[:, None] + _AHEAD
    here = np.minimum(here, len(life.weeks) - 1)
    waiting = np.array([_first_chance(life, int(week)) for week in cutoffs])
    pressure = np.zeros((len(cutoffs), LONGEST_HORIZON_WEEKS + 1, LONGEST_HORIZON_WEEKS))
    for episode in life.episodes:
        begun = cutoffs > episode.onset
        age = (cutoffs[begun, None] + _AHEAD - episode.onset).astype(np.float64)
        pressure[begun] += (traits.severity * traits.story.hazard * wish(traits.story, age, episode.lasts))[:, None, :]
    ages = (_AHEAD - _AHEAD[:, None]).astype(np.float64)
    fresh = traits.severity * traits.story.hazard * wish(traits.story, ages, FOREVER)
    pressure[:, :-1] += np.where((waiting[:, None] <= _AHEAD)[:, :, None], fresh, 0)
    rate = traits.story.onset
    start = np.where(waiting[:, None] <= _AHEAD, rate * (1 - rate) ** np.maximum(_AHEAD - waiting[:, None], 0), 0)
    return life.calm[here], pressure, np.column_stack([start, 1 - start.sum(axis=1)])


def _first_chance(life: Life, week: int) -> int:
    """Weeks until a new episode may begin: none while one is under way, or while the account rests from it."""
    rest = [e.onset + e.lasts + REST_WEEKS - week for e in life.episodes if e.onset < week]
    return int(np.clip(max(rest, default=0), 0, LONGEST_HORIZON_WEEKS))


def _decisions_within(win: Window, life: Life, cutoffs: Ints, until: Ints) -> Floats:
    """1 for each week ahead in which a decision would end the coverage before ``until``, else 0."""
    after = win.start + (cutoffs[:, None] + _AHEAD + 1) * WEEK
    ends = life.boundaries[np.searchsorted(life.boundaries, after)]
    return (ends < until[:, None]).astype(np.float64)


def _decided(win: Window, life: Life, cutoffs: Ints, until: Ints, chance: Floats) -> Floats:
    """After a silent decision nothing is left to chance."""
    if life.decided_week is None or life.ended_at is None:
        return chance
    return np.where(cutoffs > life.decided_week, (life.ended_at < until) * 1.0, chance)

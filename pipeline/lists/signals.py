"""Signals: what else is true of an account, each by a condition that a person can check in the data.

A signal never puts an account on the at-risk list; it is a tag beside it, chooses the play, and has a list of its own.
A condition that needs a value the account does not have is false: nobody is tagged for having little data. A tag that
half of all accounts carry says nothing, so what is usual here (a term of one month, invoices that are always paid a
minute late) is no signal. Nobody is good news who carries a warning: who has trouble is not asked for a reference.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from pipeline.config.settings import ScaleSettings
from pipeline.features.info import FeatureInfo
from pipeline.figures import figure
from pipeline.lists.conditions import Conditions
from pipeline.texts import say

SCALE = ScaleSettings()

Kind = Literal["warning", "hint", "renewal", "good"]
"""``warning``: something to act on; ``hint``: of use in a talk; ``renewal``: the calendar; ``good``: good news."""

Figures = tuple[tuple[str, str], ...]
"""(feature, unit): the numbers that make a condition true."""

_USE: Figures = (
    ("use_changed", "share"),
    ("use_kept", "uses"),
)
_HEALTH: Figures = (("health", "points"),)
_ANSWERS: Figures = (
    ("nps_recent", "nps score"),
    ("csat_mean_26w", "csat score"),
)
_RENEWAL: Figures = (("days_to_renewal", "days"),)
_SEATS: Figures = (("seat_utilisation_4w", "share"),)


@dataclass(frozen=True)
class Signal:
    """A tag: its condition as code, and the figures that a person can check. Its words stand in the texts, by name.

    The name itself is what scripts, configurations and earlier weeks know it by; ``title`` is what people read.
    """

    name: str
    kind: Kind
    holds: Callable[[Conditions], pd.Series]
    figures: Figures

    @property
    def title(self) -> str:
        """What people call it."""
        return say(f"signals.names.{self.name}")

    @property
    def condition(self) -> str:
        """Its condition in words."""
        return say(f"signals.conditions.{self.name}")

    @property
    def tip(self) -> str:
        """What to make of it in a talk."""
        return say(f"signals.tips.{self.name}")


SIGNALS: tuple[Signal, ...] = (
    Signal(
        "satisfied but leaving",
        "warning",
        lambda c: (
            c.pleased()
            & ~c.displeased()
            & ((c.scored["band"] == "red") | ((c.scored["band"] == "amber") & (c.use_left() < 0.5)))
        ),
        (*_HEALTH, *_ANSWERS, *_USE),
    ),
    Signal(
        "champion lost",
        "warning",
        lambda c: (c("champion_days_since_seen") >= 28) & (c("days_since_use") <= 14),
        (
            ("champion_days_since_seen", "days"),
            ("days_since_use", "days"),
        ),
    ),
    Signal(
        "quiet account",
        "warning",
        lambda c: (c.use_left() < 0.7) & ((c("tickets_13w") == 0) | c.nobody_writes()),
        (
            ("use_left", "share"),
            ("tickets_13w", "tickets"),
        ),
    ),
    Signal(
        "effort too high",
        "warning",
        lambda c: c.hard_answer().notna() | c.hard_work().notna(),
        (
            ("hard_answer", "ces score"),
            ("hard_work", "points"),
            ("usual_effort", "points"),
        ),
    ),
    Signal(
        "onboarding stuck",
        "warning",
        lambda c: c("tenure_days").between(30, 180) & (c("milestones_share") < 0.5),
        (
            ("tenure_days", "days"),
            ("milestones_share", "share"),
        ),
    ),
    Signal(
        "contraction ahead",
        "warning",
        lambda c: (c("seat_utilisation_4w") < 0.4) & c.has_term() & c("days_to_renewal").between(0, 180),
        (*_SEATS, *_RENEWAL),
    ),
    Signal(
        "payment trouble",
        "warning",
        lambda c: (c("invoices_overdue") >= 1) | (c("failed_payments_13w") >= 1) | c.often_late().notna(),
        (
            ("invoices_overdue", "invoices"),
            ("failed_payments_13w", "payments"),
            ("often_late", "invoices"),
        ),
    ),
    Signal(
        "unused features",
        "hint",
        lambda c: c("plan_features_unused_13w") >= 3,
        (("plan_features_unused_13w", "features"),),
    ),
    Signal(
        "early renewal",
        "renewal",
        lambda c: (
            c("days_to_renewal").between(91, 180)
            & (c.scored["band"].isin(["red", "amber"]) | (c.near_renewal() < c.red))
        ),
        (*_HEALTH, ("near_renewal", "points"), *_RENEWAL),
    ),
    Signal(
        "renewal soon",
        "renewal",
        lambda c: c.has_term() & c.days_to_decide().between(0, 45),
        (("days_to_decide", "days"), *_RENEWAL),
    ),
    Signal(
        "ready to expand",
        "good",
        lambda c: (
            (c.scored["band"] == "green")
            & (c("seat_utilisation_4w") >= 0.9)
            & ~(c("plan_features_unused_13w") > 2)
            & (c.content() | c.nobody_answers())
        ),
        (*_SEATS, *_ANSWERS),
    ),
    Signal(
        "advocate",
        "good",
        lambda c: (
            (c.scored["health"] >= 65)
            & (c.nps_recent() >= 9)
            & ~(c("csat_mean_26w") < 0.8)
            & ~(c("tenure_days") < 180)
            & ~(c.use_left() < 0.8)
        ),
        (*_HEALTH, *_ANSWERS, *_USE),
    ),
    Signal(
        "recovered",
        "good",
        lambda c: (c.scored["band"] == "green") & (c.lowest_before() < c.red) & (c.risen() >= c.amber - c.red),
        (*_HEALTH, ("lowest_before", "points")),
    ),
)
"""Most telling first: an account that carries several is told by the first."""


def conditions(
    features: pd.DataFrame,
    scored: pd.DataFrame,
    earlier: Sequence[pd.DataFrame] = (),
    scale: ScaleSettings = SCALE,
    catalog: Iterable[FeatureInfo] = (),
) -> Conditions:
    """What signals are asked of.

    ``features`` and ``scored`` (health, band; score and points) are indexed by account_id. ``earlier`` holds the
    ``health_scores`` of up to 8 weeks before, newest first, as published. ``scale``: where the bands end.
    ``catalog``: says of which folded measures more is better; of those that it does not name it is.
    """
    past = tuple(week.set_index("account_id") for week in list(earlier)[:8])
    no_use = frozenset(info.name for info in catalog if info.source == "levels" and info.direction >= 0)
    return Conditions(features.reindex(scored.index), scored, past, scale.red, scale.amber, no_use)


def flags(
    features: pd.DataFrame, scored: pd.DataFrame, earlier: Sequence[pd.DataFrame] = (), scale: ScaleSettings = SCALE
) -> pd.DataFrame:
    """One boolean column a signal, indexed like ``scored``; the arguments are those of ``conditions``."""
    return held(conditions(features, scored, earlier, scale))


def held(asked: Conditions) -> pd.DataFrame:
    """One boolean column a signal, indexed like the scores that are asked."""
    columns = {signal.name: signal.holds(asked).fillna(False).astype(bool) for signal in SIGNALS}
    found = pd.DataFrame(columns, index=asked.scored.index)
    warned = found[[signal.name for signal in SIGNALS if signal.kind == "warning"]].any(axis=1)
    for signal in SIGNALS:
        if signal.kind == "good":
            found[signal.name] &= ~warned
    return found


def tags(flagged: pd.DataFrame) -> pd.Series:
    """The names of the signals that hold for each account, joined by ``; ``."""
    names = np.array(flagged.columns)
    texts = ["; ".join(names[row]) for row in flagged.to_numpy(dtype=bool)]
    return pd.Series(texts, index=flagged.index, dtype="string")


def evidence(signal: Signal, asked: Conditions, accounts: pd.Index) -> pd.Series:
    """The figures that make the signal true, in words, for some accounts; what is not known is left out."""
    told: list[list[str]] = [[] for _ in accounts]
    for name, unit in signal.figures:
        for parts, value in zip(told, asked.value(name).reindex(accounts), strict=True):
            text = figure(_below(value) if name in _HELD_BELOW else value, unit)
            if text is not None and not (value == 0 and name in _SILENT_AT_ZERO):
                told_as = _TODAY.get(name, name) if value == 0 else name
                parts.append(say(f"signals.figures.{told_as}", value=text))
    return pd.Series([", ".join(parts) for parts in told], index=accounts, dtype="string")


def _below(share: float) -> float:
    """A share rounded down to a hundredth, so that what is below 70 % is not told as 70 %; missing stays missing."""
    return share if pd.isna(share) or share < 0.01 else math.floor(100 * share + 1e-9) / 100


_HELD_BELOW = {"use_left", "use_changed"}
"""Shares that signals hold below a whole per cent."""

_TODAY = {"days_to_renewal": "renewal_today", "days_to_decide": "decide_today"}
"""What nobody calls ``in 0 days``."""

_SILENT_AT_ZERO = {"invoices_overdue", "failed_payments_13w"}
"""Counts of trouble that say nothing when there is none."""

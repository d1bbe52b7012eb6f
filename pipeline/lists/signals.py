"""Signals: what else is true of an account, each by a condition that a person can check in the data.

A signal never puts an account on the at-risk list; it is a tag beside it, chooses the play, and has a list of its own.
A condition that needs a value the account does not have is false: nobody is tagged for having little data. A tag that
half of all accounts carry says nothing, so what is usual here (a term of one month, invoices that are always paid a
minute late) is no signal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from pipeline.config.settings import ScaleSettings
from pipeline.features.info import FeatureInfo
from pipeline.figures import figure
from pipeline.lists.conditions import Conditions

SCALE = ScaleSettings()

Kind = Literal["warning", "hint", "renewal", "good"]
"""``warning``: something to act on; ``hint``: of use in a talk; ``renewal``: the calendar; ``good``: good news."""

Figures = tuple[tuple[str, str, str], ...]
"""(feature, unit, words with ``{value}``): the numbers that make a condition true."""

_USE: Figures = (
    ("use_changed", "share", "use is {value} of the 4 weeks before"),
    ("use_kept", "uses", "use much as before ({value})"),
)
_HEALTH: Figures = (("health", "points", "health {value}"),)
_ANSWERS: Figures = (
    ("nps_last", "nps score", "last NPS answer {value}"),
    ("csat_mean_26w", "csat score", "mean CSAT {value} (26 weeks)"),
)
_RENEWAL: Figures = (("days_to_renewal", "days", "renewal in {value}"),)
_SEATS: Figures = (("seat_utilisation_4w", "share", "{value} of the seats in use"),)


@dataclass(frozen=True)
class Signal:
    """A tag: its condition in words and as code, what to make of it, and the figures that a person can check."""

    name: str
    kind: Kind
    condition: str
    tip: str
    holds: Callable[[Conditions], pd.Series]
    figures: Figures


SIGNALS: tuple[Signal, ...] = (
    Signal(
        "satisfied but leaving",
        "warning",
        "red, or amber with use below half of before, while the last answers were good (NPS 9 or 10, or CSAT 0.8 or "
        "better) and none was bad",
        "Do not ask how happy they are. Ask what changed: budget, owner, need.",
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
        "the most active user not seen for 28 days, others in the last 14",
        "Find out who took over, and start again with that person.",
        lambda c: (c("champion_days_since_seen") >= 28) & (c("days_since_use") <= 14),
        (
            ("champion_days_since_seen", "days", "the most active user was last seen {value} ago"),
            ("days_since_use", "days", "others {value} ago"),
        ),
    ),
    Signal(
        "quiet account",
        "warning",
        "use fell below 70 % of the 4 weeks before, and no ticket in 13 weeks",
        "Only one unhappy customer in 26 complains: ask before they stop answering.",
        lambda c: (c.use_left() < 0.7) & (c("tickets_13w") == 0),
        (
            ("use_left", "share", "use is {value} of the 4 weeks before"),
            ("tickets_13w", "tickets", "tickets in 13 weeks: {value}"),
        ),
    ),
    Signal(
        "effort too high",
        "warning",
        "a CES answer of the last half year of 0.4 or worse (of 1), or an effort score of 60 or more (of 100) that is "
        "20 above what is usual here",
        "Take the oldest open matter over yourself until it is solved.",
        lambda c: c.hard_answer().notna() | c.hard_work().notna(),
        (
            ("hard_answer", "ces score", "last CES answer {value}, where 100 % is easiest"),
            ("hard_work", "points", "effort score {value} of 100"),
            ("usual_effort", "points", "usual here {value}"),
        ),
    ),
    Signal(
        "onboarding stuck",
        "warning",
        "customer for 30 to 180 days, less than half of the milestones reached",
        "Set one next milestone with a date and do it together.",
        lambda c: c("tenure_days").between(30, 180) & (c("milestones_share") < 0.5),
        (
            ("tenure_days", "days", "customer for {value}"),
            ("milestones_share", "share", "{value} of the milestones reached"),
        ),
    ),
    Signal(
        "contraction ahead",
        "warning",
        "less than 40 % of the seats in use, and a term of more than a month that renews within 180 days",
        "Right-size the contract before they ask.",
        lambda c: (c("seat_utilisation_4w") < 0.4) & c.has_term() & c("days_to_renewal").between(0, 180),
        (*_SEATS, *_RENEWAL),
    ),
    Signal(
        "payment trouble",
        "warning",
        "an invoice overdue, a failed payment in 13 weeks, or more invoices paid late than three of four accounts here",
        "Sort it out with their accounts department, apart from the success talk.",
        lambda c: (c("invoices_overdue") >= 1) | (c("failed_payments_13w") >= 1) | c.often_late().notna(),
        (
            ("invoices_overdue", "invoices", "invoices overdue: {value}"),
            ("failed_payments_13w", "payments", "failed payments: {value} (13 weeks)"),
            ("often_late", "invoices", "invoices paid late: {value} (13 weeks)"),
        ),
    ),
    Signal(
        "unused features",
        "hint",
        "at least 3 features of the plan not used in 13 weeks",
        "Show the one feature that fits their work, not a tour.",
        lambda c: c("plan_features_unused_13w") >= 3,
        (("plan_features_unused_13w", "features", "{value} features of the plan unused (13 weeks)"),),
    ),
    Signal(
        "early renewal",
        "renewal",
        "renewal in 91 to 180 days, and red or amber now, or red once the renewal is near: with the points of the "
        "calendar that those have who renew within 90 days",
        "Early enough to act: make a success plan up to the renewal.",
        lambda c: (
            c("days_to_renewal").between(91, 180)
            & (c.scored["band"].isin(["red", "amber"]) | (c.near_renewal() < c.red))
        ),
        (*_HEALTH, ("near_renewal", "points", "{value} if the renewal were near"), *_RENEWAL),
    ),
    Signal(
        "renewal soon",
        "renewal",
        "a term of more than a month, and the last day to decide about it (renewal less notice) within 45 days",
        "Agree on the renewal talk now.",
        lambda c: c.has_term() & c.days_to_decide().between(0, 45),
        (("days_to_decide", "days", "{value} left to decide"), *_RENEWAL),
    ),
    Signal(
        "ready to expand",
        "good",
        "green, at least 90 % of the seats in use, no more than 2 features of the plan unused, and satisfied: NPS 7 or "
        "CSAT 0.7 or better (where nobody is asked here, that is left out)",
        "Offer the next tier with their own numbers.",
        lambda c: (
            (c.scored["band"] == "green")
            & (c("seat_utilisation_4w") >= 0.9)
            & ~(c("plan_features_unused_13w") > 2)
            & ~c.displeased()
            & (c.content() | c.nobody_answers())
        ),
        (*_SEATS, *_ANSWERS),
    ),
    Signal(
        "advocate",
        "good",
        "health 65 or better, an NPS of 9 or 10 in the last half year, and no bad answer",
        "Ask for a reference or a review.",
        lambda c: (c.scored["health"] >= 65) & (c.recent("nps_last", "nps_age_days") >= 9) & ~c.displeased(),
        (*_HEALTH, *_ANSWERS),
    ),
    Signal(
        "recovered",
        "good",
        "green now, red within the last 8 weeks, and not because a renewal has passed",
        "Say thank you, and write down what helped.",
        lambda c: (c.scored["band"] == "green") & (c.lowest_before() < c.red) & (c.risen() >= c.amber - c.red),
        (*_HEALTH, ("lowest_before", "points", "was down to {value} within 8 weeks")),
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
    return pd.DataFrame(columns, index=asked.scored.index)


def tags(flagged: pd.DataFrame) -> pd.Series:
    """The names of the signals that hold for each account, joined by ``; ``."""
    names = np.array(flagged.columns)
    texts = ["; ".join(names[row]) for row in flagged.to_numpy(dtype=bool)]
    return pd.Series(texts, index=flagged.index, dtype="string")


def evidence(signal: Signal, asked: Conditions, accounts: pd.Index) -> pd.Series:
    """The figures that make the signal true, in words, for some accounts; what is not known is left out."""
    told: list[list[str]] = [[] for _ in accounts]
    for name, unit, words in signal.figures:
        for parts, value in zip(told, asked.value(name).reindex(accounts), strict=True):
            text = figure(value, unit)
            if text is not None and not (value == 0 and name in _SILENT_AT_ZERO):
                parts.append(words.replace("{value}", text))
    return pd.Series([", ".join(parts) for parts in told], index=accounts, dtype="string")


_SILENT_AT_ZERO = {"invoices_overdue", "failed_payments_13w"}
"""Counts of trouble that say nothing when there is none."""

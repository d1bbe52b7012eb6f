"""Signals: what else is true of an account, each by a condition that a person can check in the data.

A signal never puts an account on the list; it is a tag beside it and chooses the play. A condition that needs a value
the account does not have is false: nobody is tagged for having little data.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

MAIN_USE = ("logins_4w", "use_4w", "events_4w", "level_logins_last", "level_*_last")
"""The first of these that the features have is what "use" means below; its window before is found by name."""


@dataclass(frozen=True)
class Facts:
    """What conditions are asked of: features and scores of the same accounts, and their health of earlier weeks."""

    features: pd.DataFrame
    scored: pd.DataFrame
    earlier: tuple[pd.Series, ...] = ()

    def __call__(self, name: str) -> pd.Series:
        """A feature or a column of the scores by name, all missing where there is none."""
        for frame in (self.features, self.scored):
            if name in frame.columns and pd.api.types.is_numeric_dtype(frame[name]):
                return frame[name].astype(float)
        return pd.Series(np.nan, index=self.scored.index)

    def use_left(self) -> pd.Series:
        """The main use as a share of the window before it; missing where there was none."""
        columns = [str(name) for name in self.features.columns]
        name = next((name for pattern in MAIN_USE for name in fnmatch.filter(columns, pattern)), "")
        before = self(before_name(name))
        return self(name) / before.where(before > 0)

    def pleased(self) -> pd.Series:
        """The last answers were good: NPS 9 or 10, or a mean CSAT of at least 0.8."""
        return (self("nps_last") >= 9) | (self("csat_mean_26w") >= 0.8)

    def displeased(self) -> pd.Series:
        """The last answers were bad: NPS 0 to 6, or a mean CSAT below 0.5."""
        return (self("nps_last") <= 6) | (self("csat_mean_26w") < 0.5)

    def lowest_before(self) -> pd.Series:
        """The lowest health of the earlier weeks; missing where the account was not scored."""
        if not self.earlier:
            return pd.Series(np.nan, index=self.scored.index)
        return pd.concat([week.reindex(self.scored.index) for week in self.earlier], axis=1).min(axis=1)


@dataclass(frozen=True)
class Signal:
    """A tag: its condition in words and as code, and what to make of it."""

    name: str
    condition: str
    tip: str
    holds: Callable[[Facts], pd.Series]


SIGNALS: tuple[Signal, ...] = (
    Signal(
        "quiet account",
        "use fell below 70 % of the 4 weeks before, and no ticket in 13 weeks",
        "Only one unhappy customer in 26 complains: ask before they stop answering.",
        lambda f: (f.use_left() < 0.7) & (f("tickets_13w") == 0),
    ),
    Signal(
        "satisfied but leaving",
        "red, or use below half of before, while the last answers were good (NPS 9 or 10, or CSAT 0.8 or better)",
        "Do not ask how happy they are. Ask what changed: budget, owner, need.",
        lambda f: f.pleased() & ((f.scored["band"] == "red") | (f.use_left() < 0.5)),
    ),
    Signal(
        "onboarding stuck",
        "customer for 30 to 180 days, less than half of the milestones reached",
        "Set one next milestone with a date and do it together.",
        lambda f: f("tenure_days").between(30, 180) & (f("milestones_share") < 0.5),
    ),
    Signal(
        "unused features",
        "at least 3 features of the plan not used in 13 weeks",
        "Show the one feature that fits their work, not a tour.",
        lambda f: f("plan_features_unused_13w") >= 3,
    ),
    Signal(
        "champion lost",
        "the most active user not seen for 28 days, others in the last 14",
        "Find out who took over, and start again with that person.",
        lambda f: (f("champion_days_since_seen") >= 28) & (f("days_since_use") <= 14),
    ),
    Signal(
        "effort too high",
        "last CES answer 0.4 or worse (of 1), or effort score 60 or more (of 100)",
        "Take the oldest open matter over yourself until it is solved.",
        lambda f: (f("ces_last") <= 0.4) | (f("effort_score") >= 60),
    ),
    Signal(
        "contraction ahead",
        "less than half of the seats in use and the renewal within 180 days",
        "Right-size the contract before they ask.",
        lambda f: (f("seat_utilisation_4w") < 0.5) & f("days_to_renewal").between(0, 180),
    ),
    Signal(
        "renewal soon",
        "renewal within 90 days",
        "Agree on the renewal talk now.",
        lambda f: f("days_to_renewal").between(0, 90),
    ),
    Signal(
        "early renewal",
        "red or amber, renewal in 91 to 180 days",
        "Early enough to act: make a success plan up to the renewal.",
        lambda f: f("days_to_renewal").between(91, 180) & f.scored["band"].isin(["red", "amber"]),
    ),
    Signal(
        "payment trouble",
        "an invoice overdue, or one paid late or a failed payment in 13 weeks",
        "Sort it out with their accounts department, apart from the success talk.",
        lambda f: (f("invoices_overdue") >= 1) | (f("late_invoices_13w") >= 1) | (f("failed_payments_13w") >= 1),
    ),
    Signal(
        "ready to expand",
        "green, at least 90 % of the seats in use, no bad answer",
        "Offer the next tier with their own numbers.",
        lambda f: (f.scored["band"] == "green") & (f("seat_utilisation_4w") >= 0.9) & ~f.displeased(),
    ),
    Signal(
        "advocate",
        "health 65 or better and NPS 9 or 10",
        "Ask for a reference or a review.",
        lambda f: (f.scored["health"] >= 65) & (f("nps_last") >= 9),
    ),
    Signal(
        "recovered",
        "green now, red within the last 8 weeks",
        "Say thank you, and write down what helped.",
        lambda f: (f.scored["band"] == "green") & (f.lowest_before() < 40),
    ),
)


def flags(
    features: pd.DataFrame,
    scored: pd.DataFrame,
    earlier: Sequence[pd.DataFrame] = (),
    signals: Sequence[Signal] = SIGNALS,
) -> pd.DataFrame:
    """One boolean column a signal, indexed like ``scored``.

    ``features`` and ``scored`` (health, band) are indexed by account_id. ``earlier`` holds the ``health_scores`` of
    up to 8 weeks before, newest first, as published (with columns account_id and health).
    """
    past = tuple(week.set_index("account_id")["health"] for week in list(earlier)[:8])
    facts = Facts(features.reindex(scored.index), scored, past)
    held = {signal.name: signal.holds(facts).fillna(False).astype(bool) for signal in signals}
    return pd.DataFrame(held, index=scored.index)


def tags(flagged: pd.DataFrame) -> pd.Series:
    """The names of the signals that hold for each account, joined by ``; ``."""
    names = np.array(flagged.columns)
    texts = ["; ".join(names[row]) for row in flagged.to_numpy(dtype=bool)]
    return pd.Series(texts, index=flagged.index, dtype="string")


def before_name(name: str) -> str:
    """The feature that holds the same measure in the window before: ``logins_4w`` to ``logins_before_4w``."""
    if name.endswith("_last"):
        return f"{name.removesuffix('_last')}_before"
    measure, _, weeks = name.rpartition("_")
    return f"{measure}_before_{weeks}" if measure else ""

"""What signals ask of an account: features and scores by name, and a few measures made of them.

Every answer is missing, or false, where the account does not have the value.
"""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.health.answers import recent
from pipeline.health.calendar import TIMING, without_calendar
from pipeline.health.teller import HARDLY

MAIN_USE = (("logins_4w", "use_4w"), ("events_4w",), ("level_logins_last",), ("level_*_last",))
"""The first of these of which the features have any is what "use" means below; the window before is found by name.

Where automation takes over, sign-ins fall and use does not: of several measures the one that kept most counts. A
folded measure counts among them only where more of it is better: errors, or storage that only grows, hide no fall.
"""

LEAST_USE = 4
"""Use below this is too little to fall: from 2 to 1 is no half."""

MOST = 0.75
"""The share of accounts that counts as most of them."""

MEASURES = (
    *("use_left", "use_changed", "use_kept", "days_to_decide", "lowest_before"),
    *("nps_recent", "hard_answer", "hard_work", "usual_effort", "often_late", "near_renewal", "risen"),
)
"""What signals may tell besides features and scores: the measures of ``Conditions`` by name."""


@dataclass(frozen=True)
class Conditions:
    """Features and scores of the same accounts, indexed by account_id, and their scores of earlier weeks.

    ``no_use``: features that do not stand for use.
    """

    features: pd.DataFrame
    scored: pd.DataFrame
    earlier: tuple[pd.DataFrame, ...] = ()
    red: float = 40.0
    amber: float = 55.0
    no_use: frozenset[str] = frozenset()

    def __call__(self, name: str) -> pd.Series:
        """A feature or a column of the scores by name, all missing where there is none."""
        for frame in (self.features, self.scored):
            if name in frame.columns and pd.api.types.is_numeric_dtype(frame[name]):
                return frame[name].astype(float)
        return pd.Series(np.nan, index=self.scored.index)

    def value(self, name: str) -> pd.Series:
        """The same, or one of the measures below by its name."""
        return getattr(self, name)() if name in MEASURES else self(name)

    def use_left(self) -> pd.Series:
        """The main use as a share of the window before it; missing where there was next to none."""
        shares = [self._left(name) for name in self._use_names()]
        return pd.concat(shares, axis=1).max(axis=1) if shares else self("")

    def _use_names(self) -> list[str]:
        """The features that stand for use here."""
        columns = [str(name) for name in self.features.columns if name not in self.no_use]
        kinds = ([name for each in patterns for name in fnmatch.filter(columns, each)] for patterns in MAIN_USE)
        return next((names for names in kinds if names), [])

    def use_changed(self) -> pd.Series:
        """``use_left`` where it is beyond noise; missing where use is much as before."""
        left = self.use_left()
        return left.where((left < 1 - HARDLY) | (left > 1 / (1 - HARDLY)))

    def use_kept(self) -> pd.Series:
        """The main use itself where it is much as before; missing where it changed."""
        return self._main_use().where(self.use_left().notna() & self.use_changed().isna())

    def _main_use(self) -> pd.Series:
        """The level of the measure that kept most."""
        names = self._use_names()
        if not names:
            return self("")
        left = pd.concat({name: self._left(name) for name in names}, axis=1)
        levels = pd.concat({name: self(name) for name in names}, axis=1)
        return levels.where(left.eq(left.max(axis=1), axis=0)).max(axis=1)

    def _left(self, name: str) -> pd.Series:
        before = self(before_name(name))
        return self(name) / before.where(before >= LEAST_USE)

    def recent(self, name: str, age: str) -> pd.Series:
        """An answer that is no older than half a year; of unknown age it counts."""
        return recent(self(name), self(age))

    def nps_recent(self) -> pd.Series:
        """The last NPS answer, where it is no older than half a year."""
        return self.recent("nps_last", "nps_age_days")

    def pleased(self) -> pd.Series:
        """The last answers were good: NPS 9 or 10, or a mean CSAT of at least 0.8."""
        return (self.nps_recent() >= 9) | (self("csat_mean_26w") >= 0.8)

    def content(self) -> pd.Series:
        """Somebody answered, and every answer was good enough: NPS of at least 7, a mean CSAT of at least 0.7."""
        nps, csat = self.nps_recent(), self("csat_mean_26w")
        return ((nps >= 7) | (csat >= 0.7)) & ~(nps < 7) & ~(csat < 0.7)

    def displeased(self) -> pd.Series:
        """The last answers were bad: NPS 0 to 6, or a mean CSAT below 0.5."""
        return (self.nps_recent() <= 6) | (self("csat_mean_26w") < 0.5)

    def nobody_answers(self) -> bool:
        """Whether no account here ever answered: then no answer says nothing about one of them."""
        return bool(self("nps_last").isna().all() and self("csat_mean_26w").isna().all())

    def nobody_writes(self) -> bool:
        """Whether of no account here tickets are known: then having none says nothing about one of them."""
        return bool(self("tickets_13w").isna().all())

    def has_term(self) -> pd.Series:
        """Whether there is a term to renew: who pays by the month may leave every month."""
        return ~(self("term_months") <= 1)

    def days_to_decide(self) -> pd.Series:
        """Days to the last day on which they can still say no: the renewal less the notice."""
        return self("days_to_renewal") - self("notice_days").fillna(0.0)

    def hard_answer(self) -> pd.Series:
        """A CES answer of at most 0.4 of the last half year; missing where there is none."""
        answer = self.recent("ces_last", "ces_age_days")
        return answer.where(answer <= 0.4)

    def hard_work(self) -> pd.Series:
        """An effort score of at least 60 and 20 above the median here; missing where it is not."""
        effort = self("effort_score")
        return effort.where((effort >= 60) & (effort >= effort.median() + 20))

    def usual_effort(self) -> pd.Series:
        """The median effort score here, beside each that is too high."""
        median = self("effort_score").median()
        return self.hard_work().where(self.hard_work().isna(), median)

    def often_late(self) -> pd.Series:
        """Invoices paid late in 13 weeks, more than three of four accounts here have; missing where it is not."""
        late = self("late_invoices_13w")
        return late.where((late > 0) & (late > late.quantile(MOST)))

    def lowest_before(self) -> pd.Series:
        """The lowest health of the earlier weeks; missing where the account was not scored."""
        return self._lowest([week["health"] for week in self.earlier])

    def risen(self) -> pd.Series:
        """How many points of behaviour are above the lowest of the earlier weeks: a renewal that passed lifts none."""
        return without_calendar(self.scored) - self._lowest([without_calendar(week) for week in self.earlier])

    def near_renewal(self) -> pd.Series:
        """Health as it would be if the renewal were due: with the points of the calendar that those due now have.

        A model asked for the next quarter thinks well of whoever cannot leave in it. Missing where the calendar has no
        points.
        """
        if TIMING not in self.scored:
            return self("")
        due = self.scored.loc[self("days_to_renewal").between(0, 90), TIMING].median()
        return (without_calendar(self.scored) + due).clip(0, 100)

    def _lowest(self, weeks: list[pd.Series]) -> pd.Series:
        if not weeks:
            return pd.Series(np.nan, index=self.scored.index)
        return pd.concat([week.reindex(self.scored.index) for week in weeks], axis=1).min(axis=1)


def before_name(name: str) -> str:
    """The feature that holds the same measure in the window before: ``logins_4w`` to ``logins_before_4w``."""
    if name.endswith("_last"):
        return f"{name.removesuffix('_last')}_before"
    measure, _, weeks = name.rpartition("_")
    return f"{measure}_before_{weeks}" if measure else ""

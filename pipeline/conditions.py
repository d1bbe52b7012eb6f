"""What signals ask of an account: features and scores by name, and a few measures made of them.

Every answer is missing, or false, where the account does not have the value.
"""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass

import numpy as np
import pandas as pd

MAIN_USE = ("logins_4w", "use_4w", "events_4w", "level_logins_last", "level_*_last")
"""The first of these that the features have is what "use" means below; its window before is found by name."""

RECENT_DAYS = 182
"""An answer older than half a year says little about today."""

LEAST_USE = 4
"""Use below this is too little to fall: from 2 to 1 is no half."""

MOST = 0.75
"""The share of accounts that counts as most of them."""


@dataclass(frozen=True)
class Conditions:
    """Features and scores of the same accounts, indexed by account_id, and their health of earlier weeks."""

    features: pd.DataFrame
    scored: pd.DataFrame
    earlier: tuple[pd.Series, ...] = ()
    red: float = 40.0

    def __call__(self, name: str) -> pd.Series:
        """A feature or a column of the scores by name, all missing where there is none."""
        for frame in (self.features, self.scored):
            if name in frame.columns and pd.api.types.is_numeric_dtype(frame[name]):
                return frame[name].astype(float)
        return pd.Series(np.nan, index=self.scored.index)

    def value(self, name: str) -> pd.Series:
        """The same, or one of the measures below by its name."""
        made = {"use_left": self.use_left, "days_to_decide": self.days_to_decide, "lowest_before": self.lowest_before}
        return made[name]() if name in made else self(name)

    def use_left(self) -> pd.Series:
        """The main use as a share of the window before it; missing where there was next to none."""
        columns = [str(name) for name in self.features.columns]
        name = next((name for pattern in MAIN_USE for name in fnmatch.filter(columns, pattern)), "")
        before = self(before_name(name))
        return self(name) / before.where(before >= LEAST_USE)

    def recent(self, name: str, age: str) -> pd.Series:
        """An answer that is no older than half a year; of unknown age it counts."""
        return self(name).where(~(self(age) > RECENT_DAYS))

    def pleased(self) -> pd.Series:
        """The last answers were good: NPS 9 or 10, or a mean CSAT of at least 0.8."""
        return (self.recent("nps_last", "nps_age_days") >= 9) | (self("csat_mean_26w") >= 0.8)

    def content(self) -> pd.Series:
        """The last answers were not bad: NPS of at least 7, or a mean CSAT of at least 0.7."""
        return (self.recent("nps_last", "nps_age_days") >= 7) | (self("csat_mean_26w") >= 0.7)

    def displeased(self) -> pd.Series:
        """The last answers were bad: NPS 0 to 6, or a mean CSAT below 0.5."""
        return (self.recent("nps_last", "nps_age_days") <= 6) | (self("csat_mean_26w") < 0.5)

    def nobody_answers(self) -> bool:
        """Whether no account here ever answered: then no answer says nothing about one of them."""
        return bool(self("nps_last").isna().all() and self("csat_mean_26w").isna().all())

    def has_term(self) -> pd.Series:
        """Whether there is a term to renew: who pays by the month may leave every month."""
        return ~(self("term_months") <= 1)

    def days_to_decide(self) -> pd.Series:
        """Days to the last day on which they can still say no: the renewal less the notice."""
        return self("days_to_renewal") - self("notice_days").fillna(0.0)

    def usual(self, name: str) -> float:
        """The median of the accounts at hand."""
        return float(self(name).median())

    def beyond_most(self, name: str) -> pd.Series:
        """Above zero, and above what three of four accounts here have."""
        values = self(name)
        return (values > 0) & (values > values.quantile(MOST))

    def lowest_before(self) -> pd.Series:
        """The lowest health of the earlier weeks; missing where the account was not scored."""
        if not self.earlier:
            return pd.Series(np.nan, index=self.scored.index)
        return pd.concat([week.reindex(self.scored.index) for week in self.earlier], axis=1).min(axis=1)


def before_name(name: str) -> str:
    """The feature that holds the same measure in the window before: ``logins_4w`` to ``logins_before_4w``."""
    if name.endswith("_last"):
        return f"{name.removesuffix('_last')}_before"
    measure, _, weeks = name.rpartition("_")
    return f"{measure}_before_{weeks}" if measure else ""

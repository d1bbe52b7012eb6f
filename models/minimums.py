"""How much data a model needs, how much there is, and how many more weeks that takes at the present rate of churns."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from models.calibration import FEW_CHURNS
from models.panel import Panel
from models.settings import TrainSettings

MIN_ACCOUNTS = 50
"""Accounts below which drawing accounts anew says little about how sure a figure is."""


@dataclass(frozen=True)
class Minimum:
    """One thing that is needed for ``purpose`` (``learning``, ``testing`` or ``certainty``), and whether it is there.

    ``weeks_more``: how long until it is, at the present rate; 0 where it is, None where waiting alone does not help.
    """

    name: str
    purpose: str
    have: int
    need: int
    weeks_more: int | None

    @property
    def enough(self) -> bool:
        """Whether there is as much as is needed."""
        return self.have >= self.need

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {**asdict(self), "enough": self.enough}

    def __str__(self) -> str:
        after = "" if self.weeks_more is None else f" (about {self.weeks_more} more weeks at the present rate)"
        return f"{self.have} {self.name} where {self.purpose} needs {self.need}{after}"


def churns_per_week(panel: Panel, settings: TrainSettings) -> float:
    """Distinct churns a week over the time that the labels cover."""
    return panel.churns / _weeks(panel, settings) if len(panel) else 0.0


def minimums(panel: Panel, settings: TrainSettings, tested_churns: int = 0) -> list[Minimum]:
    """What is needed to learn, to test and to be sure. ``tested_churns``: distinct churns of the last fold.

    Learning asks for the configured number of distinct churns; testing for accounts to resample and for a history in
    which one cutoff's label is known before another is asked about, twice over, so that choosing and testing do not
    share cutoffs; certainty for enough churns in the last fold to measure calibration.
    """
    days = (panel.cutoffs[-1] - panel.cutoffs[0]).days if len(panel) else 0
    # the second fold that can be tested begins one gap and one cutoff after the first cutoff
    asked, cutoffs = math.ceil(settings.gap_days + _step(panel, days)), len(panel.cutoffs)
    grown = _weeks(panel, settings)
    return [
        _by_rate("distinct churns", "learning", panel.churns, settings.min_churns, panel.churns / grown),
        Minimum("accounts", "testing", panel.accounts, MIN_ACCOUNTS, 0 if panel.accounts >= MIN_ACCOUNTS else None),
        _by_rate("days of history between the first and last cutoff", "testing", days, asked, 7.0),
        _by_rate("cutoffs", "testing", cutoffs, 3, 7 / _step(panel, days)),
        _by_rate("distinct churns in the last fold", "certainty", tested_churns, FEW_CHURNS, tested_churns / grown),
    ]


def short_of(found: list[Minimum], *purposes: str) -> list[Minimum]:
    """Those that are not met, for these purposes."""
    return [each for each in found if not each.enough and each.purpose in purposes]


def _by_rate(name: str, purpose: str, have: int, need: int, weekly: float) -> Minimum:
    missing = max(0, need - have)
    if not missing:
        return Minimum(name, purpose, have, need, 0)
    return Minimum(name, purpose, have, need, math.ceil(missing / weekly) if weekly > 0 else None)


def _step(panel: Panel, days: int) -> float:
    """Days from one cutoff to the next."""
    return days / (len(panel.cutoffs) - 1) if len(panel.cutoffs) > 1 else 28.0


def _weeks(panel: Panel, settings: TrainSettings) -> float:
    """Weeks in which a churn would have been seen: from the first cutoff to the end of the last horizon."""
    if not len(panel):
        return 1.0
    return max(1.0, ((panel.cutoffs[-1] - panel.cutoffs[0]).days + settings.horizon_days) / 7)

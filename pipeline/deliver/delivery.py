"""One week as it is handed on, and what its figures mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from pipeline.lists import AtRisk
from pipeline.portfolio import Portfolio


@dataclass(frozen=True)
class About:
    """What a reader must know to trust the figures.

    ``probability_at_60`` is the chance to leave within the horizon of this business's usual account; None from the
    scorecard, whose bands are provisional. ``grade`` and ``grade_reason`` are the backtest's.
    """

    company: str
    as_of: date
    model: str
    horizon_days: int
    label: str = "leave"
    """What the probability is of, as a verb: leave, go quiet, not renew."""
    probability_at_60: float | None = None
    base_rate: float | None = None
    grade: str = "none"
    grade_reason: str = ""
    currency: str = ""
    red: float = 40.0
    amber: float = 55.0
    replayed: bool = False
    notes: tuple[str, ...] = ()
    """Sentences about the data of this week: sources that are late, rows set aside."""

    @property
    def provisional(self) -> bool:
        """Whether the scores come from the scorecard."""
        return self.probability_at_60 is None


@dataclass(frozen=True)
class Delivery:
    """Everything that the deliveries show.

    ``health`` has one row an account in the order of health_scores.csv: account_id, account_name, as_of, score,
    health, band, churn_probability, coverage, model, points_base, points_<dimension>, and where known owner, segment,
    arr, renewal_date, change_1w, change_4w, reason_1..3, tags. ``leaving`` comes from lists.leaving_list.
    """

    about: About
    health: pd.DataFrame
    at_risk: AtRisk
    leaving: pd.DataFrame
    portfolio: Portfolio
    signals: Mapping[str, str] = field(default_factory=dict)
    """Each tag with its condition in words."""
    book: Mapping[str, Any] = field(default_factory=dict)
    """What portfolio.json holds (pipeline.portfolio.book); money in integer minor units."""

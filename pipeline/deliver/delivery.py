"""One week as it is handed on, and what its figures mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from pipeline.config.deliveries import DeliverSettings
from pipeline.deliver.histories import Histories
from pipeline.health.loyalty import COLUMNS as LOYALTY_COLUMNS
from pipeline.health.moves import COLUMNS as MOVE_COLUMNS
from pipeline.lists.actions import ACTION_COLUMNS, CHANGE_COLUMNS, SIGNAL_COLUMNS
from pipeline.lists.at_risk import AtRisk
from pipeline.lists.past import PastWeek
from pipeline.lists.resting import SET_ASIDE_COLUMNS
from pipeline.loop.report import LoopReport
from pipeline.portfolio import Portfolio


@dataclass(frozen=True)
class About:
    """What a reader must know to trust the figures.

    ``probability_at_60`` is the chance to leave within the horizon that a health of 60 means; None from the scorecard,
    whose bands are provisional. ``grade`` and ``grade_reason`` are the backtest's.
    """

    company: str
    as_of: date
    model: str
    horizon_days: int
    grace_days: int = 0
    """For how many days after an end of coverage it may be taken up again, and nobody counts as having left."""
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
    snooze_weeks: int = 13
    good_news: int = 5
    """For how long a manager may snooze an account at most."""
    locale: str = "en_GB"
    unassigned: str = "Unassigned"
    """Who an account without an owner belongs to."""
    notes: tuple[str, ...] = ()
    """Sentences about the data of this week: sources that are late, rows set aside."""

    @property
    def provisional(self) -> bool:
        """Whether the scores come from the scorecard."""
        return self.probability_at_60 is None


def _nothing(columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(columns=list(columns))


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
    signal_rows: pd.DataFrame = field(default_factory=lambda: _nothing(SIGNAL_COLUMNS))
    """A row for each signal of each account (actions.SIGNAL_COLUMNS)."""
    actions: pd.DataFrame = field(default_factory=lambda: _nothing(ACTION_COLUMNS))
    """Each manager's list of what to do now (actions.ACTION_COLUMNS)."""
    set_aside: pd.DataFrame = field(default_factory=lambda: _nothing(SET_ASIDE_COLUMNS))
    """Who would be listed and rests (resting.SET_ASIDE_COLUMNS)."""
    changes: pd.DataFrame = field(default_factory=lambda: _nothing(CHANGE_COLUMNS))
    """Why scores moved since the last week (actions.CHANGE_COLUMNS)."""
    moves: pd.DataFrame = field(default_factory=lambda: _nothing(MOVE_COLUMNS))
    """The same by feature (moves.COLUMNS)."""
    points: pd.DataFrame = field(default_factory=lambda: _nothing(("account_id",)))
    """The points of each feature, by account: next week compares with them."""
    report: LoopReport = field(default_factory=LoopReport)
    """How the last lists did."""
    past: tuple[PastWeek, ...] = ()
    """The published weeks before this one, newest first."""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """What was read and what became of it, as the manifest keeps it."""
    histories: Histories | None = None
    """What the pages of single accounts show; None where there are none, as in replayed weeks."""
    book: Mapping[str, Any] = field(default_factory=dict)
    """The portfolio in full, as portfolio.json holds it (pipeline.portfolio.book); money in integer minor units."""
    loyalty: pd.DataFrame = field(default_factory=lambda: _nothing(LOYALTY_COLUMNS))
    """Type and stage of loyalty by account with their evidence, inferred (loyalty.COLUMNS)."""
    card: str = ""
    """The model card, in Markdown."""
    settings: DeliverSettings = field(default_factory=DeliverSettings)
    """How the files are written."""
    crm_before: Mapping[str, Sequence[pd.DataFrame]] = field(default_factory=dict)
    """By product: what a CRM may hold now, by the imports of the week before and of earlier versions of this week."""

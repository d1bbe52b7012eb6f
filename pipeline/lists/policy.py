"""The at-risk lists that past scores would have led to, under the very rules that are published by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from pipeline.config.settings import ListSettings, ScaleSettings
from pipeline.lists.at_risk import CALM_WEEKS, PastWeek, at_risk


@dataclass(frozen=True)
class PastScores:
    """All accounts of the risk set at one cutoff as they would have been scored then.

    ``scored``: as ``lists.at_risk`` takes it. ``base_rate``: the share that left within a horizon among what had been
    learned from by then; None from the scorecard.
    """

    cutoff: date
    scored: pd.DataFrame
    base_rate: float | None


@dataclass(frozen=True)
class PastList:
    """Who stood on a list, and how many were eligible to."""

    accounts: frozenset[str]
    eligible: int


def past_lists(weeks: Iterable[PastScores], settings: ListSettings, scale: ScaleSettings) -> dict[date, PastList]:
    """Who would have stood on the list at each cutoff, oldest first.

    Eligibility, capacity for each manager and hysteresis are those of ``lists.at_risk``. Each list knows those before
    it as the weeks just before: where cutoffs are a month apart, an account must have been better at as many cutoffs
    in a row as it would be weeks in life.
    """
    found: dict[date, PastList] = {}
    before: list[tuple[pd.DataFrame, pd.DataFrame]] = []
    for week in weeks:
        history = [
            PastWeek(week.cutoff - timedelta(weeks=back), scored, rows)
            for back, (scored, rows) in enumerate(before, start=1)
        ]
        listed = at_risk(
            week.scored, week.cutoff, history=history, base_rate=week.base_rate, settings=settings, scale=scale
        )
        found[week.cutoff] = PastList(frozenset(listed.rows["account_id"]), listed.eligible)
        rows = listed.rows[["account_id", "weeks_listed"]]
        before = [(week.scored, rows), *before[: CALM_WEEKS - 1]]
    return found

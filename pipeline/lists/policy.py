"""The at-risk lists that past scores would have led to, under the very rules that are published by.

Nobody was called on them, so one thing is assumed: whoever is listed is called on the day of the list, and rests for
``lists.cool_down_days`` like anybody who was called (``lists.resting``). Nobody is saved by it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from pipeline.config.settings import ListSettings, ScaleSettings
from pipeline.lists.at_risk import CALM_WEEKS, at_risk, changes, decision
from pipeline.lists.past import PastWeek
from pipeline.lists.resting import nothing_said, pressing, resting


@dataclass(frozen=True)
class PastScores:
    """All accounts of the risk set at one cutoff as they would have been scored then.

    ``scored``: as ``lists.at_risk`` takes it, with term_months where it is known. ``base_rate``: the share that left
    within a horizon among what had been learned from by then; None from the scorecard.
    """

    cutoff: date
    scored: pd.DataFrame
    base_rate: float | None


@dataclass(frozen=True)
class PastList:
    """Who stood on a list, who was held back since a call on an earlier one, and how many were eligible to stand."""

    accounts: frozenset[str]
    eligible: int
    resting: frozenset[str] = frozenset()


def past_lists(weeks: Iterable[PastScores], settings: ListSettings, scale: ScaleSettings) -> dict[date, PastList]:
    """Who would have stood on the list at each cutoff, oldest first.

    Eligibility, capacity for each manager, hysteresis and rest are those of the lists of today. Each list knows those
    before it as the weeks just before: where cutoffs are a month apart, an account must have been better at as many
    cutoffs in a row as it would be weeks in life. Days of rest are real days.
    """
    found: dict[date, PastList] = {}
    before: list[tuple[pd.DataFrame, pd.DataFrame]] = []
    called: dict[str, date] = {}
    for week in weeks:
        history = [
            PastWeek(week.cutoff - timedelta(weeks=back), scored, rows)
            for back, (scored, rows) in enumerate(before, start=1)
        ]
        rests = _rests(week, history, called, settings)
        listed = at_risk(
            week.scored, week.cutoff,
            history=history, resting=rests, base_rate=week.base_rate, settings=settings, scale=scale,
        )  # fmt: skip
        accounts = frozenset(listed.rows["account_id"])
        found[week.cutoff] = PastList(accounts, listed.eligible + len(listed.held), listed.held)
        called |= dict.fromkeys(accounts, week.cutoff)
        before = [(week.scored, listed.rows[["account_id", "weeks_listed"]]), *before[: CALM_WEEKS - 1]]
    return found


def _rests(
    week: PastScores, history: list[PastWeek], called: dict[str, date], settings: ListSettings
) -> frozenset[str]:
    """The accounts that are not called at a cutoff, since they were called on an earlier list."""
    frame = week.scored.join(changes(week.scored, week.cutoff, history)).set_index("account_id")
    known = frame.reindex(columns=["renewal_date", "notice_days", "term_months"])
    days = decision(known.assign(notice_days=known["notice_days"].fillna(0.0)), week.cutoff)["decide_in_days"]
    has_term = ~(known["term_months"].astype("Float64") <= 1).fillna(False)
    last = pd.to_datetime(pd.Series(frame.index.map(called), index=frame.index))
    judged = frame.assign(last_touch=last, pressing=pressing(has_term, days, settings).astype(float))
    lists = [(day, frozenset({account})) for account, day in called.items()]
    return frozenset(resting(judged, nothing_said(), lists, week.cutoff, settings).index)

"""Who left, as far as it is known at a cutoff: what the outcome of earlier lists is measured by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pandas as pd

from pipeline.labels import churn_events
from pipeline.lists.past import PastWeek
from pipeline.loop.report import LOOKS_BACK, Became, outcomes
from pipeline.spine import coverage_rows
from pipeline.stages.context import Run
from pipeline.stages.judge import Scored
from pipeline.stages.label import label_source
from pipeline.stages.tabulate import active_source


def became(run: Run, scored: Scored, history: Sequence[PastWeek]) -> tuple[Became, ...]:
    """What became of those on the lists of some earlier weeks, by the same labels that models learn from.

    Nothing under a contraction label, which asks for more than a day.
    """
    cutoff, label = scored.cutoff, run.config.label
    asked = {cutoff - timedelta(weeks=weeks) for weeks in LOOKS_BACK}
    over = cutoff - timedelta(days=label.horizon_days + label.grace_days)
    asked |= (
        {max(day for day in (week.as_of for week in history) if day <= over)} if _any_before(history, over) else set()
    )
    if not any(week.as_of in asked for week in history) or "contraction" in label.kinds:
        return ()
    found = outcomes(history, departures(run, cutoff), cutoff, label.horizon_days, label.grace_days)
    return tuple(each for each in found if each.as_of in asked)


def _any_before(history: Sequence[PastWeek], day: date) -> bool:
    return any(week.as_of <= day for week in history)


def departures(run: Run, as_of: date) -> pd.DataFrame:
    """account_id and churned_at of every churn known at ``as_of``."""
    source, active = label_source(run), active_source(run)
    with run.engine() as engine:
        tables = run.tables(engine)
        coverage = source if source in ("subscriptions", "accounts") else active
        rows = coverage_rows(tables, coverage, run.config.label.quiet_days)
        moment = datetime(as_of.year, as_of.month, as_of.day)
        events = churn_events(tables, rows, run.config.label, source, moment)
        found: pd.DataFrame = events.select("account_id", "churned_at").to_pandas()
    return found.sort_values(["account_id", "churned_at"], ignore_index=True)

"""Whether the champion's published probabilities came true among the accounts that nobody listed or contacted."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from models.recalibrate import Recalibration, recalibrate
from pipeline.monitor import PublishedWeek
from pipeline.stages.champion import entry_of
from pipeline.stages.context import Run

_COLUMNS = ("account_id", "cutoff", "z", "y", "touched")
_LEAST = 1e-12


def of_champion(run: Run, due: list[PublishedWeek]) -> list[PublishedWeek]:
    """The weeks that the champion scored: what another model said speaks neither for it nor against it."""
    held = entry_of(run)
    return [week for week in due if held is not None and set(week.scores["model"]) == {held["version"]}]


def calibration_of(run: Run, due: list[PublishedWeek], cutoff: date) -> Recalibration | None:
    """What the latest week of ``due`` that the champion scored says of its probabilities; None without a champion.

    ``due``: published weeks whose horizon has passed by ``cutoff``, oldest first, and who of each has left.
    """
    label = run.config.label
    if entry_of(run) is None:
        return None
    rows = [_realised(run, week) for week in of_champion(run, due)[-1:]]
    frame = pd.concat(rows) if rows else pd.DataFrame(columns=list(_COLUMNS))
    return recalibrate(frame, cutoff, label.horizon_days, label.grace_days)


def _realised(run: Run, week: PublishedWeek) -> pd.DataFrame:
    """The published log-odds of one week with what became of each account, and whether anybody touched it."""
    p = week.scores["churn_probability"].astype("float64").clip(_LEAST, 1 - _LEAST)
    return pd.DataFrame(
        {
            "account_id": week.scores["account_id"],
            "cutoff": pd.Timestamp(week.as_of),
            "z": np.log(p / (1 - p)),
            "y": week.scores["account_id"].isin(week.left),
            "touched": week.scores["account_id"].isin(_touched(run, week.as_of)),
        }
    )


def _touched(run: Run, since: date) -> set[str]:
    """The accounts that were listed or contacted between a week and the end of its horizon."""
    until = since + timedelta(days=run.config.label.horizon_days)
    found = _contacted(run, since, until)
    for day, week in run.workspace.current_weeks().items():
        log = pd.read_parquet(week.path / "health_scores.parquet") if since <= day <= until else None
        if log is not None and day < until and not week.manifest().get("replayed"):
            # nobody was handed the lists of a replayed week
            found |= set(log.loc[(log["weeks_listed"] > 0) | _flag(log, "assigned"), "account_id"])
        if log is not None and day > since:
            # a week's log of contacts is of the seven days before it
            found |= set(log.loc[_flag(log, "contacted"), "account_id"])
    return found


def _flag(log: pd.DataFrame, name: str) -> pd.Series:
    """A column of yes and no; no where a week was published before there was such a column."""
    return log[name].astype(bool) if name in log else pd.Series(False, log.index)


def _contacted(run: Run, since: date, until: date) -> set[str]:
    """The accounts that a contact is recorded of, in weeks that were published and in others."""
    path = run.table_paths().get("touches")
    if path is None:
        return set()
    touches = pd.read_parquet(path, columns=["account_id", "occurred_at"])
    return set(touches.loc[touches["occurred_at"].between(pd.Timestamp(since), pd.Timestamp(until)), "account_id"])

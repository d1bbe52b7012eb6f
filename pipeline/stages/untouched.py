"""Whether the champion's published probabilities came true for accounts as long as nobody listed or contacted them."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from models.recalibrate import Recalibration, recalibrate
from pipeline.monitor import PublishedWeek
from pipeline.stages.champion import entry_of
from pipeline.stages.context import Run
from pipeline.stages.label import label_wait
from pipeline.warehouse import Week

_COLUMNS = ("account_id", "cutoff", "z", "left_after", "touched_after")
_LISTED, _CONTACTED = ("weeks_listed", "assigned"), ("contacted",)
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
    return recalibrate(frame, cutoff, label.horizon_days, label_wait(run))


def _realised(run: Run, week: PublishedWeek) -> pd.DataFrame:
    """The published log-odds of one week with the days until each account left, and until somebody touched it."""
    p, since = week.scores["churn_probability"].astype("float64").clip(_LEAST, 1 - _LEAST), pd.Timestamp(week.as_of)
    account, left = week.scores["account_id"], pd.Series(dict(week.left_on), dtype="datetime64[ns]")
    # a call after a notice is about the notice: it says no more of whether the account would have stayed
    decided = pd.concat([left, _notices(run, week).reindex(left.index)], axis=1).min(axis=1)
    return pd.DataFrame(
        {
            "account_id": account,
            "cutoff": since,
            "z": np.log(p / (1 - p)),
            "left_after": (account.map(decided) - since).dt.days,
            "touched_after": (account.map(_first_touch(run, week.as_of)) - since).dt.days,
        }
    )


def _notices(run: Run, week: PublishedWeek) -> pd.Series:
    """The first notice after a week of each account that gave one."""
    path = run.table_paths().get("subscriptions")
    if path is None:
        return pd.Series(dtype="datetime64[ns]")
    told = pd.read_parquet(path, columns=["account_id", "cancel_requested_at"]).dropna()
    told = told[told["cancel_requested_at"] >= pd.Timestamp(week.as_of)]
    return pd.to_datetime(told.groupby("account_id")["cancel_requested_at"].min())


def _first_touch(run: Run, since: date) -> pd.Series:
    """When each account was first listed or contacted between a week and the end of its horizon."""
    until = since + timedelta(days=run.config.label.horizon_days)
    found = [_contacts(run, since, until)]
    for day, week in run.workspace.current_weeks().items():
        if since <= day < until and not week.manifest().get("replayed"):
            # nobody was handed the lists of a replayed week
            found.append(_marked(week, day, _LISTED))
        if since < day <= until:
            # a week's log of contacts is of the seven days before it
            found.append(_marked(week, day, _CONTACTED))
    first: pd.Series = pd.concat(found).groupby(level=0).min()
    return first


def _marked(week: Week, day: date, flags: tuple[str, ...]) -> pd.Series:
    """The day, for each account that a week's log says one of ``flags`` of."""
    log = week.log(["account_id", *flags])
    marked = log[[name for name in flags if name in log]].fillna(0).astype(bool).any(axis=1)
    return pd.Series(pd.Timestamp(day), index=log.loc[marked, "account_id"], dtype="datetime64[ns]")


def _contacts(run: Run, since: date, until: date) -> pd.Series:
    """The days of the contacts that are recorded, of accounts in weeks that were published and of others."""
    path = run.table_paths().get("touches")
    if path is None:
        return pd.Series(dtype="datetime64[ns]")
    touches = pd.read_parquet(path, columns=["account_id", "occurred_at"])
    touches = touches[touches["occurred_at"].between(pd.Timestamp(since), pd.Timestamp(until))]
    return pd.to_datetime(touches.set_index("account_id")["occurred_at"].astype("datetime64[ns]"))

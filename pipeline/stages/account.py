"""Accounts at one week: by the model in use, or as it was published where that model learned too late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from pipeline.stages.champion import champion, entry_of
from pipeline.stages.context import Run
from pipeline.stages.judge import judge
from pipeline.stages.tabulate import FeatureSet


@dataclass(frozen=True)
class Explained:
    """Every customer's score at a cutoff and what it is made of, indexed by account_id.

    ``scores``: as in health_scores.csv; ``points`` and ``features``: a column a feature. ``published``: the folder it
    was read from, None where it was computed.
    """

    scores: pd.DataFrame
    points: pd.DataFrame
    features: pd.DataFrame
    published: str | None


def last_scored(run: Run, account: str, cutoff: date) -> date | None:
    """The latest published week before ``cutoff`` that has a score of an account; None where none has."""
    for day, week in reversed(run.workspace.current_weeks().items()):
        path, asked = week.path / "health_scores.parquet", [("account_id", "==", account)]
        if day < cutoff and len(pd.read_parquet(path, columns=["account_id"], filters=asked)):
            return day
    return None


def explained_at(run: Run, found: FeatureSet, cutoff: date) -> Explained:
    """What the champion says of a week; of one before it learned (or without one), what was published.

    Raises ConfigError for a week that the champion may not score and that is not published.
    """
    entry, week = entry_of(run), run.workspace.current_weeks().get(cutoff)
    may_score = entry is not None and cutoff >= date.fromisoformat(entry["as_of"])
    if may_score or week is None:
        scored = judge(run, found, cutoff, champion(run, cutoff))
        return Explained(scored.scores.set_index("account_id"), scored.points, scored.features, None)
    tables = [pd.read_parquet(week.path / f"{name}.parquet") for name in ("health_scores", "points")]
    scores, points = (table.set_index("account_id") for table in tables)
    features = found.features_at([cutoff]).set_index("account_id").drop(columns="cutoff")
    return Explained(scores, points.drop(columns="points_base"), features.reindex(scores.index), run.within(week.path))

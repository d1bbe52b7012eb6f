"""Why scores moved since the last published week, from the points that it was published with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from pipeline.health import moves
from pipeline.lists.past import PastWeek, Published, recent
from pipeline.stages.context import Run
from pipeline.stages.identity import code_version, config_hash
from pipeline.stages.judge import Scored, points_at
from pipeline.stages.tabulate import FeatureSet

POINTS = "points.parquet"
"""The file of a week that holds the points of each feature, for the next week to compare with."""


@dataclass(frozen=True)
class Moved:
    """The moves of all accounts that were scored in both weeks, those accounts, and their scores of then."""

    table: pd.DataFrame
    accounts: pd.Index
    scores_before: pd.Series


def moved_since(run: Run, found: FeatureSet, scored: Scored, history: Sequence[PastWeek]) -> Moved:
    """The moves since the last published week; none where there was none, or where it kept no points."""
    past = recent(history, scored.cutoff)
    week = past[0] if past else None
    if week is None or week.published is None or not (week.published.folder / POINTS).exists():
        return _nothing()
    then = pd.read_parquet(week.published.folder / POINTS).set_index("account_id")
    steps = _steps(run, found, scored, week, week.published)
    if steps is None:
        return _nothing()
    table = moves.moves(then, steps, {info.name: info.dimension for info in found.catalog})
    accounts = then.index.intersection(scored.points.index)
    return Moved(table, accounts, week.scores.set_index("account_id")["score"])


def _steps(
    run: Run, found: FeatureSet, scored: Scored, week: PastWeek, published: Published
) -> list[tuple[str, pd.DataFrame]] | None:
    """What happened between the two weeks, in order; None where it cannot be told apart."""
    now = points_now(scored)
    own = (moves.CUSTOMER, now)
    model = scored.model.version if scored.model is not None else "scorecard"
    same_settings = (published.features_hash, published.code_version) == (
        config_hash(run.config, "features"),
        code_version(),
    )
    if published.model == model and same_settings:
        return [own]
    if week.as_of not in found.cutoffs:
        return None
    cause = moves.MODEL if published.model != model else moves.CONFIGURATION
    return [(cause, points_at(found, week.as_of, scored.model)), own]


def points_now(scored: Scored) -> pd.DataFrame:
    """The points of each feature that has any, and of the base, by account."""
    base = scored.scores.set_index("account_id")["points_base"].reindex(scored.points.index)
    speaking = scored.points.columns[(scored.points != 0).any()]
    return scored.points[speaking].assign(**{moves.BASE: base})


def _nothing() -> Moved:
    table = pd.DataFrame({name: pd.Series(dtype="object") for name in moves.COLUMNS}).astype({"points": float})
    return Moved(table, pd.Index([]), pd.Series(dtype=float))

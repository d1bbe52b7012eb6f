"""Earlier published weeks, as this week's lists look back on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from models.scale import DIMENSIONS

MEMORY = timedelta(weeks=2)
"""Weeks that lie no further back follow each other: scores moved since then, and nobody may flap between them."""

REACH = timedelta(weeks=13)
"""A list older than this is another list: who stood on it neither stays nor counts its weeks."""


LOOKED_AT = (
    *("account_id", "health", "score", "band", "churn_probability", "model", "arr"),
    *("weeks_listed", "assigned", "last_touch", "tags", "main_dimension"),
    *("points_base", *(f"points_{name}" for name in DIMENSIONS)),
)
"""The columns of an earlier week's ``health_scores`` that anything looks back on; a year of all of them is too much."""


@dataclass(frozen=True)
class Published:
    """Where an earlier week lies and what it was made with: its model, and hashes of its settings and its program."""

    folder: Path
    model: str
    features_hash: str
    code_version: str
    replayed: bool


@dataclass(frozen=True)
class PastWeek:
    """An earlier published week: its cutoff, its ``health_scores`` (those of ``LOOKED_AT``) and its ``at_risk``.

    ``assigned``: every account that stood on a manager's action list, for whatever reason.
    """

    as_of: date
    scores: pd.DataFrame
    at_risk: pd.DataFrame
    assigned: frozenset[str] = frozenset()
    published: Published | None = None


def recent(history: Sequence[PastWeek], as_of: date, within: timedelta = MEMORY) -> Sequence[PastWeek]:
    """The history, if its newest week is near enough to be the past of this week's; else none of it."""
    return history if history and as_of - history[0].as_of <= within else ()

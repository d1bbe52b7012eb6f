"""The story of each account as its page reads it: health by week with its points, and everything on one time line."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import pandas as pd

from pipeline.deliver.histories import Histories
from pipeline.deliver.site.accounts import iso, text
from pipeline.deliver.text import clean

SHARD = 40
"""Accounts in one file: a page reads the file of its own account, and a week has few files."""

_EXACT = 6
"""Places of what the page rounds for its readers to whole figures, as the workbook does: it is not rounded before."""

Story = dict[str, list[list[Any]]]
_LOYALTY = ("loyalty_type", "loyalty_ties", "loyalty_stage", "satisfaction", "loyalty", "quadrant")
_EVENTS = {
    "tickets": ("at", "priority", "category", "solved_at"),
    "surveys": ("at", "kind", "answered_at", "score", "comment"),
    "touches": ("at", "channel", "author"),
    "notices": ("at", "reason"),
    "terms": ("at", "what", "was", "now"),
    "use": ("week", "amount"),
}


def stories(found: Histories, scores: pd.DataFrame, loyalty: pd.DataFrame) -> dict[str, Story]:
    """The story of each account that has one, by account_id.

    ``scores``: this week's, with ``moved`` if told; ``loyalty``: what ties each account (loyalty.COLUMNS).
    """
    result: dict[str, Story] = defaultdict(dict)
    for kind, columns in _EVENTS.items():
        _add(result, kind, getattr(found, kind), columns)
    points = point_columns(found.health)
    _add(result, "health", found.health, ("as_of", "health", "model", "points_base", *points))
    _add(result, "loyalty", loyalty, _LOYALTY)
    for account, evidence in zip(loyalty["account_id"].astype(str), loyalty["evidence"], strict=True):
        claims = (each.partition(": ") for each in str(evidence).split("; ") if each)
        result[clean(account)]["evidence"] = [[clean(claim), clean(told)] for claim, _, told in claims]
    if "moved" in scores.columns:
        for account, moved in zip(scores["account_id"].astype(str), scores["moved"], strict=True):
            if isinstance(moved, str) and moved:
                parts = json.loads(moved)
                result[clean(account)]["moved"] = [[p["what"], clean(p["dimension"]), p["points"]] for p in parts]
    return result


def point_columns(health: pd.DataFrame) -> list[str]:
    """The columns of points by dimension, in their order."""
    return [str(name) for name in health.columns if str(name).startswith("points_") and name != "points_base"]


def shards(accounts: Sequence[str], told: dict[str, Story]) -> list[dict[str, Story]]:
    """The stories in files of ``SHARD`` accounts, in the order of ``accounts``."""
    parts = [accounts[first : first + SHARD] for first in range(0, len(accounts), SHARD)]
    return [{account: told[account] for account in part if account in told} for part in parts]


def _add(result: dict[str, Story], kind: str, frame: pd.DataFrame, columns: Sequence[str]) -> None:
    """Adds the rows of a table to the stories of their accounts."""
    present = [name for name in columns if name in frame.columns]
    values = [_plain(frame[name], _EXACT if name == "health" else 2) for name in present]
    for account, *row in zip(frame["account_id"].astype(str), *values, strict=True):
        result[clean(account)].setdefault(kind, []).append(row)


def _plain(values: pd.Series, places: int) -> list[Any]:
    """A column as JSON knows it: days, figures with so many places (unless whole), clean texts; None where missing."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return [iso(value) for value in values]
    return [_value(value, places) for value in values]


def _value(value: Any, places: int) -> Any:
    if value is None or pd.isna(value):
        return None
    if isinstance(value, str):
        return text(value)
    figure = round(float(value), places)
    return int(figure) if figure == int(figure) else figure

"""Reasons: contributions of one row, correlated features grouped, the heaviest first."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from models.panel import add_columns


def reasons(
    points: pd.DataFrame, groups: Mapping[str, str], eligible: Collection[str] | None = None, top: int = 3
) -> pd.DataFrame:
    """The ``top`` groups that pull each row's score down most.

    ``points``: points by feature (ChurnModel.contributions), a row an account. ``groups``: the group of each feature,
    its own name where not given. ``eligible``: features that can be put in words; a group without any gives no reason.
    Returns columns row (index value of ``points``), rank (1 is the heaviest), group, feature (the member with the most
    negative points among the eligible), points (of the whole group, negative). Rows with nothing negative have none.
    """
    names = [str(name) for name in points.columns]
    values = points.to_numpy(dtype=np.float64)
    able = [name for name in names if eligible is None or name in eligible]
    members = _members(names, able, groups)
    if not members or not len(points):
        return pd.DataFrame({"row": [], "rank": [], "group": [], "feature": [], "points": []})
    sums = np.column_stack([add_columns(values, every) for every, _ in members.values()])
    order = np.argsort(sums, axis=1, kind="stable")[:, :top]
    table = [_column(points, values, names, list(members.items()), sums, order[:, rank]).assign(rank=rank + 1)
             for rank in range(order.shape[1])]  # fmt: skip
    long = pd.concat(table, keys=range(len(table)))
    long = long.loc[long["points"] < 0].sort_values(["place", "rank"], kind="stable")
    return long[["row", "rank", "group", "feature", "points"]].reset_index(drop=True)


def _members(names: list[str], able: list[str], groups: Mapping[str, str]) -> dict[str, tuple[list[int], list[int]]]:
    """For each group that can be put in words: the columns of all its members, and of those that can be."""
    found: dict[str, tuple[list[int], list[int]]] = {}
    for place, name in enumerate(names):
        every, worded = found.setdefault(groups.get(name, name), ([], []))
        every.append(place)
        if name in able:
            worded.append(place)
    return {group: both for group, both in found.items() if both[1]}


def _column(
    points: pd.DataFrame,
    values: np.ndarray,
    names: list[str],
    members: list[tuple[str, tuple[list[int], list[int]]]],
    sums: np.ndarray,
    which: np.ndarray,
) -> pd.DataFrame:
    """One rank for all rows: the group, its leading feature and its points."""
    rows = np.arange(len(points))
    leading = np.column_stack([np.array(worded)[values[:, worded].argmin(axis=1)] for _, (_, worded) in members])
    return pd.DataFrame(
        {
            "place": rows,
            "row": points.index,
            "group": [members[place][0] for place in which],
            "feature": [names[place] for place in leading[rows, which]],
            "points": sums[rows, which],
        }
    )

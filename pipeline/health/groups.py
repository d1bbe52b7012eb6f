"""Which features share one reason: those that are declared to, and those that rise and fall together anyway.

Groups are declared with the features (``group``). Elsewhere other things go together too: logins and use, tickets and
the surveys that follow them. Groups are merged where the ranks of their features say so. The
calendar and attributes stay by themselves, since nobody at the customer did anything about them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from pipeline.features.info import FeatureInfo

TOGETHER = 0.85
"""The rank correlation from which two groups are one: that of their closest features, by average linkage."""
ENOUGH = 30
"""Accounts with both values below which a correlation says nothing."""
_SAMPLE = 2000
CALENDAR = "timing"
"""The dimension of renewal dates and tenure."""


def is_given(info: FeatureInfo) -> bool:
    """Whether a feature is of the calendar or an attribute of the account, and no behaviour."""
    return info.dimension == CALENDAR or info.source == "accounts"


AGREED = frozenset({"mrr", "seats", "discount", "term_months", "terms"})
"""Measures of what the contract says, and that is the same week after week."""


def stands_back(info: FeatureInfo) -> bool:
    """Whether a feature is told after what the customer did: what it is, what it agreed to, and when its term ends."""
    return is_given(info) or info.measure in AGREED


def declared(catalog: Sequence[FeatureInfo]) -> dict[str, str]:
    """The group of each feature as it is declared; a feature of no group stands with its measure."""
    return {info.name: info.group or info.measure for info in catalog}


def shared(catalog: Sequence[FeatureInfo], features: pd.DataFrame) -> dict[str, str]:
    """Declared groups that rise and fall together in these rows, each with the name under which they share a reason.

    The name is that of the first of them in the catalog. What is not numeric, or known of too few, stays as declared.
    A model keeps what it was in its training, so that lists of every week and a served model say the same.
    """
    own = declared(catalog)
    numeric = {str(name) for name in features.select_dtypes("number")}
    names = [info.name for info in catalog if info.name in numeric and not is_given(info)]
    found = list(dict.fromkeys(own[name] for name in names))
    if len(found) < 2 or len(features) < ENOUGH:
        return {}
    merged = _merged(_closeness(features[names], [found.index(own[name]) for name in names], len(found)))
    return {group: found[first] for at, (group, first) in enumerate(zip(found, merged, strict=True)) if first != at}


def grouped(catalog: Sequence[FeatureInfo], sharing: Mapping[str, str]) -> dict[str, str]:
    """The group of each feature, where the groups of ``shared`` are one."""
    given = {info.name for info in catalog if is_given(info)}
    return {name: group if name in given else sharing.get(group, group) for name, group in declared(catalog).items()}


def members_of(names: Sequence[str], groups: Mapping[str, str]) -> dict[str, np.ndarray]:
    """The positions in ``names`` of the features of each group."""
    found: dict[str, list[int]] = {}
    for at, name in enumerate(names):
        found.setdefault(groups[name], []).append(at)
    return {group: np.array(members) for group, members in found.items()}


def _closeness(values: pd.DataFrame, group: Sequence[int], count: int) -> np.ndarray:
    """For each two groups the largest rank correlation of their features, from 0 to 1."""
    sample = values.iloc[:: max(1, len(values) // _SAMPLE)].astype("float64")
    ranks = sample.rank().corr(min_periods=ENOUGH).abs().fillna(0.0).to_numpy()
    closest = np.zeros((count, count))
    np.maximum.at(closest, (np.repeat(group, len(group)), np.tile(group, len(group))), ranks.ravel())
    return closest


def _merged(closeness: np.ndarray) -> list[int]:
    """For each group the first of those that it is one with."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    distance = 1.0 - np.minimum(closeness, 1.0)
    np.fill_diagonal(distance, 0.0)
    cluster = fcluster(linkage(squareform(distance, checks=False), "average"), 1.0 - TOGETHER, "distance")
    return [int(np.flatnonzero(cluster == each)[0]) for each in cluster]

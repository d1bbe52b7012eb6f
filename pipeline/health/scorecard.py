"""The scorecard: rules with stated weights, for the first day, without a label.

    score = 60 + points_base + sum of dimension points          points_base is 0

60 is an account about which nothing stands out. Each rule gives points for one feature; what is missing gives none.
Three kinds of rule, in this order, and a group of correlated features answers to one kind only:

- ``LEVELS``: what a named feature's value is worth by itself (days since the last use, an NPS answer).
- ``CHANGES``: what it is worth that a measure is now this share of what it was in the window before. Works for any
  measure of which the catalog knows the window before, so that a bare monthly usage table has a scorecard too. Of a
  count, only what chance alone does not explain counts (``CHANCE``): 0 after 2 is no sign, 0 after 40 is one.
- ``PEERS``: what it is worth to be among the worst or the best tenth of the accounts at hand, for features that have
  a direction and no other rule. Asks for ``PEERS_NEEDED`` accounts with a value.

What everybody here has is no sign of one account: a level named in ``FREE`` is judged by how far the account is beyond
what is usual here. What ages, as an answer to a survey does, counts for less the older it is
(``models.usual.freshness``). Contacts by the CS team are what the company did, and no evidence about the customer: no
rule reads them.

Within a dimension costs and credits are each scaled down to its ``BUDGET``, so that ten symptoms of one cause do not
count ten times. A company of few sources has few dimensions; where their budgets together do not reach from 60 down to
0, all points are scaled up until they do, at most doubled, or nobody there could ever be red. No odds are claimed: the
probability is empty and bands are provisional.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np
import pandas as pd

from models.usual import freshness
from pipeline.features.info import DIMENSIONS, FeatureInfo

Knots = tuple[tuple[float, float], ...]
"""(value, points) pairs in rising order of value: straight lines between them, flat beyond them."""

LEVELS: dict[str, Knots] = {
    "days_since_use": ((3, 4), (10, 0), (30, -12), (60, -24)),
    "seat_utilisation_4w": ((0.1, -8), (0.4, 0), (0.9, 5)),
    "urgent_tickets_13w": ((0, 0), (1, -2), (4, -9)),
    "open_tickets": ((1, 0), (6, -6)),
    "open_urgent_tickets": ((0, 0), (1, -3), (3, -8)),
    "escalations_13w": ((0, 0), (1, -3), (3, -6)),
    "effort_score": ((20, 2), (40, 0), (80, -9)),
    "nps_last": ((0, -12), (6, -6), (7, 0), (9, 4), (10, 5)),
    "csat_mean_26w": ((0.2, -9), (0.6, 0), (0.9, 3)),
    "ces_last": ((0.2, -9), (0.6, 0), (0.9, 3)),
    "silent_after_ask": ((0, 0), (1, -4), (3, -8)),
    "champion_days_since_seen": ((14, 0), (30, -5), (60, -10)),
    "mrr_change_13w": ((-0.5, -8), (-0.05, 0), (0.05, 0), (0.3, 3)),
    "invoices_overdue": ((0, 0), (1, -4), (3, -9)),
    "failed_payments_13w": ((0, 0), (1, -2), (3, -6)),
    "milestones_share": ((0, -9), (0.5, -3), (0.8, 0), (1, 2)),
    "tenure_days": ((30, -3), (180, 0), (1100, 3)),
    "days_to_renewal": ((0, -5), (30, -4), (90, 0)),
}
CHANGES: dict[int, Knots] = {
    -1: ((0, -16), (0.3, -12), (0.6, -7), (0.85, 0), (1.15, 0), (1.5, 3)),
    1: ((1.25, 0), (2, -4), (4, -8)),
}
"""By the measure's direction: -1 where more is better (a fall costs), +1 where more is worse (a rise costs)."""

CHANCE: dict[str, float] = {
    **dict.fromkeys(("events", "quantity"), 3.0),
    "tickets": 2.0,
    **dict.fromkeys(("users", "features", "number of days"), 1.0),
}
"""By the unit of what is counted in a window: by how many standard deviations of a Poisson count it moves by chance.

Events come in bursts and move by more; of users, features and days each counts once, and they move by less.
"""

PEERS: Knots = ((0.0, -4), (0.1, -2), (0.25, 0), (0.75, 0), (0.9, 1), (1.0, 2))
"""By rank among the accounts at hand, 0 the worst and 1 the best."""

FREE: dict[str, float] = {"effort_score": 40.0}
"""Levels whose usual value differs between companies: where the median here is above this, it is as free as this.

Where tickets take days for everybody, waits alone drive everybody's effort to 100.
"""

MIDDLE = 60.0
"""The score of an account about which nothing stands out."""
_AT_MOST = 2.0
"""The most by which points are scaled up where a company has few sources: one weak sign is no alarm."""

PEERS_NEEDED = 30
NO_PEERS = frozenset({"terms", "term_months"})
"""Groups without a rank: what was agreed upon is not how the customer behaves."""

NO_EVIDENCE = frozenset({"touches"})
"""Sources of what the company itself does: contacts follow a listing, so a score that read them would read the list."""

BUDGET: dict[str, tuple[float, float]] = {
    "usage": (-30, 10),
    "adoption": (-15, 6),
    "support": (-14, 3),
    "effort": (-12, 4),
    "sentiment": (-16, 8),
    "relationship": (-14, 4),
    "commercial": (-14, 4),
    "onboarding": (-12, 3),
    "timing": (-8, 3),
}
"""The most that a dimension costs and the most that it gives, in points."""

_PREFERRED_WEEKS = (4, 13, 26, 1)


def evidence(catalog: Sequence[FeatureInfo]) -> list[FeatureInfo]:
    """The features that say something about the customer, for scorecard and models alike."""
    return [info for info in catalog if info.source not in NO_EVIDENCE]


def contributions(features: pd.DataFrame, catalog: Sequence[FeatureInfo]) -> pd.DataFrame:
    """The points that each feature of the catalog gives, indexed like ``features``: 0 where no rule speaks."""
    catalog = evidence(catalog)
    raw = _rule_points(features, catalog)
    points = pd.DataFrame(0.0, index=features.index, columns=[i.name for i in catalog if i.name in features.columns])
    for dimension in DIMENSIONS:
        names = [i.name for i in catalog if i.dimension == dimension and i.name in raw.columns]
        if names:
            points[names] = _within(raw[names].fillna(0.0), BUDGET[dimension])
    return points * _reaching(catalog)


def _reaching(catalog: Sequence[FeatureInfo]) -> float:
    """What points are multiplied by, so that the dimensions there are can cost all that lies between 60 and 0."""
    most = sum(-BUDGET[dimension][0] for dimension in {info.dimension for info in catalog} - {"timing"})
    return min(max(1.0, MIDDLE / most), _AT_MOST) if most else 1.0


def score(
    features: pd.DataFrame, catalog: Sequence[FeatureInfo], *, red: float = 40.0, amber: float = 55.0
) -> pd.DataFrame:
    """The scorecard of each account, indexed like ``features``.

    Columns: ``score`` (unclipped), ``health`` (0 to 100), ``band`` (red below ``red``, amber below ``amber``, else
    green; provisional), ``churn_probability`` (always missing), ``points_base`` (0), ``points_<dimension>``, and
    ``rules_spoken``, the share of the rules that had a value to judge.
    """
    points = contributions(features, catalog)
    dimension_of = {info.name: info.dimension for info in catalog}
    scored = pd.DataFrame(index=features.index)
    members = {name: [column for column in points if dimension_of[str(column)] == name] for name in DIMENSIONS}
    by_dimension = {name: points[columns].sum(axis=1) for name, columns in members.items()}
    scored["score"] = MIDDLE + sum(by_dimension.values())
    scored["health"] = scored["score"].clip(0.0, 100.0)
    scored["band"] = np.select([scored["health"] < red, scored["health"] < amber], ["red", "amber"], "green")
    scored["churn_probability"] = np.nan
    scored["points_base"] = 0.0
    for name, column in by_dimension.items():
        scored[f"points_{name}"] = column
    scored["rules_spoken"] = _spoken(features, catalog)
    return scored


def before_of(info: FeatureInfo, columns: Collection[str]) -> str | None:
    """The column with the same measure one window (or, for a level, one period) before; None where there is none."""
    level = f"{info.name.removesuffix('_last')}_before" if info.name.endswith("_last") else None
    before = info.before or level
    return before if before in columns else None


def _rule_points(features: pd.DataFrame, catalog: Sequence[FeatureInfo]) -> pd.DataFrame:
    """What the rules give before the budgets: a column a judged feature, missing where it has no value."""
    judged = _level_rules(features, catalog)
    judged |= _change_rules(features, catalog, _answered(catalog, judged))
    judged |= _peer_rules(features, catalog, _answered(catalog, judged))
    ages = {info.name: info.age for info in catalog if info.age in features.columns}
    faded = {name: points * freshness(features[ages[name]]) for name, points in judged.items() if name in ages}
    return pd.DataFrame(judged | faded, index=features.index)


def _level_rules(features: pd.DataFrame, catalog: Sequence[FeatureInfo]) -> dict[str, pd.Series]:
    names = [info.name for info in catalog if info.name in LEVELS and info.name in features.columns]
    return {name: _level(name, features) for name in names}


def _level(name: str, features: pd.DataFrame) -> pd.Series:
    """The points for one level: beyond what is usual here."""
    values = features[name]
    if name in FREE and values.count() >= PEERS_NEEDED:
        values = values - max(0.0, float(values.median()) - FREE[name])
    return _read(values, LEVELS[name])


def _change_rules(features: pd.DataFrame, catalog: Sequence[FeatureInfo], answered: set[str]) -> dict[str, pd.Series]:
    """One change for each group that no rule has answered for: that over the preferred window."""
    found: dict[str, pd.Series] = {}
    for info in sorted(catalog, key=_by_window):
        before = before_of(info, features.columns)
        if info.direction and before and info.name in features.columns and _group(info) not in answered:
            answered.add(_group(info))
            change = _ratio(features[info.name], features[before], CHANCE.get(info.unit, 0.0) if info.before else 0.0)
            found[info.name] = _read(change, CHANGES[info.direction])
    return found


def _peer_rules(features: pd.DataFrame, catalog: Sequence[FeatureInfo], answered: set[str]) -> dict[str, pd.Series]:
    """One rank for each group that no rule has answered for."""
    found: dict[str, pd.Series] = {}
    for info in sorted(catalog, key=_by_window):
        ranked = info.direction and info.name in features.columns and _group(info) not in NO_PEERS
        if ranked and _group(info) not in answered and _is_spread(features[info.name]):
            answered.add(_group(info))
            rank = (-info.direction * features[info.name]).rank(method="average", pct=False)
            found[info.name] = _read((rank - 1) / (rank.count() - 1), PEERS)
    return found


def _read(values: pd.Series, knots: Knots) -> pd.Series:
    """The points for each value, missing where the value is."""
    at, points = zip(*knots, strict=True)
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    return pd.Series(np.where(np.isnan(numbers), np.nan, np.interp(numbers, at, points)), index=values.index)


def _ratio(now: pd.Series, before: pd.Series, chance: float) -> pd.Series:
    """Now as a share of the window before, without what ``chance`` explains; missing where there was nothing before."""
    base = before.where(before > 0)
    change = now - base
    beyond: pd.Series = (change.abs() - chance * base.pow(0.5)).clip(lower=0.0)
    return 1.0 + beyond.where(change >= 0, -beyond) / base


def _is_spread(values: pd.Series) -> bool:
    """Whether ranks mean anything: enough accounts with a value, and no value that holds for half of them."""
    if not pd.api.types.is_numeric_dtype(values) or values.count() < PEERS_NEEDED:
        return False
    return bool(values.value_counts().iloc[0] < values.count() / 2)


def _within(points: pd.DataFrame, budget: tuple[float, float]) -> pd.DataFrame:
    """Costs and credits, each scaled down where their sum goes beyond the dimension's budget."""
    costs, credits = points.clip(upper=0.0), points.clip(lower=0.0)
    return _scaled(costs, abs(budget[0])) + _scaled(credits, budget[1])


def _scaled(points: pd.DataFrame, most: float) -> pd.DataFrame:
    size = points.abs().sum(axis=1)
    return points.mul((most / size.where(size > most)).fillna(1.0), axis=0)


def _spoken(features: pd.DataFrame, catalog: Sequence[FeatureInfo]) -> pd.Series:
    """The share of the rules that had a value: the named ones whether in the catalog or not, and the general ones."""
    raw = _rule_points(features, evidence(catalog))
    rules = len(set(LEVELS) | set(raw.columns))
    return raw.notna().sum(axis=1) / rules


def _answered(catalog: Iterable[FeatureInfo], judged: dict[str, pd.Series]) -> set[str]:
    return {_group(info) for info in catalog if info.name in judged}


def _group(info: FeatureInfo) -> str:
    return info.group or info.measure


def _by_window(info: FeatureInfo) -> tuple[int, str]:
    """Sorts the preferred window of a measure first."""
    weeks = info.weeks if info.weeks in _PREFERRED_WEEKS else _PREFERRED_WEEKS[-1]
    return (_PREFERRED_WEEKS.index(weeks), info.name)

"""Whether the model is as good for every kind of account as it is for the other kinds.

Within a segment accounts are more alike, so ranking them is harder than ranking all of them, whatever the model. A
segment is therefore held against the other segments of the same division, each ranked within itself. And it is asked
whether its probabilities are true: as many left as were predicted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from models.evaluate import Evaluation, Interval
from models.panel import BoolArray, FloatArray

ENOUGH_CHURNS = 20
"""Distinct churns in a segment below which its figures are shown and nobody is warned."""

MARKEDLY = 0.05
"""By how much the AUC of a segment is lower than in the others before anybody is warned."""

MISJUDGED = 1.5
"""How many times as many left as were predicted, or the other way round, before anybody is warned."""

_MOST = 8
_OTHER = "other"
_SURE = 0.975
_ALONE = "no other segment holds both classes at any cutoff"

Groups = Mapping[str, NDArray[Any]]
"""For each way to divide the accounts: the segment of each row, None where it is not known."""


@dataclass(frozen=True)
class _Part:
    """One segment: its rows, AUC and the churns in it beyond those predicted, a share of its rows."""

    by: str
    name: str
    rows: BoolArray
    churns: int
    auc: FloatArray
    gap: FloatArray


def by_segment(evaluation: Evaluation, z: FloatArray, groups: Groups) -> list[dict[str, Any]]:
    """AUC and calibration of each segment, as plain values.

    ``worse``: its AUC is markedly and surely below that in the other segments; ``misjudged``: markedly and surely more
    or fewer left than predicted. Surely: beyond an interval made wider for the number of segments looked at, since of
    forty segments one is below by chance.
    """
    divided = [
        [_part(evaluation, z, by, name, rows) for name, rows in segments] for by, segments in segments_of(groups)
    ]
    judged = sum(part.churns >= ENOUGH_CHURNS for parts in divided for part in parts)
    sure = float(norm.ppf(1 - (1 - _SURE) / max(1, judged)))
    return [_told(evaluation, z, part, parts, sure) for parts in divided for part in parts]


def segments_of(groups: Groups) -> Iterator[tuple[str, list[tuple[str, BoolArray]]]]:
    """Each way to divide the accounts, and its segments by name with their rows; here and at the gate the same."""
    for by, levels in _different(groups):
        yield by, [(name, levels == name) for name in sorted({name for name in levels if name is not None})]


def _different(groups: Groups) -> Iterator[tuple[str, NDArray[Any]]]:
    """Each division once, also where two columns hold the same one under two names."""
    seen = set()
    for by, values in groups.items():
        levels = _levels(values)
        known = pd.factorize(levels)[0].tobytes()
        if known not in seen:
            seen.add(known)
            yield by, levels


def _part(evaluation: Evaluation, z: FloatArray, by: str, name: str, rows: BoolArray) -> _Part:
    churns = evaluation.panel.take(rows).churns
    return _Part(by, name, rows, churns, evaluation.auc(z, rows), _gap(evaluation, z, rows))


def _gap(evaluation: Evaluation, z: FloatArray, rows: BoolArray) -> FloatArray:
    """Realised less predicted share of the rows, with resamples."""
    off = evaluation.panel.y - 1 / (1 + np.exp(-z))
    weights = [evaluation.weights(here[rows[here]]) for here in evaluation.cutoffs]
    total = np.sum([each.sum(axis=0) for each in weights], axis=0)
    summed = [off[here[rows[here]]] @ each for here, each in zip(evaluation.cutoffs, weights, strict=True)]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.sum(summed, axis=0) / total)


def _told(evaluation: Evaluation, z: FloatArray, part: _Part, parts: list[_Part], sure: float) -> dict[str, Any]:
    others = _others(part, parts)
    beside, difference, gap = Interval.of(others), Interval.of(part.auc - others), Interval.of(part.gap)
    if beside.value is None:
        beside, difference = replace(beside, note=_ALONE), replace(difference, note=_ALONE)
    own = evaluation.panel.take(part.rows)
    predicted, realised = float(np.mean(1 / (1 + np.exp(-z[part.rows])))), float(own.y.mean())
    enough = part.churns >= ENOUGH_CHURNS
    off = max(predicted, realised) >= MISJUDGED * min(predicted, realised)
    return {
        "by": part.by, "segment": part.name, "rows": len(own), "accounts": own.accounts, "churns": part.churns,
        "auc": Interval.of(part.auc).to_dict(), "others": beside.to_dict(),
        "difference": difference.to_dict(), "predicted": predicted, "realised": realised, "gap": gap.to_dict(),
        "worse": bool(enough and part.auc[0] - others[0] <= -MARKEDLY and _below(part.auc - others, sure)),
        "misjudged": bool(enough and off and (_below(part.gap, sure) or _below(-part.gap, sure))),
    }  # fmt: skip


def _others(part: _Part, parts: list[_Part]) -> FloatArray:
    """Mean AUC of the other segments together, each ranked within itself, weighted by their churns.

    One alone may hold few churns; how far they tell is in the interval. A segment that holds one class in a resample
    is left out of that one.
    """
    able = [each for each in parts if each is not part and np.isfinite(each.auc[0])]
    if not able:
        return np.full(len(part.auc), np.nan)
    drawn, churns = np.vstack([each.auc for each in able]), np.array([[each.churns] for each in able], dtype=np.float64)
    weights = np.where(np.isfinite(drawn), churns, 0.0)
    summed, total = (np.nan_to_num(drawn) * weights).sum(axis=0), weights.sum(axis=0)
    return np.asarray(np.divide(summed, total, out=np.full(len(part.auc), np.nan), where=total > 0))


def _below(drawn: FloatArray, sure: float) -> bool:
    """Whether a value is below 0 by more than ``sure`` standard errors, and its interval too."""
    spread = drawn[1:][np.isfinite(drawn[1:])]
    if not (np.isfinite(drawn[0]) and spread.size):
        return False
    return bool(drawn[0] + sure * spread.std() < 0 and (Interval.of(drawn).high or 0.0) < 0)


def _levels(values: NDArray[Any]) -> NDArray[Any]:
    """The segments as texts, all but the most frequent ones together."""
    named = pd.Series(values, dtype=object)
    kept = named.dropna().astype(str).value_counts()
    ordered = sorted(kept.index, key=lambda name: (-kept[name], name))
    top = set(ordered[:_MOST])
    return np.array([None if pd.isna(each) else str(each) if str(each) in top else _OTHER for each in values], object)


def segment_warnings(found: list[dict[str, Any]]) -> list[str]:
    """The segments that do markedly worse, in words; the largest gaps first."""
    worse = sorted((each for each in found if each["worse"]), key=lambda each: each["difference"]["value"])
    misjudged = sorted((each for each in found if each["misjudged"]), key=lambda each: -abs(each["gap"]["value"]))
    return [*(_worse(each) for each in worse), *(_misjudged(each) for each in misjudged)]


def _worse(each: Mapping[str, Any]) -> str:
    below = each["difference"]
    return (
        f"{each['by']} {each['segment']} is ranked markedly worse than the others: AUC {each['auc']['value']:.3f}, "
        f"below them by {-below['value']:.3f} ({-below['high']:.3f} to {-below['low']:.3f}), {each['churns']} churns."
    )


def _misjudged(each: Mapping[str, Any]) -> str:
    return (
        f"{each['by']} {each['segment']} is misjudged: {each['predicted']:.1%} were predicted to leave and "
        f"{each['realised']:.1%} did, {each['churns']} churns."
    )

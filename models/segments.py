"""Whether the model is as good for every kind of account as it is for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from models.evaluate import Evaluation, Interval
from models.panel import BoolArray, FloatArray, Panel

ENOUGH_CHURNS = 20
"""Distinct churns in a segment below which its figures are shown and nobody is warned."""

MARKEDLY = 0.05
"""By how much the AUC of a segment is below that of all accounts before anybody is warned."""

_MOST_LEVELS = 8
_OTHER = "other"
_SURE = 0.975

Groups = Mapping[str, NDArray[Any]]
"""For each way to divide the accounts: the segment of each row, None where it is not known."""


def by_segment(evaluation: Evaluation, z: FloatArray, groups: Groups) -> list[dict[str, Any]]:
    """AUC and calibration of each segment beside those of all rows; ``worse`` where it is markedly and surely worse.

    Surely: the whole interval of the difference lies below 0, made wider for the number of segments looked at, since
    of forty segments one is below by chance.
    """
    overall = evaluation.auc(z)
    found = [
        _segment(evaluation, z, overall, by, name, of == name)
        for by, of in ((by, _levels(values)) for by, values in groups.items())
        for name in sorted({name for name in of if name is not None})
    ]
    judged = sum(each["churns"] >= ENOUGH_CHURNS for each in found)
    return [_told(each, judged) for each in found]


def _segment(
    evaluation: Evaluation, z: FloatArray, overall: FloatArray, by: str, name: str, rows: BoolArray
) -> dict[str, Any]:
    own = evaluation.auc(z, rows)
    part: Panel = evaluation.panel.take(rows)
    return {
        "by": by, "segment": name, "rows": len(part), "accounts": part.accounts, "churns": part.churns,
        "auc": Interval.of(own), "drawn": own - overall,
        "predicted": float(np.mean(1 / (1 + np.exp(-z[rows])))), "realised": float(part.y.mean()),
    }  # fmt: skip


def _told(found: dict[str, Any], judged: int) -> dict[str, Any]:
    """As plain values, with the verdict."""
    drawn = found.pop("drawn")
    difference, spread = Interval.of(drawn), float(np.nanstd(drawn[1:])) if np.isfinite(drawn[1:]).any() else np.nan
    sure = (difference.value or 0.0) + norm.ppf(1 - (1 - _SURE) / max(1, judged)) * spread < 0
    enough = found["churns"] >= ENOUGH_CHURNS and (difference.high or 0.0) < 0
    worse = bool(enough and sure and (difference.value or 0.0) <= -MARKEDLY)
    return {**found, "auc": found["auc"].to_dict(), "difference": difference.to_dict(), "worse": worse}


def _levels(values: NDArray[Any]) -> NDArray[Any]:
    """The segments as texts, all but the most frequent ones together."""
    named = pd.Series(values, dtype=object)
    kept = named.dropna().astype(str).value_counts()
    ordered = sorted(kept.index, key=lambda name: (-kept[name], name))
    top = set(ordered[:_MOST_LEVELS])
    texts = named.map(lambda name: None if pd.isna(name) else str(name) if str(name) in top else _OTHER)
    return texts.astype(object).where(texts.notna(), None).to_numpy()


def segment_warning(found: Mapping[str, Any]) -> str:
    """A segment that does markedly worse, in words."""
    auc, difference = found["auc"], found["difference"]
    return (
        f"Ranks {found['by']} {found['segment']} markedly worse than the rest: AUC {auc['value']:.3f}, "
        f"{-difference['value']:.3f} below all accounts ({-difference['high']:.3f} to {-difference['low']:.3f}), "
        f"{found['churns']} churns."
    )

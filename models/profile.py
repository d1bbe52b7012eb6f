"""What the features looked like in training, kept beside the champion, and how far a later week is from it.

Numbers are kept as shares of ten bins with equally many training rows, texts as shares of their categories; missing is
a bin of its own. The distance is the population stability index, sum((p - q) * ln(p / q)), less what chance alone
makes of it in samples of this size: with n and m accounts and B bins that is (B - 1) * (1/n + 1/m) on average
(B. Yurdakul, J. Naranjo, "Statistical properties of the population stability index", 2020). Below the upper edge of
chance, set for the number of features looked at, the index is 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import chi2

from models.panel import FloatArray, kinds_of

BINS = 10
MISSING = "(missing)"
OTHER = "(other)"
_MOST_CATEGORIES = 30
_CHANCE = 0.01
"""How likely any of all features exceeds the edge of chance where nothing has changed."""


@dataclass(frozen=True)
class Shape:
    """One feature in training: its inner ``edges`` or ``categories``, and the share of rows in each, missing last."""

    kind: str
    shares: tuple[float, ...]
    edges: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()
    median: float | None = None
    weight: float = 0.0
    """The feature's share of the points that the model gives."""
    at_training: float = 0.0
    """Its distance on the day of the training already, which learning anew cannot remove."""


@dataclass(frozen=True)
class Profile:
    """The features of a training by name, and how many accounts they are of."""

    accounts: int
    shapes: Mapping[str, Shape]

    def to_dict(self) -> dict[str, Any]:
        """As plain values for JSON."""
        return {"accounts": self.accounts, "shapes": {name: asdict(shape) for name, shape in self.shapes.items()}}

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Profile:
        """The inverse of ``to_dict``."""
        shapes = {name: _shape_from(shape) for name, shape in told["shapes"].items()}
        return cls(int(told["accounts"]), shapes)

    def seen(self, X: pd.DataFrame) -> Profile:
        """The same with the distance of the training's own week."""
        found = {shift.feature: shift.psi for shift in shifts(self, X)}
        shapes = {name: replace(shape, at_training=found.get(name, 0.0)) for name, shape in self.shapes.items()}
        return replace(self, shapes=shapes)

    @property
    def usual(self) -> dict[str, float]:
        """The median of each numeric feature."""
        return {name: shape.median for name, shape in self.shapes.items() if shape.median is not None}


@dataclass(frozen=True)
class Shift:
    """How far one feature of a week is from training."""

    feature: str
    psi: float
    at_training: float
    weight: float
    missing_then: float
    missing_now: float
    new_share: float
    """The share of rows with a category that training never saw."""


def profile_of(X: pd.DataFrame, accounts: int, weights: Mapping[str, float] | None = None) -> Profile:
    """The profile of some rows of features. ``accounts``: how many distinct ones; ``weights``: see ``Shape``."""
    kinds, known = kinds_of(X), weights or {}
    make = {"number": _number_shape, "text": _text_shape}
    return Profile(accounts, {name: make[kind](X[name], known.get(name, 0.0)) for name, kind in kinds.items()})


def shifts(profile: Profile, X: pd.DataFrame) -> list[Shift]:
    """Every feature that a week shares with training, the farthest from it first."""
    shared = [name for name in profile.shapes if name in X.columns and len(X)]
    found = [_shift(name, profile, X[name], len(shared)) for name in shared]
    return sorted(found, key=lambda shift: (-shift.psi, shift.feature))


def _number_shape(values: pd.Series[Any], weight: float) -> Shape:
    known = values.dropna().to_numpy(dtype=np.float64)
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])) if len(known) else np.array([])
    median = float(np.median(known)) if len(known) else None
    shares = tuple(_number_counts(values, edges) / max(1, len(values)))
    return Shape("number", shares, edges=tuple(float(edge) for edge in edges), median=median, weight=weight)


def _text_shape(values: pd.Series[Any], weight: float) -> Shape:
    seen = values.dropna().astype(str).value_counts().head(_MOST_CATEGORIES).index
    categories = tuple(sorted(str(name) for name in seen))
    shares = tuple(_text_counts(values, categories) / max(1, len(values)))
    return Shape("text", shares, categories=categories, weight=weight)


def _number_counts(values: pd.Series[Any], edges: Sequence[float] | NDArray[Any]) -> FloatArray:
    """Rows in each bin, the missing last. A value on an edge counts below it, so that a heap at 0 is one bin."""
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    known = numbers[np.isfinite(numbers)]
    counts = np.bincount(np.searchsorted(np.asarray(edges), known, side="left"), minlength=len(edges) + 1)
    return np.append(counts, len(numbers) - len(known)).astype(np.float64)


def _text_counts(values: pd.Series[Any], categories: Sequence[str]) -> FloatArray:
    """Rows of each category, of all others together, and the missing."""
    known = values.dropna().astype(str)
    counts = known.value_counts().reindex(list(categories), fill_value=0).to_numpy(dtype=np.float64)
    return np.append(counts, [len(known) - counts.sum(), len(values) - len(known)])


def _shift(name: str, profile: Profile, values: pd.Series[Any], features: int) -> Shift:
    shape = profile.shapes[name]
    is_number = shape.kind == "number"
    if is_number:
        counts = _number_counts(pd.to_numeric(values, errors="coerce"), shape.edges)
    else:
        counts = _text_counts(values, shape.categories)
    now, then = counts / counts.sum(), np.array(shape.shares)
    new = 0.0 if is_number else max(0.0, float(now[-2] - then[-2]))
    psi = stability(then, now, profile.accounts, len(values), features)
    return Shift(name, psi, shape.at_training, shape.weight, float(then[-1]), float(now[-1]), new)


def stability(then: FloatArray, now: FloatArray, before: int, after: int, features: int = 1) -> float:
    """The population stability index of two lists of shares, less what chance alone makes of it.

    ``before`` and ``after``: distinct accounts behind each; ``features``: how many are looked at side by side.
    """
    filled = (then > 0) | (now > 0)
    p, q = _smoothed(then[filled], before), _smoothed(now[filled], after)
    raw, free = float(((q - p) * np.log(q / p)).sum()), max(1, int(filled.sum()) - 1)
    scatter = 1 / max(1, before) + 1 / max(1, after)
    if raw <= scatter * float(chi2.ppf(1 - _CHANCE / max(1, features), free)):
        return 0.0
    return max(0.0, raw - scatter * free)


def _smoothed(shares: FloatArray, accounts: int) -> FloatArray:
    """Shares with half an account more in each bin, so that an empty bin of a small sample is no infinity."""
    return (shares * accounts + 0.5) / (accounts + 0.5 * len(shares))


def _shape_from(told: Mapping[str, Any]) -> Shape:
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in told.items()}
    return Shape(**values)

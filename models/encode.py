"""Features as the standardised columns a linear model needs, each owned by one original feature.

A number becomes its place among the training rows on the normal scale (so outliers cannot pull) and its value cut at
the 1st and 99th percentile (so that being far out still counts), and if it bends (``models.bends``) a column for each
of its bins; a text becomes one column for each common category. What is missing counts as the usual value
(``models.usual``), and no column says that it was missing. Every column has mean 0 in training, so a contribution is
relative to the average row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from models.panel import FloatArray, kinds_of
from models.usual import Usual

_LANDMARKS = 65
_MAX_CATEGORIES = 20
_MIN_SHARE = 0.005
_SAMPLE = 40_000


@dataclass(frozen=True)
class NumberShape:
    """How one number is read: its landmarks, their places on the normal scale, the edges of its steps if it bends."""

    landmarks: FloatArray
    places: FloatArray
    steps: FloatArray

    @classmethod
    def of(cls, values: FloatArray, steps: FloatArray) -> NumberShape:
        """The shape of what a training column shows; a column of nothing but NaN has no effect."""
        seen = np.sort(values[~np.isnan(values)])
        if seen.size == 0:
            return cls(np.zeros(1), np.zeros(1), np.zeros(0))
        ranks = np.linspace(0, 1, _LANDMARKS)
        marks, index = np.unique(np.quantile(seen, ranks, method="nearest"), return_inverse=True)
        middle = np.bincount(index, weights=ranks) / np.bincount(index)
        return cls(marks, ndtri(np.clip(middle, 0.01, 0.99)), steps)

    def columns(self, values: FloatArray) -> list[FloatArray]:
        """The columns of ``values`` without a missing one, not yet standardised."""
        made = [np.interp(values, self.landmarks, self.places)]
        if self.landmarks.size > 3:
            made.append(np.clip(values, self.landmarks[1], self.landmarks[-2]))
        if self.steps.size:
            place = np.searchsorted(self.steps, values, side="right")
            made += [(place == each).astype(np.float64) for each in range(self.steps.size + 1)]
        return made


@dataclass(frozen=True)
class TextShape:
    """The common categories of one text, most common first; the others are all zeros."""

    categories: tuple[str, ...]

    @classmethod
    def of(cls, values: pd.Series) -> TextShape:
        """The categories that at least 0.5 % of training rows have, at most 20."""
        share = values.dropna().astype(str).value_counts(normalize=True)
        common = sorted((-part, str(name)) for name, part in share.items() if part >= _MIN_SHARE)
        return cls(tuple(name for _, name in common[:_MAX_CATEGORIES]))

    def columns(self, values: pd.Series) -> list[FloatArray]:
        """One column for each common category."""
        text = values.astype(object).to_numpy()
        return [(text == name).astype(np.float64) for name in self.categories]


@dataclass(frozen=True)
class Encoding:
    """The learned shapes of all features and the mean and spread of the columns they make."""

    features: tuple[str, ...]
    usual: Usual
    numbers: dict[str, NumberShape]
    texts: dict[str, TextShape]
    owner: np.ndarray
    mean: FloatArray
    spread: FloatArray

    @classmethod
    def learn(cls, X: pd.DataFrame, usual: Usual, bends: Mapping[str, FloatArray]) -> tuple[Encoding, FloatArray]:
        """The encoding of training rows, and those rows encoded. ``bends``: edges of the steps of some numbers."""
        kinds, faded = kinds_of(X), usual.fade(X)
        step = max(1, len(X) // _SAMPLE)
        values = {name: faded[name].to_numpy(np.float64) for name in kinds if kinds[name] == "number"}
        numbers = {name: NumberShape.of(each[::step], bends.get(name, np.zeros(0))) for name, each in values.items()}
        texts = {name: TextShape.of(X[name]) for name in kinds if kinds[name] == "text"}
        raw, owner = _raw(usual.fill(X), tuple(kinds), numbers, texts)
        for name in bends:
            _hush(raw, np.flatnonzero(owner == list(kinds).index(name))[-numbers[name].steps.size - 1 :], values[name])
        mean, spread = raw.mean(axis=0), raw.std(axis=0)
        encoding = cls(tuple(kinds), usual, numbers, texts, owner, mean, np.where(spread > 1e-12, spread, np.inf))
        return encoding, encoding.standardise(raw)

    def encode(self, X: pd.DataFrame) -> FloatArray:
        """Standardised columns of any rows; columns that were not learned from are left out."""
        filled = self.usual.fill(X[list(self.features)])
        return self.standardise(_raw(filled, self.features, self.numbers, self.texts)[0])

    def standardise(self, raw: FloatArray) -> FloatArray:
        """Mean 0 and spread 1 as in training; a column that never varied there stays 0."""
        raw -= self.mean
        raw /= self.spread
        return raw


def _hush(raw: FloatArray, steps: np.ndarray, values: FloatArray) -> None:
    """Rows without a value stand at the mean of the steps, lest the usual value's step be learned from them."""
    missing = np.isnan(values)
    raw[np.ix_(missing, steps)] = raw[np.ix_(~missing, steps)].mean(axis=0)


def _raw(
    X: pd.DataFrame, features: tuple[str, ...], numbers: dict[str, NumberShape], texts: dict[str, TextShape]
) -> tuple[FloatArray, np.ndarray]:
    """All columns side by side, and for each the position of its feature."""
    made: list[FloatArray] = []
    owner: list[int] = []
    for position, name in enumerate(features):
        shape = numbers.get(name)
        new = shape.columns(X[name].to_numpy(np.float64)) if shape else texts[name].columns(X[name])
        made += new
        owner += [position] * len(new)
    matrix = np.column_stack(made) if made else np.zeros((len(X), 0))
    return np.ascontiguousarray(matrix), np.array(owner, dtype=np.int64)

"""What stands in where a value is missing: the usual one, so that missing by itself moves nothing.

A missing number counts as the median of the training rows that have it, a missing text as the most frequent one, and
so does a text never seen in training. Every candidate learns from and scores rows filled in this way; none is told
that a value was missing. A number that ages, as an answer to a survey does, goes back to the usual one: after
``HALF_LIFE_DAYS`` half of what set it apart is left, so that a model listens less to what was said long ago. One limit:
where many rows lack a number, trees can single out its exact median, and then accounts at the median share what those
rows had in common.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from models.panel import FloatArray, kinds_of

HALF_LIFE_DAYS = 91.0
"""Days after which an answer weighs half: a quarter, the usual time between two surveys."""


def freshness(age_days: pd.Series) -> pd.Series:
    """What is left of an answer's weight: 1 on its day, 1/2 after ``HALF_LIFE_DAYS``, 1 where the age is not known."""
    ages = age_days.astype(float).clip(lower=0.0)
    return (0.5 ** (ages / HALF_LIFE_DAYS)).fillna(1.0)


@dataclass(frozen=True)
class Usual:
    """The median of each number, and the texts seen of each text, the most frequent first.

    A column of nothing but missing values has the number 0 or no text: it never varied, so nothing is learned from it.
    ``ages``: for each number that ages, the column of its age in days.
    """

    numbers: dict[str, float]
    texts: dict[str, tuple[str, ...]]
    ages: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, X: pd.DataFrame, ages: Mapping[str, str] | None = None) -> Usual:
        """The usual values of training rows. ``ages`` may name columns that are not there."""
        kinds = kinds_of(X)
        return cls(
            {name: _median(X[name].to_numpy(np.float64)) for name in kinds if kinds[name] == "number"},
            {name: _by_frequency(X[name]) for name in kinds if kinds[name] == "text"},
            {name: age for name, age in (ages or {}).items() if name in X and age in X},
        )

    def fade(self, X: pd.DataFrame) -> pd.DataFrame:
        """``X`` with what ages on its way back to the usual value; what is missing stays so."""
        return X.assign(**{
            name: self.numbers[name] + freshness(X[age]) * (X[name] - self.numbers[name])
            for name, age in self.ages.items()
        })  # fmt: skip

    def fill(self, X: pd.DataFrame) -> pd.DataFrame:
        """``X`` faded and without a missing value, a copy; each column was there in training."""
        X = self.fade(X)
        read = {name: self.number if name in self.numbers else self.text for name in kinds_of(X)}
        return pd.DataFrame({name: each(name, X[name]) for name, each in read.items()}, index=X.index)

    def number(self, name: str, values: pd.Series) -> FloatArray:
        """One number with the median in place of what is missing."""
        given = values.to_numpy(np.float64)
        return np.where(np.isnan(given), self.numbers[name], given)

    def text(self, name: str, values: pd.Series) -> pd.Series:
        """One text with the most frequent one in place of what is missing or new."""
        known = self.texts[name]
        given = values.astype(object)
        return given.where(given.isin(known), known[0] if known else None)


def _median(values: FloatArray) -> float:
    seen = values[~np.isnan(values)]
    return float(np.median(seen)) if seen.size else 0.0


def _by_frequency(values: pd.Series) -> tuple[str, ...]:
    """The texts of a column; those equally frequent in order of the alphabet."""
    counted = values.dropna().astype(str).value_counts()
    return tuple(sorted((str(name) for name in counted.index), key=lambda name: (-counted[name], name)))

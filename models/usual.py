"""What stands in where a value is missing: the usual one, so that missing by itself moves nothing.

A missing number counts as the median of the training rows that have it, a missing text as the most frequent one, and
so does a text never seen in training. Every candidate learns from and scores rows filled in this way; none is told
that a value was missing. One limit: where many rows lack a number, trees can single out its exact median, and then
accounts at the median share what those rows had in common.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.panel import FloatArray, kinds_of


@dataclass(frozen=True)
class Usual:
    """The median of each number, and the texts seen of each text, the most frequent first.

    A column of nothing but missing values has the number 0 or no text: it never varied, so nothing is learned from it.
    """

    numbers: dict[str, float]
    texts: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, X: pd.DataFrame) -> Usual:
        """The usual values of training rows."""
        kinds = kinds_of(X)
        return cls(
            {name: _median(X[name].to_numpy(np.float64)) for name in kinds if kinds[name] == "number"},
            {name: _by_frequency(X[name]) for name in kinds if kinds[name] == "text"},
        )

    def fill(self, X: pd.DataFrame) -> pd.DataFrame:
        """``X`` without a missing value, a copy; each column was there in training."""
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

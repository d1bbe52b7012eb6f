"""What is typical of accounts like one: the same segment, at the same cutoff."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

FEWEST_PEERS = 6
"""Accounts with a value, the one in question among them, below which nothing is typical: five others are a handful."""

ALIKE, HERE = "alike", "everyone"
"""Whose figure it is: that of the segment, or of all accounts where the segment is not known or too small (in words:
``reasons`` in the texts)."""


@dataclass(frozen=True)
class Typical:
    """The median of one feature, and whose it is; None where it may be judged by and not be told."""

    value: float
    whose: str | None = None


@dataclass(frozen=True)
class Peers:
    """The typical value of each feature, row by row of a table of accounts at one cutoff.

    ``segments``: the segment of each row, None where it is not known. ``everyone``: what is typical of all accounts;
    ``by_segment``: the same, with the segment's own figures in place of those it has enough values for.
    """

    segments: tuple[str | None, ...]
    by_segment: Mapping[str, Mapping[str, Typical]]
    everyone: Mapping[str, Typical]

    @classmethod
    def of(cls, features: pd.DataFrame, segments: pd.Series | None = None) -> Peers:
        """Medians over the accounts at hand, all of one cutoff; ``segments`` is indexed like ``features``."""
        numbers = features.select_dtypes("number").astype("float64")
        everyone = _medians(numbers, HERE)
        if segments is None:
            return cls((None,) * len(features), {}, everyone)
        known = segments.reindex(features.index).astype(object)
        named = tuple(None if pd.isna(each) else str(each) for each in known)
        parts = numbers.groupby(pd.Series(named, index=numbers.index, dtype=object), sort=True)
        return cls(named, {str(name): {**everyone, **_medians(part, ALIKE)} for name, part in parts}, everyone)

    @classmethod
    def in_training(cls, medians: Mapping[str, float], rows: int) -> Peers:
        """Medians of the training rows, to judge by: they are of other days, so they are no peers to tell of."""
        return cls((None,) * rows, {}, {name: Typical(value) for name, value in medians.items()})

    def like(self, row: int) -> Mapping[str, Typical]:
        """What is typical of each feature for the account in a row: of its segment, else of all."""
        segment = self.segments[row]
        return self.everyone if segment is None else self.by_segment[segment]


def _medians(numbers: pd.DataFrame, whose: str) -> dict[str, Typical]:
    able = numbers.loc[:, numbers.count() >= FEWEST_PEERS]
    return {str(name): Typical(float(value), whose) for name, value in able.median().items()}

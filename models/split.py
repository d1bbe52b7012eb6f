"""Folds in time: learn from what was known, test on what came later."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from models.errors import HistoryError, LeakyFoldError
from models.settings import Window


@dataclass(frozen=True)
class Fold:
    """Training and later validation cutoffs; refuses labels that reach into the validation period.

    ``gap_days`` is horizon plus grace: the labels of the last training cutoff are known that many days after it.
    """

    train: tuple[date, ...]
    validation: tuple[date, ...]
    gap_days: int

    def __post_init__(self) -> None:
        if not self.train or not self.validation:
            raise HistoryError("A fold needs at least one training and one validation cutoff.")
        last, first = max(self.train), min(self.validation)
        if (first - last).days < self.gap_days:
            raise LeakyFoldError(
                f"Training up to {last} and validating from {first} leaves {(first - last).days} days; "
                f"labels of {last} are known {self.gap_days} days later (horizon plus grace).",
                hint=f"Train up to {first - timedelta(days=self.gap_days)} at most.",
            )


def time_folds(
    cutoffs: Iterable[date],
    horizon_days: int,
    grace_days: int,
    folds: int,
    window: Window = "expanding",
    share: float = 0.6,
) -> list[Fold]:
    """Up to ``folds`` folds over the last ``share`` of the cutoffs, the last of them the test.

    ``expanding`` learns from everything before; ``sliding`` from as many cutoffs as the first fold has. Raises
    HistoryError where no cutoff is ``horizon_days + grace_days`` after another.
    """
    days, gap = sorted(set(cutoffs)), horizon_days + grace_days
    testable = [day for day in days if days and (day - days[0]).days >= gap]
    if not testable:
        raise HistoryError(
            f"{len(days)} cutoffs, none {gap} days (horizon plus grace) after another: nothing can be tested in time.",
            hint="Provide a longer history, or a shorter horizon.",
        )
    later = testable[-max(folds, math.ceil(share * len(days))) :]
    blocks = _blocks(later, min(folds, len(later)))
    known = [tuple(day for day in days if (block[0] - day).days >= gap) for block in blocks]
    width = len(known[0]) if window == "sliding" else len(days)
    return [Fold(train[-width:], block, gap) for train, block in zip(known, blocks, strict=True)]


def thin(cutoffs: Iterable[date], rows: dict[date, int], max_rows: int) -> tuple[date, ...]:
    """Every k-th cutoff counted from the latest, with the smallest k that keeps at most ``max_rows`` rows."""
    days = sorted(cutoffs)
    for step in range(1, len(days) + 1):
        kept = days[::-1][::step]
        if sum(rows.get(day, 0) for day in kept) <= max_rows:
            return tuple(sorted(kept))
    return tuple(days[-1:])


def _blocks(days: list[date], count: int) -> list[tuple[date, ...]]:
    """``days`` in ``count`` runs of nearly equal length, the later ones longer."""
    edges = [round(index * len(days) / count) for index in range(count + 1)]
    return [tuple(days[low:high]) for low, high in pairwise(edges)]

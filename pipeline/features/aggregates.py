"""What can be asked of many rows at once. All of it is exact: integers, extremes and ratios of integers.

Each aggregate knows how it is computed over joined rows (``over``); the windows of usage facts have an evaluator of
their own (``pipeline.features.windows``), which takes Sum, Count, Mean, Distinct, Days, Since, Earliest and Champion.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import ibis

MILLION = 1_000_000


def day_number(moment: Any) -> Any:
    """Days from 1970-01-01 to the day of ``moment`` as an integer, the same on every engine."""
    return moment.cast("date").delta(ibis.date(1970, 1, 1), unit="day").cast("int64")


def micro(number: Any) -> Any:
    """A number in whole millionths, so that a sum does not depend on the order of its rows."""
    return (number * MILLION).round().cast("int64")


def ratio(part: Any, whole: Any) -> Any:
    """``part / whole``, null where the whole is zero."""
    return part.cast("float64") / whole.nullif(0)


def change(now: Any, before: Any) -> Any:
    """How far ``now`` moved from ``before``: (now - before) / (|now| + |before|), from -1 (gone) to 1 (new).

    It orders accounts as the logarithm of now / before does, needs no smoothing at zero, and is exact on every
    engine, which logarithms are not. Null where both are zero.
    """
    return ratio(now - before, now.abs() + before.abs())


@dataclass(frozen=True)
class Aggregate:
    """What is asked of the rows for which ``where`` holds; of all rows without it."""

    where: Any = field(default=None, kw_only=True)


@dataclass(frozen=True)
class Sum(Aggregate):
    """The sum of an integer ``value`` over ``scale`` (millions where the value is a bare ``micro`` column)."""

    value: Any
    scale: int | None = None

    def over(self, inside: Any) -> Any:
        """Zero without rows; null where rows have no value, which nobody may take for zero."""
        kept = inside.ifelse(self.value.cast("int64"), ibis.null("int64"))
        total = kept.sum().cast("int64")
        return inside.ifelse(1, 0).sum().cast("int64").nullif(0).isnull().ifelse(0, total)


@dataclass(frozen=True)
class Count(Aggregate):
    """The number of rows."""

    def over(self, inside: Any) -> Any:
        """Zero without rows."""
        return inside.ifelse(1, 0).sum().cast("int64")


@dataclass(frozen=True)
class Mean(Aggregate):
    """The mean of an integer ``value``, over ``scale``; null without values."""

    value: Any
    scale: int = 1

    def over(self, inside: Any) -> Any:
        """A ratio of integers."""
        kept = inside.ifelse(self.value.cast("int64"), ibis.null("int64"))
        return ratio(kept.sum().cast("int64"), kept.count().cast("int64") * self.scale)


@dataclass(frozen=True)
class Distinct(Aggregate):
    """The number of different members: one column, or several together (usage only)."""

    members: tuple[Any, ...]

    def __init__(self, *members: Any, where: Any = None) -> None:
        object.__setattr__(self, "members", members)
        object.__setattr__(self, "where", where)

    def over(self, inside: Any) -> Any:
        """Zero without rows; null members do not count."""
        (member,) = self.members
        return inside.ifelse(member, ibis.null(member.type())).nunique().cast("int64")


@dataclass(frozen=True)
class Highest(Aggregate):
    """The highest ``value``; null without any."""

    value: Any

    def over(self, inside: Any) -> Any:
        """Extremes do not depend on order."""
        return inside.ifelse(self.value, ibis.null(self.value.type())).max()


@dataclass(frozen=True)
class Lowest(Aggregate):
    """The lowest ``value``; null without any."""

    value: Any

    def over(self, inside: Any) -> Any:
        """Extremes do not depend on order."""
        return inside.ifelse(self.value, ibis.null(self.value.type())).min()


@dataclass(frozen=True)
class Since(Aggregate):
    """Days from the latest ``moment`` to the cutoff; null without any."""

    moment: Any


@dataclass(frozen=True)
class Earliest(Aggregate):
    """The day number of the earliest ``moment``; usage only, for derived features."""

    moment: Any


@dataclass(frozen=True)
class Last(Aggregate):
    """The value of the latest row by ``by`` (of the one before it with ``nth=2``, and so on); null without one."""

    value: Any
    by: Any
    nth: int = 1


@dataclass(frozen=True)
class Days(Aggregate):
    """The number of different days with any use; usage only."""


@dataclass(frozen=True)
class Champion(Aggregate):
    """The ``member`` with the highest sum of ``value`` in the last full block of ``weeks``; usage only.

    ``tell`` says what of it: the ``share`` of the account's sum, or the days ``since`` its latest ``seen``.
    """

    member: Any
    value: Any
    seen: Any
    weeks: int
    tell: Literal["share", "since"]

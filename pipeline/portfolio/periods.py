"""The stretches of time that figures are of: finished months, and weeks counted back from the cutoff."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pyarrow as pa

from pipeline.clock import midnight


@dataclass(frozen=True)
class Period:
    """A stretch from the first instant of ``start`` to, not including, the first instant of ``end``."""

    name: str
    start: date
    end: date

    @property
    def start_at(self) -> datetime:
        """Its first instant."""
        return midnight(self.start)

    @property
    def end_at(self) -> datetime:
        """The first instant after it."""
        return midnight(self.end)


def finished_months(first: date, cutoff: date, most: int) -> list[Period]:
    """The last ``most`` calendar months that had ended by the cutoff, none before the month of ``first``."""
    months: list[Period] = []
    end = cutoff.replace(day=1)
    while len(months) < most and end > first:
        start = (end - timedelta(days=1)).replace(day=1)
        months.append(Period(f"{start:%Y-%m}", start, end))
        end = start
    return months[::-1]


def last_weeks(cutoff: date, weeks: int, ago: int = 0) -> Period:
    """The ``weeks`` before the cutoff, or before the day ``ago`` weeks earlier."""
    end = cutoff - timedelta(weeks=ago)
    return Period(f"{weeks} weeks", end - timedelta(weeks=weeks), end)


def period_table(periods: Sequence[Period]) -> pa.Table:
    """The periods as a table: ``period`` (their place from 0), ``start_at`` and ``end_at``."""
    moments = pa.timestamp("us")
    return pa.table(
        {
            "period": pa.array(range(len(periods)), pa.int64()),
            "start_at": pa.array([period.start_at for period in periods], moments),
            "end_at": pa.array([period.end_at for period in periods], moments),
        }
    )

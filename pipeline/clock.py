"""Weeks and cutoffs: the one calendar that every stage shares.

A week starts at 00:00 of the company's weekday, in the company's time zone. Weeks are numbered from the first such
day on or after 1970-01-05, so that week arithmetic is integer arithmetic on every engine. A cutoff is the start of
a week: week number ``c`` as a cutoff sees what happened, and was known, in weeks below ``c``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_FIRST_MONDAY = date(1970, 1, 5)


def midnight(day: date) -> datetime:
    """The first instant of a day, in the wall-clock time that all canonical times have."""
    return datetime(day.year, day.month, day.day)


@dataclass(frozen=True)
class Calendar:
    """The company's week: its first day and its time zone."""

    time_zone: str = "UTC"
    week_start: str = "monday"

    @property
    def epoch(self) -> date:
        """The first day of week 0."""
        return _FIRST_MONDAY + timedelta(days=WEEKDAYS.index(self.week_start))

    def week_of(self, day: date) -> int:
        """The number of the week that ``day`` lies in."""
        return (day - self.epoch).days // 7

    def start_of(self, week: int) -> date:
        """The first day of a week, which is also the cutoff of that number."""
        return self.epoch + timedelta(weeks=week)

    def last_cutoff(self, day: date) -> date:
        """The latest cutoff on or before ``day``."""
        return self.start_of(self.week_of(day))

    def today(self) -> date:
        """The current day in the company's time zone."""
        return datetime.now(ZoneInfo(self.time_zone)).date()

    def weekly(self, first: date, last: date) -> Iterator[date]:
        """Each cutoff in [first, last], a week apart."""
        cutoff = self.last_cutoff(first + timedelta(days=6))
        while cutoff <= last:
            yield cutoff
            cutoff += timedelta(weeks=1)

    def monthly(self, first: date, last: date) -> Iterator[date]:
        """The first cutoff of each month in [first, last]."""
        return (cutoff for cutoff in self.weekly(first, last) if cutoff.day <= 7)

    def at(self, days: Iterable[date]) -> list[date]:
        """The given days, each moved back to its cutoff, in order and without repeats."""
        return sorted({self.last_cutoff(day) for day in days})

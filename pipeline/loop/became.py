"""What became of the accounts of earlier lists: who left, counted in one way wherever it is told.

An account of a week has left when a churn of it, as labels count churns and as it is known today, falls into the
horizon after that week. An end of coverage is a churn only when its grace has passed; until then it is told apart.

Those whom somebody reached are compared with the others from a week after the list on, among those who were customers
then: who leaves or gives notice within that week can hardly be reached in it, and counting that as the lack of a call
would make every call look like a rescue. It is a comparison, and no experiment: managers choose whom they call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pandas as pd

from pipeline.lists.past import PastWeek
from pipeline.loop.feedback import CONTACTS

LOOKS_BACK = (4, 8, 13)
"""Weeks after which those of a list are looked at again, beside the newest list whose time is over."""
WEEK = timedelta(weeks=1)
LISTS = ("at risk", "not at risk", "action list", "no action list")
"""Groups that are counted from the day of the list on."""
CALLS = ("contacted", "not contacted")
"""Groups that are counted from a week after the list on, among those who were customers then."""


@dataclass(frozen=True)
class Fate:
    """What is known today of the customers of one earlier week.

    ``customers``: whoever was one then, by the data of today. ``left_on``: the day of the churn, for those who left
    within the horizon; ``ended_on``: the end of coverage within it whose grace is not over, so that nobody knows yet.
    ``finished``: whether the horizon and its grace have passed; else everything is a count so far.
    """

    finished: bool
    customers: frozenset[Any]
    left_on: Mapping[Any, Any] = field(default_factory=dict)
    ended_on: Mapping[Any, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Became:
    """A group of an earlier week: how many there were and how many have left since.

    ``ended``: those whose coverage has ended and whose grace is not over; they are none of those who ``left``.
    ``since``: the day from which on leaving is counted. ``replayed``: the list was made later and handed to nobody.
    """

    as_of: date
    weeks_ago: int
    finished: bool
    group: str
    accounts: int
    left: int
    ended: int = 0
    since: date | None = None
    replayed: bool = False

    @property
    def share(self) -> float | None:
        """The share that left; None in an empty group."""
        return self.left / self.accounts if self.accounts else None


def outcomes(
    weeks: Sequence[PastWeek], fates: Mapping[date, Fate], remarks: pd.DataFrame, as_of: date
) -> tuple[Became, ...]:
    """What became of the accounts of those of ``weeks`` whose fate is given.

    ``remarks``: those known at ``as_of``. Groups, counted from the day of the list on: ``at risk`` (on that list) and
    ``not at risk``; ``action list`` (on a manager's) and ``no action list``. Counted from a week later on, of those on
    an action list who had neither left nor given notice by then: ``contacted`` within that week, and ``not contacted``;
    they are left out where the week after was not published, since nobody knows then.
    """
    by_day = {week.as_of: week for week in weeks}
    return tuple(
        _counted(week, fate, as_of, *group)
        for week in weeks
        if (fate := fates.get(week.as_of)) is not None
        for group in _groups(week, fate, by_day.get(week.as_of + WEEK), remarks)
    )


Group = tuple[str, set[Any], date]
"""Its name, its accounts, and the day from which on their leaving is counted."""


def _groups(week: PastWeek, fate: Fate, after: PastWeek | None, remarks: pd.DataFrame) -> Iterator[Group]:
    everyone = set(week.scores["account_id"]) & fate.customers
    at_risk, assigned = everyone & set(week.at_risk["account_id"]), everyone & week.assigned
    yield "at risk", at_risk, week.as_of
    yield "not at risk", everyone - at_risk, week.as_of
    yield "action list", assigned, week.as_of
    yield "no action list", everyone - assigned, week.as_of
    if after is not None:
        there, called = _still_there(assigned, fate, after), _contacted(week, after, remarks)
        yield "contacted", there & called, after.as_of
        yield "not contacted", there - called, after.as_of


def _still_there(accounts: set[Any], fate: Fate, after: PastWeek) -> set[Any]:
    """Those who were customers a week later and had given no notice: so it was seen then, and so it is known today."""
    ends = (*fate.left_on.items(), *fate.ended_on.items())
    gone = {account for account, end in ends if end < pd.Timestamp(after.as_of)}
    return (accounts & set(after.scores["account_id"])) - gone


def _contacted(week: PastWeek, after: PastWeek, remarks: pd.DataFrame) -> set[Any]:
    """Whom somebody reached between a list and the next, as the next week knew it or the list's own workbook says."""
    found: set[Any] = set()
    if "last_touch" in after.scores:
        touched = pd.to_datetime(after.scores["last_touch"])
        within = (touched >= pd.Timestamp(week.as_of)) & (touched < pd.Timestamp(after.as_of))
        found |= set(after.scores.loc[within, "account_id"])
    # a contact lies between the list and the day on which its workbook was read, which may be that of the next list
    told = remarks[remarks["action"].isin(CONTACTS) & (remarks["week"] == week.as_of.isoformat())]
    return found | set(told.loc[told["read_on"] <= after.as_of.isoformat(), "account_id"])


def _counted(week: PastWeek, fate: Fate, as_of: date, name: str, accounts: set[Any], since: date) -> Became:
    left = accounts & set(fate.left_on)
    return Became(
        as_of=week.as_of,
        weeks_ago=(as_of - week.as_of).days // 7,
        finished=fate.finished,
        group=name,
        accounts=len(accounts),
        left=len(left),
        ended=len(accounts & set(fate.ended_on)),
        since=since,
        replayed=week.published is not None and week.published.replayed,
    )

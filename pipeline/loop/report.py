"""How the lists did: what managers made of them, and what became of those who stood on them.

Saved and churned are measured from the data, never typed. None of it proves an effect: where a team acts on a list,
those it saved look like false alarms, and without an untouched group nobody can tell them apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any

import pandas as pd

from pipeline.lists.past import PastWeek
from pipeline.loop.feedback import Conflict, disagreements, known, last_words
from pipeline.texts import say

LOOKS_BACK = (4, 8, 13)
"""Weeks after which those of a list are looked at again, beside the newest list whose time is over."""


@dataclass(frozen=True)
class Answers:
    """One week's action lists and what came back: rows listed, answered in any way, acted on, and judged."""

    as_of: date
    listed: int
    answered: int
    acted: int
    real: int
    false_alarm: int
    already_leaving: int
    wrong_reason: int

    @property
    def acceptance(self) -> float | None:
        """The share of the listed rows that were acted on; None where nothing was listed."""
        return self.acted / self.listed if self.listed else None


@dataclass(frozen=True)
class Judged:
    """The verdicts on rows with one main reason (a dimension of the score)."""

    reason: str
    judged: int
    real: int
    false_alarm: int
    wrong_reason: int


@dataclass(frozen=True)
class Became:
    """A group of an earlier week: how many there were and how many have left since.

    ``finished``: whether the horizon and its grace have passed; else it is a count so far.
    """

    as_of: date
    weeks_ago: int
    finished: bool
    group: str
    accounts: int
    left: int

    @property
    def share(self) -> float | None:
        """The share that left; None in an empty group."""
        return self.left / self.accounts if self.accounts else None


@dataclass(frozen=True)
class LoopReport:
    """What managers said of the lists of the last 13 weeks (newest first), and what became of those listed."""

    weeks: tuple[Answers, ...] = ()
    reasons: tuple[Judged, ...] = ()
    became: tuple[Became, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    caution: str = field(default_factory=lambda: say("loop.caution"))
    """That none of it proves an effect, in words."""

    def to_dict(self) -> dict[str, Any]:
        """As plain values for JSON, with the shares."""
        told = asdict(self)
        for name in ("weeks", "became"):
            share = "acceptance" if name == "weeks" else "share"
            told[name] = [
                {**asdict(each), "as_of": each.as_of.isoformat(), share: getattr(each, share)}
                for each in getattr(self, name)
            ]
        return told


def loop_report(
    remarks: pd.DataFrame, history: Sequence[PastWeek], as_of: date, became: Sequence[Became] = ()
) -> LoopReport:
    """The report of a cutoff; replayed weeks were never handed out, so nothing is said of them."""
    heard = known(remarks, as_of)
    said = last_words(heard)
    asked = [week for week in history if week.published is not None and not week.published.replayed]
    weeks = tuple(_answers(week, said) for week in asked)
    lately = heard[heard["week"].isin([week.as_of.isoformat() for week in asked])]
    return LoopReport(weeks, _by_reason(asked, said), tuple(became), tuple(disagreements(lately)))


def outcomes(
    weeks: Sequence[PastWeek], departures: pd.DataFrame, as_of: date, horizon_days: int, grace_days: int
) -> tuple[Became, ...]:
    """What became of the accounts of earlier weeks.

    ``departures``: account_id and churned_at of every churn known at ``as_of``. One counts for a week when it falls
    into the horizon after it. Groups: listed (on an action list), of them those contacted (in the week after), and not
    listed.
    """
    found: list[Became] = []
    for at, week in enumerate(weeks):
        end = week.as_of + timedelta(days=horizon_days)
        after = departures["churned_at"].between(pd.Timestamp(week.as_of), pd.Timestamp(end), inclusive="left")
        left = set(departures.loc[after, "account_id"])
        finished = end + timedelta(days=grace_days) <= as_of
        weeks_ago = (as_of - week.as_of).days // 7
        for name, members in _groups(week, weeks[:at]).items():
            found.append(Became(week.as_of, weeks_ago, finished, name, len(members), len(members & left)))
    return tuple(found)


def _groups(week: PastWeek, later: Sequence[PastWeek]) -> dict[str, set[str]]:
    """The accounts of a week, listed and not; of the listed those whom a later week calls contacted."""
    everyone = set(week.scores["account_id"])
    listed = everyone & set(week.assigned)
    contacted: set[str] = set()
    for after in later:
        if "contacted" in after.scores:
            contacted |= set(after.scores.loc[after.scores["contacted"].astype(bool), "account_id"])
    return {"listed": listed, "listed and contacted": listed & contacted, "not listed": everyone - listed}


def _answers(week: PastWeek, said: pd.DataFrame) -> Answers:
    rows = _of_week(week, said)
    counts = rows["verdict"].value_counts()
    return Answers(
        as_of=week.as_of,
        listed=len(week.assigned),
        answered=int((rows != "").any(axis=1).sum()),
        acted=int((rows["action"] != "").sum()),
        real=int(counts.get("real", 0)),
        false_alarm=int(counts.get("false alarm", 0)),
        already_leaving=int(counts.get("already leaving", 0)),
        wrong_reason=int(counts.get("wrong reason", 0)),
    )


def _of_week(week: PastWeek, said: pd.DataFrame) -> pd.DataFrame:
    """What was said about the rows of one week's lists, indexed by account_id."""
    rows = said[said.index.get_level_values("week") == week.as_of.isoformat()].droplevel("week")
    return rows[rows.index.isin(list(week.assigned))]


def _by_reason(weeks: Sequence[PastWeek], said: pd.DataFrame) -> tuple[Judged, ...]:
    """Verdicts by the dimension of each row's first reason, the most judged first."""
    told = [_with_reason(week, _of_week(week, said)) for week in weeks]
    rows = pd.concat(told) if told else pd.DataFrame(columns=["verdict", "reason"])
    rows = rows[rows["verdict"] != ""]
    found = []
    for reason, group in rows.groupby("reason", sort=True):
        counts = group["verdict"].value_counts()
        known_ones = {
            name: int(counts.get(name.replace("_", " "), 0)) for name in ("real", "false_alarm", "wrong_reason")
        }
        found.append(Judged(str(reason), len(group), **known_ones))
    return tuple(sorted(found, key=lambda each: (-each.judged, each.reason)))


def _with_reason(week: PastWeek, rows: pd.DataFrame) -> pd.DataFrame:
    scores = week.scores.set_index("account_id")
    main = scores["main_dimension"] if "main_dimension" in scores else pd.Series(dtype="string")
    return rows.assign(reason=main.reindex(rows.index).astype("string").replace("", None).fillna("a signal"))

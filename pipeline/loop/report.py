"""How the lists did: what managers made of them, and what became of those who stood on them.

Saved and churned are measured from the data, never typed. None of it proves an effect: where a team acts on a list,
those it saved look like false alarms, and without an untouched group nobody can tell them apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any

import pandas as pd

from pipeline.lists.past import PastWeek
from pipeline.loop.became import Became, Fate, outcomes
from pipeline.loop.feedback import Conflict, disagreements, known, last_words
from pipeline.texts import say

ANSWERED = timedelta(weeks=13)
"""How far back the lists lie whose answers are told."""


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
        for each in told["became"]:
            each["since"] = each["since"] and each["since"].isoformat()
        return told


def loop_report(
    remarks: pd.DataFrame, history: Sequence[PastWeek], as_of: date, fates: Mapping[date, Fate]
) -> LoopReport:
    """The report of a cutoff; replayed weeks were never handed out, so nobody can have said anything of them.

    ``fates``: of the weeks that are looked at again, which may lie further back than those whose answers are told.
    """
    heard = known(remarks, as_of)
    became = outcomes(history, fates, heard, as_of)
    said = last_words(heard)
    lists = [week for week in history if week.as_of >= as_of - ANSWERED]
    asked = [week for week in lists if week.published is not None and not week.published.replayed]
    weeks = tuple(_answers(week, said) for week in asked)
    lately = heard[heard["week"].isin([week.as_of.isoformat() for week in asked])]
    return LoopReport(weeks, _by_reason(asked, said), became, tuple(disagreements(lately)))


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

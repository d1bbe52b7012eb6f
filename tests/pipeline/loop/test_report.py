from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from pipeline.lists.past import PastWeek, Published
from pipeline.loop.feedback import merged, no_remarks
from pipeline.loop.report import loop_report

TODAY = date(2026, 11, 16)


def past(weeks: int, listed: str, *, replayed: bool = False) -> PastWeek:
    """The week ``weeks`` ago of the accounts a to f, of whom some were listed; every second one for usage."""
    accounts = list("abcdef")
    scores = pd.DataFrame({"account_id": accounts, "main_dimension": ["usage", "support"] * 3})
    made = Published(Path(), "m", "", "", replayed)
    return PastWeek(TODAY - timedelta(weeks=weeks), scores, scores.head(0), frozenset(listed), made)


def said(week: PastWeek, **rows: tuple[str, str]) -> list[dict[str, str]]:
    day = week.as_of.isoformat()
    where = {"week": day, "source": "x.xlsx", "read_on": (week.as_of + timedelta(days=3)).isoformat()}
    return [{**where, "account_id": name, "action": a, "verdict": v} for name, (a, v) in rows.items()]


def test_answers_are_counted_by_week_and_false_alarms_by_reason() -> None:
    last, before = past(1, "abcd"), past(2, "ab")
    rows = [
        *said(before, a=("met", "real"), b=("", "false alarm")),
        *said(last, a=("met", "false alarm"), c=("planned", ""), f=("met", "real")),
    ]
    remarks = merged(no_remarks(), rows).remarks
    report = loop_report(remarks, [last, before], TODAY, {})
    newest, older = report.weeks
    assert (newest.listed, newest.answered, newest.acted, newest.false_alarm, newest.real) == (4, 2, 2, 1, 0)
    assert (older.listed, older.answered, older.acted, older.acceptance) == (2, 2, 1, 0.5)
    assert [(each.reason, each.judged, each.real, each.false_alarm) for each in report.reasons] == [
        ("usage", 2, 1, 1),
        ("support", 1, 0, 1),
    ]
    assert "no proof of effect" in report.to_dict()["caution"]


def test_replayed_weeks_were_handed_to_nobody() -> None:
    assert loop_report(no_remarks(), [past(1, "abcd", replayed=True)], TODAY, {}).weeks == ()

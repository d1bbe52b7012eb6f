from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from pipeline.lists.past import PastWeek, Published
from pipeline.loop.became import Became, Fate, outcomes
from pipeline.loop.feedback import merged, no_remarks

TODAY = date(2026, 11, 16)
LIST = TODAY - timedelta(weeks=13)
WEEK_AFTER = LIST + timedelta(weeks=1)
EVERYONE = "abcdefgh"


def past(as_of: date, accounts: str = EVERYONE, *, listed: str = "", at_risk: str = "", **touched: date) -> PastWeek:
    """A week of some accounts, with the day on which each of some was last contacted as it was known then."""
    scores = pd.DataFrame({"account_id": list(accounts)})
    scores["last_touch"] = pd.to_datetime(scores["account_id"].map(touched))
    on = pd.DataFrame({"account_id": list(at_risk), "weeks_listed": 1})
    return PastWeek(as_of, scores, on, frozenset(listed), Published(Path(), "m", "", "", False))


def fate(**left: date) -> Fate:
    return Fate(True, frozenset(EVERYONE), {account: pd.Timestamp(day) for account, day in left.items()})


def told(*weeks: PastWeek, known: Fate, remarks: pd.DataFrame | None = None) -> dict[str, Became]:
    """The groups of the list by name."""
    found = outcomes(weeks, {LIST: known}, no_remarks() if remarks is None else remarks, TODAY)
    return {each.group: each for each in found}


def counts(each: Became) -> tuple[int, int]:
    return each.accounts, each.left


def later(days: int) -> date:
    return LIST + timedelta(days=days)


def test_those_listed_and_those_not_are_counted_from_the_day_of_the_list() -> None:
    known = fate(a=later(3), c=later(40), g=later(0))
    found = told(past(LIST, listed="abc", at_risk="ag"), known=known)
    assert {name: counts(each) for name, each in found.items()} == {
        "at risk": (2, 2),
        "not at risk": (6, 1),
        "action list": (3, 2),
        "no action list": (5, 1),
    }, "the week after was not published, so nobody knows who was contacted"
    assert {each.since for each in found.values()} == {LIST}


def test_who_left_or_gave_notice_in_the_week_after_is_neither_contacted_nor_not() -> None:
    """Whoever leaves at once cannot be called: as leaving without a call, it makes calls look good."""
    known = fate(a=later(2), b=later(30), c=later(50), d=later(6))
    week, after = past(LIST, listed="abcdef"), past(WEEK_AFTER, "abcdgh", b=later(1), e=later(1))
    found = told(after, week, known=known)
    assert counts(found["contacted"]) == (1, 1), "b; e was contacted and had given notice by the week after"
    assert counts(found["not contacted"]) == (1, 1), "c; a and d had left, f had given notice"
    assert found["contacted"].since == found["not contacted"].since == WEEK_AFTER


def test_only_a_contact_within_the_week_after_the_list_counts() -> None:
    """Who stays longer is contacted more often: a contact in any later week would tell of staying, not of calling."""
    week = past(LIST, listed="abcd", a=later(-1))
    after = past(WEEK_AFTER, a=later(-1), b=later(0), c=later(6))
    much_later = past(TODAY - timedelta(weeks=2), d=later(60), a=later(60))
    found = told(much_later, after, week, known=fate())
    assert counts(found["contacted"])[0] == 2, "b and c"
    assert counts(found["not contacted"])[0] == 2


def test_a_workbook_tells_of_a_contact_when_it_was_read_by_the_next_list() -> None:
    rows = [
        {"week": LIST.isoformat(), "account_id": name, "source": "x.xlsx", "read_on": day.isoformat(), "action": action}
        for name, day, action in (
            ("a", WEEK_AFTER, "met"),
            ("b", later(8), "met"),
            ("c", later(3), "planned"),
            ("d", later(3), "no reply"),
        )
    ]
    rows.append({**rows[0], "week": later(-7).isoformat(), "account_id": "e"})
    remarks = merged(no_remarks(), rows).remarks
    found = told(past(WEEK_AFTER), past(LIST, listed="abcde"), known=fate(), remarks=remarks)
    assert counts(found["contacted"])[0] == 1, "only a was reached in that week, as far as anybody knows"


def test_who_is_no_customer_of_that_week_by_the_data_of_today_stands_in_no_group() -> None:
    found = told(past(LIST, listed="ab"), known=Fate(True, frozenset("acd")))
    assert (found["action list"].accounts, found["no action list"].accounts) == (1, 2)


def test_an_end_whose_grace_is_not_over_is_told_apart_from_those_who_left() -> None:
    known = Fate(False, frozenset(EVERYONE), {"a": later(3)}, {"b": later(88)})
    found = told(past(LIST, listed="abc"), known=known)["action list"]
    assert (found.accounts, found.left, found.ended, found.finished) == (3, 1, 1, False)

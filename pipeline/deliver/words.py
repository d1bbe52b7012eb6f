"""The sentences that the workbook and the page share."""

from __future__ import annotations

from datetime import date

import pandas as pd

from pipeline import figures
from pipeline.deliver.delivery import About, Delivery
from pipeline.figures import days, decimal, exact_percent, number, percent, short_money
from pipeline.loop.feedback import Conflict
from pipeline.portfolio import Portfolio, Realised

BAND_WORDS = {"red": "Red", "amber": "Amber", "green": "Green"}
STATUS_WORDS = {"new": "New", "worse": "Worse", "same": "Same", "better": "Better"}

GRADE_WORDS = {
    "A": "The model beat every simple rule clearly on weeks it had never seen.",
    "B": "The model beat the simple rules on weeks it had never seen.",
    "C": "The model did no better than a simple rule, which is used in its place.",
    "none": "No signal was found yet that foretells leaving.",
}


NEAR = 14
"""Days before the notice date from which it counts as near."""


def day(moment: date | pd.Timestamp | None) -> str:
    """A day for people: ``16 Nov 2026``; empty where there is none."""
    return "" if moment is None or pd.isna(moment) else figures.day(moment)


def deciding(left: float) -> str:
    """How long there is to decide about a renewal, or that the day has passed: it must not look like any other."""
    if pd.isna(left):
        return ""
    return f"passed {days(-left)} ago" if left < 0 else ("today" if left == 0 else f"in {days(left)}")


def change(points: float | None) -> str:
    """A change in points with its sign: ``+4``, ``−12``; ``0`` for none, empty where it is not known."""
    if points is None or pd.isna(points):
        return ""
    whole = round(points)
    return f"+{whole}" if whole > 0 else (f"\N{MINUS SIGN}{-whole}" if whole < 0 else "0")


def notice(leaving: pd.DataFrame) -> pd.Series:
    """When each of those who leave gave notice, in words."""
    told = [f"gave notice on {day(moment)}" if pd.notna(moment) else "gave notice" for moment in leaving["notice_at"]]
    return pd.Series(told, leaving.index, dtype="string")


def headline(delivery: Delivery) -> str:
    """Whom to call this week, in one sentence."""
    rows = delivery.at_risk.rows
    if rows.empty:
        return "Nobody needs a call this week."
    count = f"{len(rows)} {'account needs' if len(rows) == 1 else 'accounts need'} a call this week"
    stake = rows["arr"].sum(min_count=1)
    worth = "" if pd.isna(stake) else f", worth {short_money(float(stake), delivery.about.currency)} a year"
    return f"{count}{worth}."


def news(delivery: Delivery) -> str:
    """What changed since the last list, and what is not shown."""
    counts = delivery.at_risk.rows["status"].value_counts()
    parts = [f"{counts[name]} {words}" for name, words in _NEWS.items() if counts.get(name, 0)]
    left_out = sum(delivery.at_risk.left_out.values())
    hidden = f" {left_out} more would qualify but exceed what one manager can call in a week." if left_out else ""
    return (", ".join(parts).capitalize() + "." if parts else "") + hidden


_NEWS = {"new": "new", "worse": "got worse", "better": "got better", "same": "unchanged"}


def meaning(about: About) -> str:
    """What a health of 60 means."""
    if about.probability_at_60 is None:
        return (
            "Health runs from 0 to 100. 60 is an account about which nothing stands out; rules with stated weights "
            "move it up or down. Bands are provisional: no model has been checked against what happened here, so no "
            "chances are given."
        )
    return (
        f"Health runs from 0 to 100. 60 is this business's usual account: its chance to {about.label} within "
        f"{number(about.horizon_days)} days is {percent(about.probability_at_60)}. Every 10 points lower doubles "
        "the odds."
    )


def sixty(about: About) -> str:
    """What a health of 60 means and how far to trust it, for a headline."""
    if about.probability_at_60 is None:
        return "an account about which nothing stands out. Scorecard: bands are provisional, no chances are given."
    chance = f"a {percent(about.probability_at_60)} chance to {about.label} within {number(about.horizon_days)} days"
    return f"the usual account here, with {chance}. 10 points lower doubles the odds. Grade {about.grade}."


def trust(about: About) -> str:
    """How far to trust the figures."""
    if about.provisional:
        return about.grade_reason or "There are too few dated churns to learn from yet."
    words = about.grade_reason or GRADE_WORDS.get(about.grade, "")
    return f"Grade {about.grade}. {words}".strip()


def bands(about: About) -> str:
    """Where the bands begin."""
    return f"Red is below {number(about.red)}, amber below {number(about.amber)}, green from there on."


def rule(about: About) -> str:
    """Who gets on the list."""
    worth = "points short of 100 times yearly revenue" if about.provisional else "chance times yearly revenue"
    who = "red accounts" if about.provisional else "red accounts, and those clearly likelier to leave than usual"
    return f"Listed are {who}, ordered by {worth}; those who have given notice stand under Leaving."


def became(group: Realised) -> str:
    """What became of a group: ``13 weeks ago 41, of whom 5 left (12 %)``."""
    share = "" if group.share is None else f" ({percent(group.share)})"
    return f"13 weeks ago {decimal(group.accounts)}, of whom {decimal(group.left)} left{share}"


def retention(book: Portfolio) -> list[tuple[str, str]]:
    """The figures of the book of customers, those that are known."""
    figures = {
        "Retention": book.retention,
        "Logo churn": book.logo_churn,
        "Gross revenue retention": book.gross_revenue_retention,
        "Net revenue retention": book.net_revenue_retention,
    }
    return [(label, exact_percent(value)) for label, value in figures.items() if value is not None]


def conflict(told: Conflict) -> str:
    """That two workbooks say different things of one row, and which of them is kept."""
    where = f"{told.account_id} ({told.week}), {told.field}"
    kept = f"{told.kept!r} of {told.kept_from} is kept, {told.dropped!r} of {told.dropped_from} is not"
    return f"Two workbooks disagree on {where}: {kept}."


def first_tip(tips: object) -> str:
    """The first of several tips, a line each, and how many more there are: a list row has place for one."""
    lines = [line for line in str(tips).split("\n") if line] if isinstance(tips, str) else []
    more = f" (+ {len(lines) - 1} more)" if len(lines) > 1 else ""
    return f"{lines[0]}{more}" if lines else ""

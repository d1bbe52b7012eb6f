"""The sentences that the workbook and the page share."""

from __future__ import annotations

from datetime import date

import pandas as pd

from pipeline import figures
from pipeline.deliver.delivery import About, Delivery
from pipeline.figures import days, decimal, exact_percent, number, percent, short_money
from pipeline.lists.at_risk import BY_CALENDAR
from pipeline.lists.plays import has_passed
from pipeline.loop.feedback import Conflict, in_words
from pipeline.portfolio import Portfolio, Realised
from pipeline.texts import ENGLISH, catalogue, language, say, word


def day(moment: date | pd.Timestamp | None) -> str:
    """A day for people: ``16 Nov 2026``; empty where there is none."""
    return "" if moment is None or pd.isna(moment) else figures.day(moment)


def sentence(text: str) -> str:
    """A text as it begins a sentence."""
    return text[:1].upper() + text[1:]


def unbroken(text: str) -> str:
    """A text in which no line ends between a figure and its per cent."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%")


def band(name: object) -> str:
    """What people call a band; empty for what is none."""
    return word(f"script.bands.{name}", "")


def status(name: object, listed_for: object = "") -> str:
    """What people call what is new, and why it stands on the list where that is not plain; empty where nothing is."""
    told = (word(f"script.status.{name}", ""), word(f"script.listed_for.{listed_for}", ""))
    return ", ".join(text for text in told if text)


def list_name(name: object) -> str:
    """What people call a list or a signal, as it stands within a sentence."""
    return word(f"signals.names.{name}", word(f"names.lists.{name}", str(name)))


def tags(told: object) -> str:
    """The signals of an account as people call them."""
    return "; ".join(list_name(name) for name in told.split("; ") if name) if isinstance(told, str) else ""


def dimension(name: str) -> str:
    """What people call a dimension of the score, or another main reason."""
    return word(f"dimensions.names.{name}", name.capitalize())


def dimension_names() -> dict[str, str]:
    """The names of dimensions that are more than the words that code calls them by."""
    names: dict[str, str] = catalogue()["dimensions"]["names"]
    return {name: told for name, told in names.items() if told != name.capitalize()}


def deciding(left: float) -> str:
    """How long there is to decide about a renewal, or that the day has passed: it must not look like any other."""
    if pd.isna(left):
        return ""
    if left < 0:
        return say("sentences.passed_ago", days=days(-left))
    return say("sentences.today") if left == 0 else say("sentences.in_days", days=days(left))


def change(points: float | None) -> str:
    """A change in points with its sign: ``+4``, ``−12``; ``0`` for none, empty where it is not known."""
    if points is None or pd.isna(points):
        return ""
    whole = round(points)
    return f"+{whole}" if whole > 0 else (f"\N{MINUS SIGN}{-whole}" if whole < 0 else "0")


def notice(leaving: pd.DataFrame) -> pd.Series:
    """When each of those who leave gave notice, in words."""
    plain = say("sentences.notice")
    told = [
        say("sentences.notice_on", day=day(moment)) if pd.notna(moment) else plain for moment in leaving["notice_at"]
    ]
    return pd.Series(told, leaving.index, dtype="string")


def headline(delivery: Delivery) -> str:
    """Whom to call this week, in one sentence."""
    rows = delivery.at_risk.rows
    if rows.empty:
        return say("overview.nobody")
    text = "sentences.headline_one" if len(rows) == 1 else "sentences.headline"
    return say(text, count=len(rows), worth=worth(rows["arr"], delivery.about.currency))


def worth(arr: pd.Series, currency: str) -> str:
    """What accounts are worth together, as the end of a sentence; empty where it is not known."""
    stake = arr.sum(min_count=1) if len(arr) else float("nan")
    return "" if pd.isna(stake) else say("sentences.worth", money=short_money(float(stake), currency))


def news(delivery: Delivery) -> str:
    """What changed since the last list, and what is not shown."""
    counts = delivery.at_risk.rows["status"].value_counts()
    parts = [say(f"sentences.{name}", count=counts[name]) for name in _NEWS if counts.get(name, 0)]
    calendar = int((delivery.at_risk.rows["listed_for"] == BY_CALENDAR).sum())
    parts[:1] = [say("sentences.new_by_calendar", new=parts[0], count=calendar)] if calendar else parts[:1]
    left_out = sum(delivery.at_risk.left_out.values())
    told = [sentence(", ".join(parts)) + "."] if parts else []
    told += [passed(delivery.at_risk.rows)]
    told += [say("sentences.hidden", count=left_out)] if left_out else []
    return " ".join(text for text in told if text)


def passed(rows: pd.DataFrame) -> str:
    """How many of the rows could give notice no more and have not; empty where there are none."""
    count = int(has_passed(rows).sum())
    return say("sentences.passed_one" if count == 1 else "sentences.passed", count=count) if count else ""


_NEWS = ("new", "worse", "better", "same")


def meaning(about: About) -> str:
    """What a health of 60 means."""
    if about.probability_at_60 is None:
        return say("sentences.meaning_rules")
    return say("sentences.meaning", **_chance(about, about.probability_at_60))


def _chance(about: About, at_60: float) -> dict[str, str]:
    return {"verb": about.label, "days": number(about.horizon_days), "share": percent(at_60)}


def sixty(about: About) -> str:
    """What a health of 60 means and how far to trust it, for a headline."""
    if about.probability_at_60 is None:
        return say("sentences.sixty_rules")
    return say("sentences.sixty", grade=about.grade, **_chance(about, about.probability_at_60))


def trust(about: About) -> str:
    """How far to trust the figures, in words; what was measured was told by the training and stands beside it."""
    if about.provisional:
        return (about.grade_reason if language() == ENGLISH else "") or say("sentences.trust_rules")
    reason = word(f"sentences.grades.{about.grade}", "") or about.grade_reason
    return say("sentences.trust", grade=about.grade, reason=reason).strip()


def bands(about: About) -> str:
    """Where the bands begin."""
    return say("sentences.bands", red=number(about.red), amber=number(about.amber))


def rule(about: About) -> str:
    """Who gets on the list."""
    return say("sentences.rule_rules" if about.provisional else "sentences.rule")


def became(group: Realised, weeks: int) -> str:
    """What became of a group: ``13 weeks ago 41, of whom 5 left (12 %); 2 more have just ended``."""
    counts = {"accounts": decimal(group.accounts), "left": decimal(group.left), "weeks": weeks}
    if group.share is None:
        return say("sentences.became", **counts)
    told = say("sentences.became_share", share=percent(group.share), **counts)
    return say("sentences.became_ended", told=told, ended=decimal(group.ended)) if group.ended else told


def retention(book: Portfolio) -> list[tuple[str, str]]:
    """The figures of the book of customers, those that are known."""
    names = ("retention", "logo_churn", "gross_revenue_retention", "net_revenue_retention")
    known = {name: value for name in names if (value := getattr(book, name)) is not None}
    return [(say(f"sentences.retention.{name}"), exact_percent(value)) for name, value in known.items()]


def conflict(told: Conflict) -> str:
    """That two workbooks say different things of one row, and which of them is kept."""
    where = {"account": told.account_id, "week": told.week, "field": word(f"loop.fields.{told.field}", told.field)}
    kept, dropped = (repr(in_words(told.field, value)) for value in (told.kept, told.dropped))
    names = {"kept_from": told.kept_from, "dropped_from": told.dropped_from}
    return say("sentences.conflict", kept=kept, dropped=dropped, **where, **names)


def first_tip(tips: object) -> str:
    """The first of several tips, a line each, and how many more there are: a list row has place for one."""
    lines = [line for line in str(tips).split("\n") if line] if isinstance(tips, str) else []
    if len(lines) > 1:
        return say("sentences.more_tips", tip=lines[0], count=len(lines) - 1)
    return lines[0] if lines else ""

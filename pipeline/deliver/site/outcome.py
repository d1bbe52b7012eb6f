"""The page on how earlier lists did: what became of those on them, and what managers made of them."""

from __future__ import annotations

from typing import Any

from models.shares import wilson
from pipeline.deliver import words
from pipeline.deliver.delivery import Delivery
from pipeline.deliver.site import charts, glance
from pipeline.deliver.site.charts import Chart, drawn
from pipeline.deliver.site.ledger import Section
from pipeline.deliver.text import clean
from pipeline.figures import decimal, percent, short_day
from pipeline.loop.became import CALLS, LISTS, Became
from pipeline.loop.report import LoopReport
from pipeline.portfolio import Realised

Rows = list[tuple[str, ...]]


def outcome(delivery: Delivery, texts: dict[str, Any]) -> dict[str, Any]:
    """What the template on earlier lists is given."""
    told, report = texts["outcome"], delivery.report
    drawings = (glance.sure(delivery, texts), _listed(delivery, texts))
    return {
        "lead": told["lead"].format(weeks=delivery.portfolio.realised_weeks),
        "counted": _counted(delivery, told),
        "sections": [each for each in _sections(delivery, texts) if each.rows],
        "unheard": not report.weeks,
        "conflicts": [clean(words.conflict(each)) for each in report.conflicts],
        "caution": report.caution,
        "charts": [chart for chart in drawings if chart is not None],
    }


def _sections(delivery: Delivery, texts: dict[str, Any]) -> list[Section]:
    """What became of the accounts, then what managers said; a table without rows is left out."""
    told, report = texts["outcome"], delivery.report
    rows = {
        "bands": _bands(delivery, told),
        "became": _became(report, told, LISTS),
        "called": _became(report, told, CALLS),
        "answers": _answers(report),
        "reasons": _reasons(report),
    }
    texts_first = {"became": 3, "called": 3}
    values = {"days": delivery.about.horizon_days, "weeks": delivery.portfolio.realised_weeks}
    return [
        Section(
            told[name]["title"],
            told[name]["told"].format(**values),
            tuple(told[name]["heads"]),
            each,
            texts_first.get(name, 1),
        )
        for name, each in rows.items()
    ]


def _bands(delivery: Delivery, told: dict[str, Any]) -> Rows:
    """The groups of an earlier week: bands, listed, not listed."""
    groups = [group for group in delivery.portfolio.realised if group.accounts]
    return [(told["groups"][group.group], *_left(group)) for group in groups]


def _counted(delivery: Delivery, told: dict[str, Any]) -> str:
    """Who counts as having left, in words; nothing where nobody is counted."""
    about = delivery.about
    if not delivery.report.became:
        return ""
    text: str = told["counted" if about.grace_days else "counted_at_once"]
    return text.format(days=about.horizon_days, grace=about.grace_days)


def _became(report: LoopReport, told: dict[str, Any], groups: tuple[str, ...]) -> Rows:
    """The newest list first, and of each some groups."""
    return [
        (
            _list_of(each, told),
            told["became_groups"][each.group],
            told["finished" if each.finished else "so_far"],
            *_left(each),
        )
        for each in sorted(report.became, key=lambda each: each.weeks_ago)
        if each.accounts and each.group in groups
    ]


def _list_of(each: Became, told: dict[str, Any]) -> str:
    """Which list; one that was replayed was handed to nobody."""
    text: str = told["list_replayed" if each.replayed else "list_of"]
    return text.format(day=words.day(each.as_of), weeks=each.weeks_ago)


def _left(group: Realised | Became) -> tuple[str, ...]:
    """How many there were, how many left, the share and the range that chance allows, and how many ended lately."""
    low, high = wilson(group.left, group.accounts)
    share, chance = percent(group.left / group.accounts), f"{percent(low)} – {percent(high)}"
    return decimal(group.accounts), decimal(group.left), share, chance, decimal(group.ended)


def _answers(report: LoopReport) -> Rows:
    return [
        (
            words.day(each.as_of),
            *(decimal(count) for count in (each.listed, each.answered, each.acted)),
            "" if each.acceptance is None else percent(each.acceptance),
            *(decimal(count) for count in (each.real, each.false_alarm, each.already_leaving, each.wrong_reason)),
        )
        for each in report.weeks
    ]


def _reasons(report: LoopReport) -> Rows:
    """The verdicts by the main reason of the rows, with the share of false alarms."""
    return [
        (
            clean(words.dimension(each.reason)),
            *(decimal(count) for count in (each.judged, each.real, each.false_alarm)),
            percent(each.false_alarm / each.judged),
            decimal(each.wrong_reason),
        )
        for each in report.reasons
    ]


def _listed(delivery: Delivery, texts: dict[str, Any]) -> Chart:
    """How long the list was in every week."""
    told = texts["outcome"]
    past = [(week.as_of, len(week.at_risk)) for week in reversed(delivery.past)]
    counts = [*past, (delivery.about.as_of, len(delivery.at_risk.rows))]
    points = [(short_day(day), float(count)) for day, count in counts]
    svg = drawn(charts.over_time(points, texts["charts"]["accounts"], ",d"), told["over_time_told"])
    rows = tuple((words.day(day), decimal(count)) for day, count in counts)
    heads = (texts["charts"]["week"], texts["charts"]["accounts"])
    return Chart(told["over_time"], told["over_time_told"], svg, heads, rows)

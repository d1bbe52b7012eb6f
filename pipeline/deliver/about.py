"""The lines of the sheet About: what the figures mean, and how far to trust them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import pandas as pd

from pipeline.deliver import words
from pipeline.deliver.delivery import Delivery
from pipeline.figures import decimal, percent
from pipeline.texts import say

ABOUT_WIDTHS = (34, 96)

Line = tuple[str, object, str]
"""A label, its value and the kind of the value."""


def about_lines(delivery: Delivery) -> Iterator[Line]:
    """The lines of the sheet About."""
    about = delivery.about
    yield say("about.as_of"), pd.Timestamp(about.as_of), "date"
    if about.replayed:
        yield say("about.replayed"), say("about.replayed_told"), "wrap"
    yield say("about.meaning"), words.meaning(about), "wrap"
    yield say("about.bands"), words.bands(about), "wrap"
    yield say("about.model"), about.model, "text"
    yield say("about.trust"), words.trust(about), "wrap"
    if about.grade_reason and not about.provisional:
        yield say("about.measured"), about.grade_reason, "wrap"
    yield say("about.rule"), words.rule(about), "wrap"
    yield from _bands(delivery)
    yield from _retention(delivery)
    yield from _loop(delivery)
    for owner, count in delivery.at_risk.left_out.items():
        yield say("about.not_shown", owner=owner), say("about.not_shown_told", count=count), "wrap"
    for note in about.notes:
        yield say("about.data"), note, "wrap"
    for name, condition in delivery.signals.items():
        yield say("about.signal", name=words.list_name(name)), condition, "wrap"


def _bands(delivery: Delivery) -> Iterator[Line]:
    realised = {group.group: group for group in delivery.portfolio.realised}
    weeks = delivery.portfolio.realised_weeks
    for share in delivery.portfolio.bands:
        count = decimal(share.accounts)
        if share.band in realised:
            text = say("about.band_became", accounts=count, became=words.became(realised[share.band], weeks))
        else:
            text = say("about.band", accounts=count)
        yield words.band(share.band), text, "text"


def _retention(delivery: Delivery) -> Iterator[Line]:
    for label, value in words.retention(delivery.portfolio):
        yield say("about.retention", figure=label), value, "text"


def _loop(delivery: Delivery) -> Iterator[Line]:
    """What came back of the last list, what became of the oldest that is told of, and what that does not prove."""
    report = delivery.report
    for week in report.weeks[:1]:
        yield say("about.list_of", day=words.day(week.as_of)), say("about.answers", **asdict(week)), "text"
    oldest = max((each.weeks_ago for each in report.became), default=0)
    for each in (each for each in report.became if each.weeks_ago == oldest and each.share is not None):
        group = words.sentence(say(f"outcome.became_groups.{each.group}"))
        counts = {"left": decimal(each.left), "accounts": decimal(each.accounts), "share": percent(each.share or 0.0)}
        told = say("about.left" if each.finished else "about.left_so_far", **counts)
        told = say("sentences.became_ended", told=told, ended=decimal(each.ended)) if each.ended else told
        yield say("about.group", group=group, weeks=oldest), told, "text"
    if report.weeks or report.became:
        yield say("about.proves"), report.caution, "wrap"

"""The lines of the sheet About: what the figures mean, and how far to trust them."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from pipeline.deliver import words
from pipeline.deliver.delivery import Delivery
from pipeline.figures import decimal, percent

ABOUT_WIDTHS = (34, 96)

Line = tuple[str, object, str]
"""A label, its value and the kind of the value."""


def about_lines(delivery: Delivery) -> Iterator[Line]:
    """The lines of the sheet About."""
    about = delivery.about
    yield "As of", pd.Timestamp(about.as_of), "date"
    if about.replayed:
        yield "Replayed", "Written later, by a model that was trained only on what was known on that day.", "wrap"
    yield "What health means", words.meaning(about), "wrap"
    yield "Bands", words.bands(about), "wrap"
    yield "Model", about.model, "text"
    yield "How far to trust it", words.trust(about), "wrap"
    yield "Who is listed", words.rule(about), "wrap"
    yield from _bands(delivery)
    yield from _retention(delivery)
    yield from _loop(delivery)
    for owner, count in delivery.at_risk.left_out.items():
        yield f"Not shown: {owner}", f"{count} more qualify but exceed the capacity of one manager", "wrap"
    for note in about.notes:
        yield "About the data", note, "wrap"
    for name, condition in delivery.signals.items():
        yield f"Signal: {name}", condition, "wrap"


def _bands(delivery: Delivery) -> Iterator[Line]:
    realised = {group.group: group for group in delivery.portfolio.realised}
    for share in delivery.portfolio.bands:
        text = f"{decimal(share.accounts)} accounts"
        if share.band in realised:
            text += f"; {words.became(realised[share.band])}"
        yield words.BAND_WORDS[share.band], text, "text"


def _retention(delivery: Delivery) -> Iterator[Line]:
    for label, value in words.retention(delivery.portfolio):
        yield f"{label}, 13 weeks", value, "text"


def _loop(delivery: Delivery) -> Iterator[Line]:
    """What came back of the last list, what became of the oldest that is told of, and what that does not prove."""
    report = delivery.report
    for week in report.weeks[:1]:
        said = f"{week.listed} listed, {week.answered} answered, {week.acted} acted on; {week.real} called real"
        yield f"The list of {words.day(week.as_of)}", f"{said}, {week.false_alarm} a false alarm", "text"
    oldest = max((each.weeks_ago for each in report.became), default=0)
    for each in (each for each in report.became if each.weeks_ago == oldest and each.share is not None):
        state = "left" if each.finished else "have left so far"
        label = f"{each.group.capitalize()}, {oldest} weeks ago"
        yield label, f"{decimal(each.left)} of {decimal(each.accounts)} {state} ({percent(each.share or 0.0)})", "text"
    if report.weeks or report.became:
        yield "What that proves", report.caution, "wrap"

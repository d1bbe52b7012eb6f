"""What stands on each sheet of the workbook: headings, widths and kinds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from pipeline.deliver import words
from pipeline.deliver.delivery import Delivery


@dataclass(frozen=True)
class Column:
    """A column of a sheet: left out where it has no values unless ``needed``; those not ``printed`` stand last."""

    name: str
    heading: str
    width: float
    kind: str = "text"
    needed: bool = False
    printed: bool = True


ACT_NOW = (
    Column("rank", "#", 5, "number", needed=True),
    Column("account_name", "Account", 24, "strong", needed=True),
    Column("owner", "Owner", 16, needed=True),
    Column("status", "What is new", 9),
    Column("health", "Health", 8, "health", needed=True),
    Column("band", "Band", 8, "band", needed=True),
    Column("change_1w", "1 week", 7, "change"),
    Column("change_4w", "4 weeks", 7, "change"),
    Column("churn_probability", "Chance to leave", 9, "share"),
    Column("arr", "Worth a year", 11, "money"),
    Column("decide_by", "Decide by", 12, "date"),
    Column("why", "Why", 46, "wrap", needed=True),
    Column("play", "What now", 34, "wrap", needed=True),
    Column("play_role", "Who", 15),
    Column("play_due", "Due", 12, "date"),
    Column("contact", "Contact", 30, "wrap", printed=False),
    Column("last_touch", "Last touch", 12, "date", printed=False),
    Column("open_urgent_tickets", "Urgent tickets", 9, "number", printed=False),
    Column("tags", "Signals", 32, "wrap", printed=False),
    Column("renewal_date", "Renewal", 12, "date", printed=False),
    Column("revenue_at_risk", "Chance times worth", 12, "money", printed=False),
    Column("weeks_listed", "Weeks listed", 8, "number", printed=False),
    Column("segment", "Segment", 14, printed=False),
    Column("account_id", "Account id", 16, needed=True, printed=False),
    Column("url", "Address", 40, printed=False),
)
LEAVING = (
    Column("account_name", "Account", 30, "strong", needed=True),
    Column("owner", "Owner", 18, needed=True),
    Column("segment", "Segment", 14),
    Column("arr", "Worth a year", 13, "money"),
    Column("notice_at", "Notice given", 13, "date"),
    Column("ends_at", "Ends", 13, "date", needed=True),
    Column("days_left", "Days left", 10, "number"),
    Column("contact", "Contact", 30, "wrap"),
    Column("account_id", "Account id", 16, needed=True),
    Column("url", "Address", 40, printed=False),
)
HEALTH = (
    Column("account_name", "Account", 28, "strong", needed=True),
    Column("owner", "Owner", 18),
    Column("segment", "Segment", 14),
    Column("health", "Health", 9, "health", needed=True),
    Column("band", "Band", 10, "band", needed=True),
    Column("change_1w", "1 week", 8, "change"),
    Column("change_4w", "4 weeks", 8, "change"),
    Column("churn_probability", "Chance to leave", 10, "share"),
    Column("arr", "Worth a year", 13, "money"),
    Column("renewal_date", "Renewal", 13, "date"),
    Column("why", "Why", 44, "wrap"),
    Column("tags", "Signals", 26, "wrap"),
    Column("coverage", "Coverage", 10, "percent"),
    Column("account_id", "Account id", 16, needed=True),
)

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
    for owner, count in delivery.at_risk.left_out.items():
        yield f"Not shown: {owner}", f"{count} more qualify but exceed the capacity of one manager", "wrap"
    for note in about.notes:
        yield "About the data", note, "wrap"
    for name, condition in delivery.signals.items():
        yield f"Signal: {name}", condition, "wrap"


def _bands(delivery: Delivery) -> Iterator[Line]:
    realised = {group.group: group for group in delivery.portfolio.realised}
    for share in delivery.portfolio.bands:
        text = f"{share.accounts:,} accounts"
        if share.band in realised:
            text += f"; {words.became(realised[share.band])}"
        yield words.BAND_WORDS[share.band], text, "text"


def _retention(delivery: Delivery) -> Iterator[Line]:
    for label, value in words.retention(delivery.portfolio):
        yield f"{label}, 13 weeks", value, "text"

"""The workbook for everybody: what to do now, who is leaving, every account, and what the figures mean.

Every text is written as a text: no cell is a formula and none is a link. The same delivery gives the same bytes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime, time
from pathlib import Path

import pandas as pd
import xlsxwriter

from pipeline.deliver import words
from pipeline.deliver.about import ABOUT_WIDTHS, about_lines
from pipeline.deliver.delivery import Delivery
from pipeline.deliver.pen import Pen
from pipeline.deliver.sheets import ACT_NOW, HEALTH, LEAVING
from pipeline.deliver.table import TOP, Sheet, line_height, paper, tab, write_sheet
from pipeline.deliver.text import clean
from pipeline.texts import say


def write_workbook(delivery: Delivery, path: Path) -> Path:
    """Writes ``at_risk.xlsx`` and returns its path."""
    with opened(delivery, path, say("sheets.names.at_risk")) as pen:
        headline = f"{words.headline(delivery)} {words.news(delivery)}"
        write_sheet(pen, Sheet("act_now", title("act_now", delivery), headline, ACT_NOW), told(delivery.at_risk.rows))
        gone = Sheet("leaving", title("leaving", delivery), say("sheets.leads.leaving"), LEAVING)
        write_sheet(pen, gone, delivery.leaving)
        lead = f"{words.meaning(delivery.about)} {words.bands(delivery.about)}"
        write_sheet(pen, Sheet("health", title("health", delivery), lead, HEALTH), told(delivery.health))
        write_about(pen, delivery)
    return path


@contextlib.contextmanager
def opened(delivery: Delivery, path: Path, name: str) -> Iterator[Pen]:
    """A new workbook in which no text can become a formula, a link or a number; written when the block ends.

    The cutoff is the date of the file, so that the same week gives the same bytes.
    """
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with xlsxwriter.Workbook(str(path), options) as book:
        made = datetime.combine(delivery.about.as_of, time())
        book.set_properties(
            {"title": clean(_titled(name, delivery.about.company, delivery)), "author": "Holdfast", "created": made}
        )
        yield Pen(book, delivery.about.currency)


def write_about(pen: Pen, delivery: Delivery) -> None:
    """What the figures mean and how far to trust them."""
    sheet = pen.book.add_worksheet(tab("about"))
    sheet.write_string(0, 0, clean(title("about", delivery)), pen.make(bold=True, font_size=16))
    for at, width in enumerate(ABOUT_WIDTHS):
        sheet.set_column(at, at, width)
    lines = list(about_lines(delivery))
    for at, (label, value, kind) in enumerate(lines, TOP - 1):
        pen.write(sheet, at, 0, label, "strong")
        pen.write(sheet, at, 1, value, kind)
        texts = (label, str(value) if kind == "wrap" else "")
        sheet.set_row(at, max(line_height(*each) for each in zip(texts, ABOUT_WIDTHS, strict=True)))
    paper(sheet, title("about", delivery), TOP + len(lines), len(ABOUT_WIDTHS))


def told(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its reasons in one cell, a line each, and its status in words."""
    names = [name for name in ("reason_1", "reason_2", "reason_3") if name in frame.columns]
    if not names or frame.empty:
        return frame
    rows = frame[names].fillna("").to_numpy()
    why = ["\n".join(clean(str(text)) for text in row if text) for row in rows]
    left = {"decide": frame["decide_in_days"].map(words.deciding)} if "decide_in_days" in frame.columns else {}
    return frame.assign(why=why, **in_words(frame), **left)


def in_words(frame: pd.DataFrame) -> dict[str, pd.Series]:
    """What is new and the signals as people call them, where the frame has them."""
    found = {"tags": frame["tags"].map(words.tags)} if "tags" in frame.columns else {}
    if "status" in frame.columns:
        listed_for = frame["listed_for"] if "listed_for" in frame.columns else [""] * len(frame)
        told = [words.status(*each) for each in zip(frame["status"], listed_for, strict=True)]
        found["status"] = pd.Series(told, frame.index, dtype="string")
    return found


def title(key: str, delivery: Delivery, owner: str = "") -> str:
    """The title of a sheet: its name, whose it is (the company's, or a manager's) and the day."""
    return _titled(say(f"sheets.names.{key}"), owner or delivery.about.company, delivery)


def _titled(name: str, whose: str, delivery: Delivery) -> str:
    return say("sheets.title", sheet=name, company=whose, day=words.day(delivery.about.as_of))

"""The workbook: what to do now, who is leaving, every account, and what the figures mean.

Every text is written as a text: no cell is a formula and none is a link. The same delivery gives the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, time
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from pipeline.deliver import words
from pipeline.deliver.delivery import Delivery
from pipeline.deliver.sheets import ABOUT_WIDTHS, ACT_NOW, HEALTH, LEAVING, Column, about_lines
from pipeline.deliver.text import clean
from pipeline.figures import symbol

_TOP = 3
"""The row of the headings; above them stand the title and a sentence."""

_INK, _MUTED, _LINE = "#1f2933", "#616e7c", "#cbd2d9"
_BANDS = {"red": ("#fbe3e1", "#8f1d14"), "amber": ("#fdf0d5", "#7a4a00"), "green": ("#e1f2e6", "#14532d")}
_CODES = {"date": "d mmm yyyy", "share": "0.0%", "percent": "0%"}
_PLACE: dict[str, dict[str, Any]] = {"date": {"align": "left"}, "money": {"align": "right", "indent": 1}}
_LEFT_TOP = {"valign": "top", "align": "left", "font_name": "Calibri", "font_size": 11, "font_color": _INK}


def write_workbook(delivery: Delivery, path: Path) -> Path:
    """Writes ``at_risk.xlsx`` and returns its path."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with xlsxwriter.Workbook(str(path), options) as book:
        _properties(book, delivery)
        pen = _Pen(book, delivery.about.currency)
        rows = delivery.at_risk.rows
        headline = f"{words.headline(delivery)} {words.news(delivery)}"
        _sheet(pen, "Act now", _title("Act now", delivery), headline, _told(rows), ACT_NOW)
        _sheet(pen, "Leaving", _title("Leaving", delivery), "They have given notice.", delivery.leaving, LEAVING)
        lead = f"{words.meaning(delivery.about)} {words.bands(delivery.about)}"
        _sheet(pen, "Health", _title("Health", delivery), lead, _told(delivery.health), HEALTH)
        _about(pen, delivery)
    return path


class _Pen:
    """Writes values of a kind into cells, with one format a kind."""

    def __init__(self, book: Workbook, currency: str) -> None:
        self.book = book
        sign = symbol(currency)
        amount = f'"{sign}"#,##0' if sign else "#,##0"
        codes = {"money": amount, "number": "#,##0", "health": "0", "change": "+0;\N{MINUS SIGN}0;0", **_CODES}
        self._formats: dict[str, Format] = {
            kind: self.cell(num_format=code, **_PLACE.get(kind, {"align": "center"})) for kind, code in codes.items()
        }
        self._formats |= {"text": self.cell(), "wrap": self.cell(text_wrap=True), "strong": self.cell(bold=True)}
        for band, (paper, ink) in _BANDS.items():
            self._formats[band] = self.cell(bg_color=paper, font_color=ink, bold=True)

    def make(self, **properties: Any) -> Format:
        """A format on the house's face."""
        return self.book.add_format({**_LEFT_TOP, **properties})

    def cell(self, **properties: Any) -> Format:
        """A format for a cell of a table, with a line below it."""
        return self.make(bottom=1, bottom_color=_LINE, **properties)

    def write(self, sheet: Worksheet, row: int, at: int, value: object, kind: str) -> None:
        """Writes one cell; what is missing stays blank."""
        if kind == "band":
            band = str(value)
            sheet.write_string(row, at, words.BAND_WORDS[band], self._formats[band])
        elif value is None or pd.isna(value):  # type: ignore[call-overload]
            sheet.write_blank(row, at, None, self._formats[kind])
        elif isinstance(value, str):
            sheet.write_string(row, at, _lines(value), self._formats[kind])
        elif kind == "date":
            sheet.write_datetime(row, at, pd.Timestamp(value).to_pydatetime(), self._formats[kind])  # type: ignore[arg-type]
        else:
            figure = float(value)  # type: ignore[arg-type]
            sheet.write_number(row, at, round(figure) if kind == "change" else figure, self._formats[kind])


def _sheet(pen: _Pen, name: str, title: str, lead: str, frame: pd.DataFrame, columns: Sequence[Column]) -> None:
    """One sheet with a title, a sentence and a table with filters."""
    sheet = pen.book.add_worksheet(name)
    shown = [column for column in columns if column.needed or _has_values(frame, column.name)]
    sheet.write_string(0, 0, clean(title), pen.make(bold=True, font_size=16))
    sheet.set_row(0, 24)
    sheet.write_string(1, 0, clean(lead), pen.make(font_color=_MUTED))
    for at, column in enumerate(shown):
        sheet.set_column(at, at, column.width)
    if frame.empty:
        sheet.write_string(_TOP, 0, "None this week.", pen.make())
    else:
        _table(pen, sheet, name, frame, shown)
    sheet.repeat_rows(_TOP)
    _paper(sheet, title, _TOP + max(len(frame), 1), sum(column.printed for column in shown))


def _table(pen: _Pen, sheet: Worksheet, name: str, frame: pd.DataFrame, shown: Sequence[Column]) -> None:
    heading = pen.make(bold=True, bottom=1, bottom_color=_LINE, text_wrap=True, valign="bottom")
    headings = [{"header": column.heading, "header_format": heading} for column in shown]
    style = {"columns": headings, "name": name.replace(" ", ""), "style": "Table Style Light 1", "banded_rows": False}
    sheet.add_table(_TOP, 0, _TOP + len(frame), len(shown) - 1, style)
    sheet.set_row(_TOP, 32)
    for at, row in enumerate(frame.to_dict("records"), _TOP + 1):
        sheet.set_row(at, 15.5 * _height(row, shown))
        for place, column in enumerate(shown):
            pen.write(sheet, at, place, row.get(column.name), column.kind)
    for place, column in enumerate(shown):
        if column.kind == "health":
            _bar(sheet, place, len(frame))
    fixed = next((at + 1 for at, column in enumerate(shown) if column.name == "account_name"), 0)
    sheet.freeze_panes(_TOP + 1, fixed)


def _bar(sheet: Worksheet, at: int, count: int) -> None:
    """A bar in each cell of health, from 0 to 100."""
    ends = {"min_type": "num", "min_value": 0, "max_type": "num", "max_value": 100}
    look = {"type": "data_bar", "bar_color": "#b8c4ce", "bar_solid": True, "bar_border_color": "#b8c4ce"}
    sheet.conditional_format(_TOP + 1, at, _TOP + count, at, {**look, **ends})


def _paper(sheet: Worksheet, title: str, last_row: int, columns: int) -> None:
    """Landscape, one page wide, with the title and the page's number below."""
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.print_area(0, 0, last_row, max(columns, 1) - 1)
    sheet.set_footer(f"&L{clean(title).replace('&', '&&')}&RPage &P of &N")


def _about(pen: _Pen, delivery: Delivery) -> None:
    """What the figures mean and how far to trust them."""
    sheet = pen.book.add_worksheet("About")
    sheet.write_string(0, 0, clean(_title("About", delivery)), pen.make(bold=True, font_size=16))
    for at, width in enumerate(ABOUT_WIDTHS):
        sheet.set_column(at, at, width)
    lines = list(about_lines(delivery))
    for at, (label, value, kind) in enumerate(lines, _TOP - 1):
        pen.write(sheet, at, 0, label, "strong")
        pen.write(sheet, at, 1, value, kind)
        sheet.set_row(at, 15.5 * (_wrapped(str(value), ABOUT_WIDTHS[1]) if kind == "wrap" else 1))
    _paper(sheet, _title("About", delivery), _TOP + len(lines), len(ABOUT_WIDTHS))


def _told(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its reasons in one cell, a line each, and its status in words."""
    names = [name for name in ("reason_1", "reason_2", "reason_3") if name in frame.columns]
    if not names or frame.empty:
        return frame
    rows = frame[names].fillna("").to_numpy()
    why = ["\n".join(clean(str(text)) for text in row if text) for row in rows]
    status = {"status": frame["status"].map(words.STATUS_WORDS)} if "status" in frame.columns else {}
    return frame.assign(why=why, **status)


def _lines(text: str) -> str:
    """Clean text whose own line breaks (of ``_told``) are kept."""
    return "\n".join(clean(line) for line in text.split("\n"))


def _height(row: dict[Any, Any], shown: Sequence[Column]) -> int:
    """The lines that a row needs."""
    wrapped = [_wrapped(str(row.get(c.name) or ""), c.width) for c in shown if c.kind == "wrap"]
    return min(max([1, *wrapped]), 8)


def _wrapped(text: str, width: float) -> int:
    return sum(max(1, math.ceil(len(line) / width)) for line in text.split("\n"))


def _has_values(frame: pd.DataFrame, name: str) -> bool:
    return name in frame.columns and bool((frame[name].notna() & (frame[name].astype("string") != "")).any())


def _title(sheet: str, delivery: Delivery) -> str:
    return f"{sheet}: {delivery.about.company}, {words.day(delivery.about.as_of)}"


def _properties(book: Workbook, delivery: Delivery) -> None:
    """The cutoff is the date of the file, so that the same week gives the same bytes."""
    made = datetime.combine(delivery.about.as_of, time())
    book.set_properties({"title": clean(_title("At risk", delivery)), "author": "Holdfast", "created": made})

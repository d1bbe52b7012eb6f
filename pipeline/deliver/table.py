"""A table on a sheet: headings with filters, formats by kind, drop-downs, bars, frozen panes and paper."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from xlsxwriter.worksheet import Worksheet

from pipeline.deliver.pen import MUTED, Pen
from pipeline.deliver.sheets import Column
from pipeline.deliver.text import clean
from pipeline.loop.feedback import in_words
from pipeline.texts import say

TOP = 3
"""The row of the headings on a sheet with one table; above them stand the title and a sentence."""

_NAMES_ROW = 2
"""The hidden row with the names of the columns: by it a returned workbook is read, whatever the headings became."""

_LINE_HEIGHT = 15.5
_NOT_IN_TABS = re.compile(r"[\[\]:*?/\\]")
_TITLE, _MESSAGE = 32, 255
"""Signs of the title and the text that a spreadsheet shows beside a cell to be filled in."""
_MOST_LINES = 9
_WRAPPED = ("wrap", "said", "strong")
_PAGE_WIDTH, _BETWEEN = 137.5, 0.75
"""Signs across a landscape page at full size, and between two columns."""


@dataclass(frozen=True)
class Sheet:
    """A sheet with one table: its key (``sheets.names`` in the texts), title and lead, and the days for snoozing."""

    key: str
    title: str
    lead: str
    columns: Sequence[Column]
    days: tuple[Any, Any] | None = None


def write_sheet(pen: Pen, plan: Sheet, frame: pd.DataFrame) -> Worksheet:
    """One sheet with a title, a sentence and a table."""
    sheet = pen.book.add_worksheet(tab(plan.key))
    shown = shown_columns(frame, plan.columns)
    printed = [column.width for column in shown if column.printed and not column.asked]
    write_head(pen, sheet, plan.title, plan.lead, printed)
    for at, column in enumerate(shown):
        sheet.set_column(at, at, column.width, None, {"hidden": column.hidden})
    if frame.empty:
        sheet.write_string(TOP, 0, say("sheets.nobody"), pen.make())
    else:
        write_table(pen, sheet, TOP, plan.key, frame, shown)
        _fill_in(pen, sheet, plan, len(frame), shown)
        fixed = next((at + 1 for at, column in enumerate(shown) if column.name == "account_name"), 0)
        sheet.freeze_panes(TOP + 1, fixed)
    sheet.repeat_rows(TOP)
    paper(sheet, plan.title, TOP + max(len(frame), 1), sum(column.printed for column in shown))
    if any(column.asked for column in shown):
        _apart(sheet, shown, printed)
    return sheet


def write_head(pen: Pen, sheet: Worksheet, title: str, lead: str, widths: Sequence[float]) -> None:
    """The title, and below it a sentence that wraps within the columns of these widths, so that paper cuts nothing."""
    sheet.write_string(0, 0, clean(title), pen.make(bold=True, font_size=16))
    sheet.set_row(0, 24)
    look = pen.make(font_color=MUTED, text_wrap=True)
    if len(widths) > 1:
        sheet.merge_range(1, 0, 1, len(widths) - 1, "", look)
    sheet.write_string(1, 0, clean(lead), look)
    sheet.set_row(1, line_height(lead, sum(widths)))


def tab(key: str) -> str:
    """The name of a sheet as spreadsheets take it: 31 signs, of which some are theirs."""
    return _NOT_IN_TABS.sub(" ", say(f"sheets.names.{key}")).strip(" '")[:31]


def write_table(pen: Pen, sheet: Worksheet, top: int, key: str, frame: pd.DataFrame, shown: Sequence[Column]) -> int:
    """A table with its headings in row ``top``; the row below its last one."""
    headings = [{"header": column.heading, "header_format": pen.heading()} for column in shown]
    style = {
        "columns": headings,
        "name": key.replace("_", "").capitalize(),
        "style": "Table Style Light 1",
        "banded_rows": False,
    }
    sheet.add_table(top, 0, top + len(frame), len(shown) - 1, style)
    sheet.set_row(top, 32)
    for at, row in enumerate(frame.to_dict("records"), top + 1):
        sheet.set_row(at, _LINE_HEIGHT * _height(row, shown))
        for place, column in enumerate(shown):
            pen.write(sheet, at, place, row.get(column.name), column.kind)
    for place, column in enumerate(shown):
        if column.kind == "health":
            _bar(sheet, place, top, len(frame))
    return top + len(frame) + 1


def shown_columns(frame: pd.DataFrame, columns: Sequence[Column]) -> list[Column]:
    """Those that are needed or have values."""
    return [column for column in columns if column.needed or _has_values(frame, column.name)]


def paper(sheet: Worksheet, title: str, last_row: int, columns: int) -> None:
    """Landscape, one page wide, with the title and the page's number below."""
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.25, right=0.25, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.print_area(0, 0, last_row, max(columns, 1) - 1)
    page = say("sheets.page", page="&P", pages="&N")
    sheet.set_footer(f"&L{clean(title).replace('&', '&&')}&R{page}")


def _apart(sheet: Worksheet, shown: Sequence[Column], told: Sequence[float]) -> None:
    """What is told fills the first page, as large as fits; what is to be filled in stands beside the names on a second.

    One page wide with both, a sheet could only be read with a glass. A break holds only where a scale is given.
    """
    last = next(at for at, column in enumerate(shown) if column.name == "account_name")
    sheet.set_print_scale(int(min(100, 100 * _PAGE_WIDTH / (sum(told) + _BETWEEN * len(told)))))
    sheet.set_v_pagebreaks([len(told)])
    sheet.repeat_columns(0, last)


def line_height(text: str, width: float) -> float:
    """The height of a row that holds ``text`` in a column of ``width`` signs."""
    return _LINE_HEIGHT * min(_wrapped(text, width), _MOST_LINES)


def _fill_in(pen: Pen, sheet: Worksheet, plan: Sheet, count: int, shown: Sequence[Column]) -> None:
    """Drop-downs and limits for what managers write, and the hidden names of the columns."""
    if not any(column.asked for column in shown):
        return
    for place, column in enumerate(shown):
        sheet.write_string(_NAMES_ROW, place, column.name, pen.make(font_color=MUTED))
        where = (TOP + 1, place, TOP + count, place)
        if column.choices:
            sheet.data_validation(*where, _choice(column))
        if column.kind == "said_date" and plan.days is not None:
            sheet.data_validation(*where, _between(*plan.days))
    sheet.set_row(_NAMES_ROW, None, None, {"hidden": True})


def _choice(column: Column) -> dict[str, Any]:
    choices = [in_words(column.name, choice) for choice in column.choices]
    told = say("sheets.choose", choices=", ".join(choices))
    title = {"error_title": column.heading[:_TITLE], "error_message": told[:_MESSAGE]}
    return {"validate": "list", "source": choices, **title}


def _between(first: Any, last: Any) -> dict[str, Any]:
    told = say("sheets.between", first=first, last=last)[:_MESSAGE]
    title = say("sheets.snooze")[:_TITLE]
    limits = {"minimum": first, "maximum": last, "error_title": title, "error_message": told}
    return {"validate": "date", "criteria": "between", "input_title": title, "input_message": told, **limits}


def _bar(sheet: Worksheet, at: int, top: int, count: int) -> None:
    """A bar in each cell of health, from 0 to 100."""
    ends = {"min_type": "num", "min_value": 0, "max_type": "num", "max_value": 100}
    look = {"type": "data_bar", "bar_color": "#b8c4ce", "bar_solid": True, "bar_border_color": "#b8c4ce"}
    sheet.conditional_format(top + 1, at, top + count, at, {**look, **ends})


def _height(row: dict[Any, Any], shown: Sequence[Column]) -> int:
    """The lines that a row needs."""
    wrapped = [
        _wrapped(text, c.width)
        for c in shown
        if c.kind in _WRAPPED and isinstance(text := row.get(c.name), str) and text
    ]
    return min(max([1, *wrapped]), _MOST_LINES)


def _wrapped(text: str, width: float) -> int:
    return sum(max(1, math.ceil(len(line) / width)) for line in text.split("\n"))


def _has_values(frame: pd.DataFrame, name: str) -> bool:
    return name in frame.columns and bool((frame[name].notna() & (frame[name].astype("string") != "")).any())

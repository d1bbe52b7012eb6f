"""Writes cells: a format for each kind of value, every text as a text, and nothing where nothing is known."""

from __future__ import annotations

from typing import Any

import pandas as pd
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from pipeline.deliver import words
from pipeline.deliver.text import clean
from pipeline.figures import currency_signs

MUTED = "#616e7c"
_INK, _LINE, _ASKED = "#1f2933", "#cbd2d9", "#fffbe6"
_BANDS = {"red": ("#fbe3e1", "#8f1d14"), "amber": ("#fdf0d5", "#7a4a00"), "green": ("#e1f2e6", "#14532d")}
_CODES = {"date": "d mmm yyyy", "share": "0.0%", "score": "0.0", "percent": "0%", "points": "+0.0;\N{MINUS SIGN}0.0;0"}
_PLACE: dict[str, dict[str, Any]] = {"date": {"align": "left"}, "money": {"align": "right", "indent": 1}}
_LEFT_TOP = {"valign": "top", "align": "left", "font_name": "Calibri", "font_size": 11, "font_color": _INK}
_TO_FILL_IN: dict[str, Any] = {"bg_color": _ASKED, "text_wrap": True}


class Pen:
    """Writes values of a kind into cells, with one format a kind."""

    def __init__(self, book: Workbook, currency: str) -> None:
        self.book = book
        codes = {
            "money": amount_code(currency),
            "number": "#,##0",
            "health": "0",
            "change": "+0;\N{MINUS SIGN}0;0",
            **_CODES,
        }
        self._formats: dict[str, Format] = {
            kind: self.cell(num_format=code, **_PLACE.get(kind, {"align": "center"})) for kind, code in codes.items()
        }
        self._formats |= {
            "text": self.cell(),
            "wrap": self.cell(text_wrap=True),
            "strong": self.cell(bold=True, text_wrap=True),
        }
        self._formats["said"] = self.cell(**_TO_FILL_IN)
        self._formats["said_date"] = self.cell(num_format=_CODES["date"], **_TO_FILL_IN)
        for band, (paper, ink) in _BANDS.items():
            self._formats[band] = self.cell(bg_color=paper, font_color=ink, bold=True)
        self._formats["band"] = self._formats["text"]

    def make(self, **properties: Any) -> Format:
        """A format on the house's face."""
        return self.book.add_format({**_LEFT_TOP, **properties})

    def cell(self, **properties: Any) -> Format:
        """A format for a cell of a table, with a line below it."""
        return self.make(bottom=1, bottom_color=_LINE, **properties)

    def heading(self) -> Format:
        """The format of a table's headings."""
        return self.make(bold=True, bottom=1, bottom_color=_LINE, text_wrap=True, valign="bottom")

    def write(self, sheet: Worksheet, row: int, at: int, value: object, kind: str) -> None:
        """Writes one cell; what is missing stays blank."""
        if value is None or pd.isna(value) or value == "":  # type: ignore[call-overload]
            sheet.write_blank(row, at, None, self._formats[kind])
        elif kind == "band":
            band = str(value)
            sheet.write_string(row, at, words.band(band), self._formats[band])
        elif isinstance(value, str):
            sheet.write_string(row, at, lines(value), self._formats[kind])
        elif kind in ("date", "said_date"):
            sheet.write_datetime(row, at, pd.Timestamp(value).to_pydatetime(), self._formats[kind])  # type: ignore[arg-type]
        else:
            figure = float(value)  # type: ignore[arg-type]
            sheet.write_number(row, at, round(figure) if kind == "change" else figure, self._formats[kind])


def amount_code(currency: str) -> str:
    """The form of an amount as a spreadsheet takes it, the currency where the locale has it; separators are its own."""
    before, behind = (f'"{part}"' if part else "" for part in currency_signs(currency))
    return f"{before}#,##0{behind}"


def lines(text: str) -> str:
    """Clean text whose own line breaks are kept."""
    return "\n".join(clean(line) for line in text.split("\n"))

"""Foreign text made safe to hand on: nothing hidden, nothing that a spreadsheet would run.

``clean`` is for every reader; ``inert`` is for CSV, whose readers guess that a cell with a leading ``=`` is a formula.
(The workbook and the page need no guessing: there a text is declared to be text.)
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

import pandas as pd

_DIRECTING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_MARKS = "\u200e\u200f\u061c\ufeff\u200b\u2060"
_VISIBLE = {ord(sign): f"[U+{ord(sign):04X}]" for sign in _DIRECTING}
_GONE = dict.fromkeys((ord(sign) for sign in _MARKS), None)
_SPACES = dict.fromkeys((*range(0x09, 0x0E), 0x85, 0x2028, 0x2029), " ")
_CONTROLS = {code: f"[U+{code:04X}]" for code in (*range(0x00, 0x09), *range(0x0E, 0x20), *range(0x7F, 0xA0))}
_SIGNS = {**_CONTROLS, **_VISIBLE, **_GONE, **_SPACES}
_SURROGATE = re.compile("[\ud800-\udfff\ufffe\uffff]")

_FORMULA = "=+-@"
_AFTER_SEPARATOR = re.compile(r"(?<=;)(\s*)(?=[=+@\-\uff1d\uff0b\uff20\uff0d])")
"""A reader that parts cells at semicolons would start a cell here."""

MOST_SIGNS = 32_000
"""A worksheet's cell holds 32,767 signs; longer texts are cut, and say so."""


def clean(text: str) -> str:
    """The text on one line: control and direction-changing signs shown by their code, invisible marks taken out."""
    shown = _SURROGATE.sub("\ufffd", text.translate(_SIGNS))
    return shown if len(shown) <= MOST_SIGNS else shown[:MOST_SIGNS] + " [cut]"


def inert(text: str) -> str:
    """The text for a CSV cell: with a leading apostrophe where a spreadsheet would take it for a formula.

    Looks behind leading blanks and line breaks, and at full-width and small forms as at the plain signs.
    """
    starts_blank = text[:1] in ("\t", "\r", "\n")
    shown = _AFTER_SEPARATOR.sub(r"\1'", clean(text))
    first = unicodedata.normalize("NFKC", shown.lstrip()[:1])[:1]
    return f"'{shown}" if starts_blank or (first and first in _FORMULA) else shown


def web_address(text: object) -> str:
    """The text if it is an ``http`` or ``https`` address that may be made a link, else an empty text."""
    if not isinstance(text, str):
        return ""
    address = text.strip()
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    is_plain = not any(sign.isspace() or ord(sign) < 0x20 for sign in address)
    return address if parts.scheme in ("http", "https") and parts.netloc and is_plain else ""


def is_text(values: pd.Series) -> bool:
    """Whether a column holds text (under any of pandas' names for it)."""
    return bool(pd.api.types.is_string_dtype(values) or pd.api.types.is_object_dtype(values))


def mapped_texts(frame: pd.DataFrame, change: object) -> pd.DataFrame:
    """The frame with ``change`` applied to every text cell and every heading."""
    assert callable(change)
    result = frame.copy()
    for name in result.columns[[is_text(result[name]) for name in result.columns]]:
        # texts repeat: each is changed once
        changed = {cell: change(cell) for cell in result[name].unique() if isinstance(cell, str)}
        result[name] = result[name].map(lambda cell, changed=changed: changed.get(cell, cell))
    return result.set_axis([change(str(name)) for name in result.columns], axis=1)

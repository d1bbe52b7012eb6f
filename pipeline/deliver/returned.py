"""Reads workbooks that came back: what managers wrote into the four columns that are theirs.

A row is known by its hidden key, a column by the hidden line of names above the headings; where that line is gone, by
its heading, and at last by the words in it. So sheets and columns may be renamed, added, sorted and moved about.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Any

from pipeline.deliver.text import clean
from pipeline.errors import ContractError
from pipeline.loop.feedback import ACTIONS, SAID, VERDICTS, in_words
from pipeline.sources.archives import check_workbook
from pipeline.texts import every

KEY = "row_key"
_KEY = re.compile(r"(\d{4}-\d{2}-\d{2})\|(.+)", re.DOTALL)
_WORDS: dict[str, tuple[str, ...]] = {"action": ACTIONS, "verdict": VERDICTS}
_WORKBOOKS = (".xlsx", ".xlsm")
_TOP_ROWS = 50
"""Names and headings are looked for in so many rows."""

LONGEST_NOTE = 2000

Cells = Sequence[Any]


@dataclass(frozen=True)
class Said:
    """What one row says: its week (ISO date), its account, and what is not blank of action, verdict, ..."""

    week: str
    account_id: str
    values: Mapping[str, str]
    place: str


@dataclass
class Returned:
    """One workbook: rows with a key, rows that say something, and what could not be understood."""

    name: str
    keyed: int = 0
    said: list[Said] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)


def row_key(as_of: date, account_id: str) -> str:
    """The key of a row: its week and its account."""
    return f"{as_of.isoformat()}|{account_id}"


def read_returned(path: Path) -> Returned:
    """What a returned workbook says. Raises ContractError where it cannot be opened or has no row of ours.

    The workbook of a manager with nobody to care for has no rows, and says nothing.
    """
    found, sheets = Returned(path.name), _sheets(path)
    for title, rows in sheets:
        _read_sheet(found, title, rows)
    nobody = any(_tells_of_nobody(rows) for _, rows in sheets) and not found.findings
    if not found.keyed and not nobody:
        raise ContractError(
            f"{path.name}: no row has a key, so nobody can tell which account it is about",
            hint="Return the workbook that Holdfast wrote, with its hidden column row_key.",
        )
    return found


def _sheets(path: Path) -> list[tuple[str, list[Cells]]]:
    """The title and the cells of every sheet."""
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    if path.is_dir():
        raise ContractError(f"{path} is a folder: name the workbooks in it, as in {path / '*.xlsx'}")
    if not path.is_file():
        raise ContractError(f"{path}: there is no such file")
    if path.suffix.lower() not in _WORKBOOKS:
        raise ContractError(f"{path.name} is no Excel workbook ({', '.join(_WORKBOOKS)}): save it as .xlsx")
    check_workbook(path, path.name)
    try:
        with warnings.catch_warnings():
            # of drop-downs and colours that it does not keep: nothing is written back
            warnings.simplefilter("ignore", UserWarning)
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
            return [(sheet.title, [*sheet.iter_rows(values_only=True)]) for sheet in book.worksheets]
    except (InvalidFileException, KeyError, ValueError, OSError) as error:
        raise ContractError(f"{path.name} is not a readable workbook: {error}") from None


def _tells_of_nobody(rows: list[Cells]) -> bool:
    words = {_word(text) for text in every("sheets.nobody")}
    return any(cells and _word(str(cells[0])) in words for cells in islice(rows, _TOP_ROWS))


def _read_sheet(found: Returned, title: str, rows: list[Cells]) -> None:
    columns = _columns(rows)
    if not columns:
        return
    if KEY not in columns:
        found.findings.append(f"{found.name}, sheet {title}: the hidden column row_key is gone; its rows are not read")
        return
    missing = [name for name in SAID if name not in columns]
    if missing:
        found.findings.append(f"{found.name}, sheet {title}: no column for {', '.join(missing)}")
    for number, cells in enumerate(rows, start=1):
        key = _KEY.fullmatch(str(_cell(cells, columns[KEY]) or "").strip())
        if key:
            found.keyed += 1
            _read_row(found, key, cells, columns, (f"{found.name}, sheet {title}", number))


def _read_row(
    found: Returned, key: re.Match[str], cells: Cells, columns: Mapping[str, int], place: tuple[str, int]
) -> None:
    from openpyxl.utils import get_column_letter

    values: dict[str, str] = {}
    sheet, number = place
    for name in (name for name in SAID if name in columns):
        raw = _cell(cells, columns[name])
        if raw is None or str(raw).strip() == "":
            continue
        value, problem = _understood(name, raw)
        if value:
            values[name] = value
        if problem:
            found.findings.append(f"{sheet}, cell {get_column_letter(columns[name] + 1)}{number}: {problem}")
    row = f"{sheet}, row {number}"
    if "snooze_until" in values and "notes" not in values:
        found.findings.append(f"{row}: snooze_until without a reason in notes; nobody is snoozed without one")
    if values:
        found.said.append(Said(key[1], key[2], values, row))


def _columns(rows: list[Cells]) -> dict[str, int]:
    """Where each of our columns is: by the hidden names, else by heading, else by what stands in it."""
    names, headings = (KEY, *SAID), _headings()
    best: dict[str, int] = {}
    for cells in islice(rows, _TOP_ROWS):
        slugs = [headings.get(_word(str(cell)), _slug(cell)) for cell in cells]
        here = {name: slugs.index(name) for name in names if name in slugs}
        if len(here) > len(best):
            best = here
    for name, at in _by_content(rows).items():
        best.setdefault(name, at)
    return best if KEY in best or len(best) > 1 else {}


def _by_content(rows: list[Cells]) -> dict[str, int]:
    """Columns that are known by what stands in them: keys, actions, verdicts."""
    found: dict[str, int] = {}
    heard = {name: _heard(name) for name in _WORDS}
    for cells in rows:
        for at, cell in enumerate(cells):
            if not isinstance(cell, str):
                continue
            if _KEY.fullmatch(cell.strip()):
                found.setdefault(KEY, at)
            for name, words in heard.items():
                if _word(cell) in words:
                    found.setdefault(name, at)
    return found


def _understood(name: str, raw: Any) -> tuple[str, str]:
    """The value as it is kept, and what is wrong with it; one of the two is empty."""
    if name in _WORDS:
        word, heard = _word(str(raw)), _heard(name)
        if word in heard:
            return heard[word], ""
        near = get_close_matches(word, heard, n=1, cutoff=0.8)
        told = f"unknown {name} {str(raw)!r} (valid: {', '.join(in_words(name, each) for each in _WORDS[name])})"
        return (heard[near[0]], "") if near else ("", told)
    if name == "snooze_until":
        day = _day(raw)
        return (day.isoformat(), "") if day else ("", f"snooze_until {str(raw)!r} is no day; write it as 2026-11-30")
    return clean(str(raw)).strip()[:LONGEST_NOTE], ""


def _heard(name: str) -> dict[str, str]:
    """The actions or verdicts by every word for them: a workbook may have been written in another language."""
    told = [(text, value) for value in _WORDS[name] for text in every(f"loop.{name}.{value}")]
    return {_word(text): value for text, value in told} | {value: value for value in _WORDS[name]}


def _headings() -> dict[str, str]:
    """The columns that managers write into, by their heading in any language."""
    return {_word(text): name for name in SAID for text in every(f"sheets.headings.{name}")}


def _day(raw: Any) -> date | None:
    if isinstance(raw, datetime):
        return raw.date()
    if isinstance(raw, date):
        return raw
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return _of_serial(float(raw))
    try:
        return date.fromisoformat(str(raw).strip())
    except ValueError:
        return None


def _of_serial(number: float) -> date | None:
    """A day as spreadsheets count them, where a cell lost its format."""
    from openpyxl.utils.datetime import from_excel

    try:
        found = from_excel(number)
    except (ValueError, OverflowError):
        return None
    return found.date() if isinstance(found, datetime) else None


def _word(text: str) -> str:
    return re.sub(r"[\s_\-]+", " ", text).strip().casefold()


def _slug(cell: Any) -> str:
    return _word(str(cell)).replace(" ", "_") if cell is not None else ""


def _cell(cells: Cells, at: int) -> Any:
    return cells[at] if at < len(cells) else None

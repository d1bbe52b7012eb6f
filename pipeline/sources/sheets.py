"""xlsx: one sheet, read row by row, its cells as the text that a CSV export would hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice
from typing import Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from pipeline.config import Place
from pipeline.errors import ConfigError, ContractError
from pipeline.sources.archives import check_workbook
from pipeline.sources.files import InputFile
from pipeline.sources.landing import Appender, LandedFile, Reject, Sink, check_header
from pipeline.sources.scratch import Scratch


def land(scratch: Scratch, table: str, number: int, file: InputFile, place: Place, needed: list[str], sink: Sink,
         where: str) -> tuple[LandedFile, list[str]]:  # fmt: skip
    """Append one workbook's ``needed`` columns to ``table``; its counts, and its header."""
    check_workbook(file.path, file.name)
    rows = _rows(file, place, where)
    header = list(islice(rows, place.header_rows))
    if not header:
        raise ContractError(f"{where}: {file.name} has no header row")
    names = [cell.strip() if cell else "" for cell in header[0][1]]
    check_header(names, needed, file.name, where)
    landed = LandedFile(file.name, file.sha256, file.size)
    appender = Appender(scratch, table, len(needed), number)
    positions = [names.index(column) for column in needed]
    for line, cells in rows:
        landed.records += 1
        if any(cell is not None for cell in cells[len(names) :]):
            landed.rejected += 1
            shown = " | ".join(cell or "" for cell in cells)
            sink(Reject(file.name, line, None, f"has cells beyond the {len(names)} headers", None, shown[:2000]))
            continue
        appender.add([cells[i] if i < len(cells) else None for i in positions], line)
    appender.flush()
    if landed.records == 0:
        raise ContractError(f"{where}: {file.name} has a header but no rows")
    return landed, names


def _rows(file: InputFile, place: Place, where: str) -> Iterator[tuple[int, list[str | None]]]:
    """(row number, cells) of every row that is not blank."""
    try:
        book = openpyxl.load_workbook(file.path, read_only=True, data_only=True)
    except (InvalidFileException, KeyError, ValueError, OSError) as error:
        raise ContractError(f"{where}: {file.name} is not a readable workbook: {error}") from None
    try:
        if place.sheet and place.sheet not in book.sheetnames:
            raise ConfigError(f"{where}: {file.name} has no sheet {place.sheet!r}; it has {', '.join(book.sheetnames)}")
        sheet = book[place.sheet] if place.sheet else book.worksheets[0]
        # what a workbook says of its own size may be old, and rows beyond it would be lost
        sheet.reset_dimensions()
        for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
            if any(cell is not None for cell in cells):
                yield number, [_shown(cell) for cell in cells]
    finally:
        book.close()


def _shown(cell: Any) -> str | None:
    if cell is None:
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return cell.isoformat() if isinstance(cell, date | datetime) else str(cell)

"""CSV read strictly in Python: the second way, for files in which something is wrong.

Good records pass; a bad one is rejected with its line and raw text. Quotes are never guessed anew: a quote that is
not closed takes with it the lines it swallowed, and each of them counts as a rejected record.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAX_FIELD = 1_000_000
RAW_SHOWN = 2_000
_MAX_LINE = 4_000_000


@dataclass(frozen=True)
class Record:
    """One record: its first line, its fields (empty where rejected), its text, and the rule it broke."""

    line: int
    fields: list[str]
    raw: str
    rule: str | None = None


@dataclass(frozen=True)
class _Line:
    number: int
    text: str
    whole: bool


class _Lines:
    """Physical lines of a file, each cut at a length, with those that the running record took."""

    def __init__(self, path: Path) -> None:
        self._stream = path.open("r", encoding="utf-8-sig", errors="surrogateescape", newline="\n")
        self._number = 0
        self.taken: list[_Line] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        text = self._stream.readline(_MAX_LINE)
        if not text:
            raise StopIteration
        whole = text.endswith("\n") or len(text) < _MAX_LINE
        while not whole and (more := self._stream.readline(_MAX_LINE)) and not more.endswith("\n"):
            continue
        self._number += 1
        self.taken.append(_Line(self._number, text, whole))
        return text if whole else text + "\n"

    def close(self) -> None:
        self._stream.close()


def read_records(path: Path, delimiter: str, quote: str) -> Iterator[Record]:
    """Every record of a UTF-8 file, the header too, good and bad, in order. Blank lines are no records."""
    csv.field_size_limit(MAX_FIELD)
    lines = _Lines(path)
    reader = csv.reader(lines, delimiter=delimiter, quotechar=quote, doublequote=True, strict=True)
    try:
        while True:
            lines.taken = []
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield from _rejected(lines, quote, str(error))
                continue
            if fields:
                yield _record(lines.taken, fields)
    finally:
        lines.close()


def _record(taken: list[_Line], fields: list[str]) -> Record:
    raw = "".join(line.text for line in taken)[:RAW_SHOWN].rstrip("\r\n")
    rule = None
    if any("\0" in field for field in fields):
        rule = "holds a NUL byte"
    elif not all(line.whole for line in taken):
        rule = f"is longer than {_MAX_LINE:,} characters"
    return Record(taken[0].number, fields, raw, rule)


def _rejected(lines: _Lines, quote: str, reason: str) -> Iterator[Record]:
    """The lines of a record that cannot be parsed; where its quote stays open, all that follow it too."""
    first = lines.taken[0].number
    told = reason
    open_quote = reason.startswith("field larger") and sum(line.text.count(quote) for line in lines.taken) % 2 == 1
    if len(lines.taken) > 1 or reason.startswith("unexpected end") or open_quote:
        told = f"a quote opened at line {first} is not closed ({reason})"
    for line in lines.taken:
        yield Record(line.number, [], line.text[:RAW_SHOWN].rstrip("\r\n"), told)
    while open_quote:
        lines.taken = []
        try:
            text = next(lines)
        except StopIteration:
            return
        yield Record(lines.taken[0].number, [], text[:RAW_SHOWN].rstrip("\r\n"), told)

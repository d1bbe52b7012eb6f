"""JSON lines: each line is one object; a line that is not is quarantined, never turned into nulls."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import duckdb

from pipeline.config import Place
from pipeline.errors import ConfigError, ContractError
from pipeline.sources.delimited import plain_file
from pipeline.sources.files import InputFile, look
from pipeline.sources.landing import Appender, LandedFile, Reject, Sink
from pipeline.sources.records import RAW_SHOWN
from pipeline.sources.scratch import Scratch, text

_SAMPLE = 2_000
_MAX_LINE = 4_000_000
_EXAMPLE = 40
_BLANK = " \t\r\n"  # what JSON calls white space


def land(scratch: Scratch, table: str, number: int, file: InputFile, place: Place, needed: list[str],
         sink: Sink) -> tuple[LandedFile, list[str]]:  # fmt: skip
    """Append the ``needed`` fields of one file to ``table``; its counts, and the fields seen in it."""
    path = plain_file(scratch, number, file, place)
    looks = look(path, lambda part: b"\x1f" in part)
    if looks.bad_utf8 is not None:
        raise ContractError(f"{file.name} is not UTF-8 at byte {looks.bad_utf8}; declare its encoding")
    first = scratch.one(f"SELECT count(*) FROM {table}")[0]
    landed = LandedFile(file.name, file.sha256, file.size, first=first, locate=_Lines(path))
    lines = _read(scratch, path, landed, sink, looks.has_nul or looks.has_oddity)
    keys = _keys(scratch, lines)
    _extract(scratch, table, number, lines, needed, keys)
    _reject_bad(scratch, lines, landed, sink)
    landed.records = scratch.one(f"SELECT count(*) FROM {lines}")[0] + landed.rejected - _bad_count(scratch, lines)
    scratch.drop(lines)
    if landed.records == 0:
        raise ContractError(f"{file.name} holds no records, only blank lines")
    return landed, keys


def example(landed: LandedFile) -> str:
    """The first line of a file that is not blank, for an error that speaks of all of them."""
    assert isinstance(landed.locate, _Lines)
    number, line = next(landed.locate.each())
    return f"line {number} of {landed.name} begins with {line[:_EXAMPLE]!r}"


def _read(scratch: Scratch, path: Path, landed: LandedFile, sink: Sink, careful: bool) -> str:
    """The file's lines that are not blank, with their numbers."""
    lines = scratch.name("lines")
    scratch.run(f"CREATE TABLE {lines} (line VARCHAR, _file INTEGER, number BIGINT)")
    if careful or not _read_fast(scratch, lines, path):
        appender = Appender(scratch, lines, 1, 0)
        for at, line in _Lines(path).each():
            rule = "holds a NUL byte" if "\0" in line else "is too long" if len(line) >= _MAX_LINE else None
            if rule:
                landed.rejected += 1
                sink(Reject(landed.name, at, None, rule, None, line[:RAW_SHOWN]))
            else:
                appender.add([line], at)
        appender.flush()
    return lines


def _read_fast(scratch: Scratch, lines: str, path: Path) -> bool:
    try:
        scratch.connection.execute(
            f"INSERT INTO {lines} SELECT line, 0, NULL FROM read_csv({text(str(path))}, auto_detect=false, "
            "header=false, columns={'line': 'VARCHAR'}, delim='\x1f', quote='', escape='', strict_mode=true, "
            "nullstr='\x07', max_line_size=2000000)"
        )
        # the engine's line count is the file's only where no line is blank
        blank = scratch.one(f"SELECT count(*) FROM {lines} WHERE line IS NULL OR trim(line, {text(_BLANK)}) = ''")[0]
        scratch.run(f"UPDATE {lines} SET number = rowid + 1")
    except (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.IOException):
        blank = 1
    if blank or _Lines(path).has_blank(scratch.one(f"SELECT count(*) FROM {lines}")[0]):
        scratch.run(f"DELETE FROM {lines}")
        return False
    return True


_GOOD = "(json_valid(line) AND json_type(CASE WHEN json_valid(line) THEN line END) = 'OBJECT')"


def _keys(scratch: Scratch, lines: str) -> list[str]:
    sample = f"SELECT line FROM {lines} WHERE {_GOOD} LIMIT {_SAMPLE}"
    found = scratch.rows(f"SELECT DISTINCT unnest(json_keys(line)) FROM ({sample}) ORDER BY 1")
    return [row[0] for row in found]


def _path(column: str, keys: list[str]) -> str:
    if '"' in column:
        raise ConfigError(f'the field name {column!r} holds a quote; JSON fields with " in their name cannot be mapped')
    steps = [column] if column in keys else column.split(".")
    return "$" + "".join(f'."{step}"' for step in steps)


def _extract(scratch: Scratch, table: str, number: int, lines: str, needed: list[str], keys: list[str]) -> None:
    paths = ", ".join(text(_path(column, keys)) for column in needed)
    picked = "".join(f"found[{i}], " for i in range(1, len(needed) + 1))
    scratch.run(
        f"INSERT INTO {table} SELECT {picked}{number}, number FROM (SELECT number, "
        f"json_extract_string(line, [{paths}]) AS found FROM {lines} WHERE {_GOOD})"
    )


def _bad_count(scratch: Scratch, lines: str) -> int:
    return int(scratch.one(f"SELECT count(*) FROM {lines} WHERE NOT {_GOOD}")[0])


def _reject_bad(scratch: Scratch, lines: str, landed: LandedFile, sink: Sink) -> None:
    for line, number in scratch.rows(f"SELECT line, number FROM {lines} WHERE NOT {_GOOD} ORDER BY number"):
        landed.rejected += 1
        sink(Reject(landed.name, number, None, f"is no JSON object ({_reason(line)})", None, line[:RAW_SHOWN]))


def _reason(line: str) -> str:
    try:
        found = json.loads(line)
    except ValueError as error:
        return str(error)[:200]
    return "it holds text that is no Unicode" if isinstance(found, dict) else f"it is a {type(found).__name__}"


class _Lines:
    """A file's lines by number; also the locator of its records."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def each(self) -> Iterator[tuple[int, str]]:
        """Number and text of every line that is not blank, each cut at a length."""
        with self._path.open("r", encoding="utf-8-sig", newline="\n") as stream:
            number = 0
            while line := stream.readline(_MAX_LINE):
                number += 1
                while not line.endswith("\n") and len(line) >= _MAX_LINE and (rest := stream.readline(_MAX_LINE)):
                    if rest.endswith("\n"):
                        break
                if line.strip(_BLANK):
                    yield number, line.rstrip("\r\n")

    def has_blank(self, records: int) -> bool:
        """Whether the file has more lines than records."""
        breaks, last = 0, b""
        with self._path.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                breaks, last = breaks + chunk.count(b"\n"), chunk
        return breaks + (not last.endswith(b"\n")) != records

    def __call__(self, places: Iterable[int]) -> Mapping[int, tuple[int, str]]:
        wanted = set(places)
        return {number: (number, line[:RAW_SHOWN]) for number, line in self.each() if number in wanted}

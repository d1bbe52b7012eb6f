"""CSV: the engine's strict parser for sound files, Python's for files in which anything is wrong or told in two ways.

Both must read a file alike, so that what a record is never depends on the other records of its file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb

from pipeline.config import Place
from pipeline.errors import ContractError
from pipeline.sources.archives import gunzip, recode
from pipeline.sources.files import InputFile, Looks, look
from pipeline.sources.landing import Appender, LandedFile, Reject, Sink, check_header, plain_copy
from pipeline.sources.records import MAX_FIELD, Record, read_records
from pipeline.sources.scratch import Scratch, ident, text

_DELIMITERS = (";", ",", "\t", "|")
_NULL = b"\x07"  # what the engine must read as null; no cell of a file that it reads holds it
_BOMS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def land(scratch: Scratch, table: str, number: int, file: InputFile, place: Place, needed: list[str], sink: Sink,
         where: str) -> tuple[LandedFile, list[str]]:  # fmt: skip
    """Append one CSV file's ``needed`` columns to ``table``; its counts, and its header.

    Raises ContractError for a damaged or wrongly encoded file, a bad header or one without rows.
    """
    path = plain_file(scratch, number, file, place)
    looks = _sound_text(path, file, place)
    names, skip = _header(path, file, place, where)
    check_header(names, needed, file.name, where)
    landed = LandedFile(file.name, file.sha256, file.size, first=scratch.one(f"SELECT count(*) FROM {table}")[0])
    landed.locate = RecordLocator(path, place, ordinal=True)
    if looks.has_nul or looks.has_oddity or not _fast(scratch, table, number, path, names, skip, needed, place):
        _slow(scratch, table, number, path, names, needed, place, landed, sink)
        landed.locate = RecordLocator(path, place, ordinal=False)
    landed.records = scratch.one(f"SELECT count(*) FROM {table}")[0] - landed.first + landed.rejected
    if landed.records == 0:
        raise ContractError(f"{where}: {file.name} has a header but no rows")
    return landed, names


def plain_file(scratch: Scratch, number: int, file: InputFile, place: Place) -> Path:
    """The file as plain UTF-8 text: expanded and recoded into the scratch folder where it is not that already."""
    path = file.path
    if file.format.endswith(".gz"):
        path = plain_copy(scratch, number, "plain")
        gunzip(file.path, path, file.name)
    if place.encoding.lower().replace("_", "-") not in ("utf-8", "utf8"):
        recoded = plain_copy(scratch, number, "utf8")
        recode(path, recoded, place.encoding, file.name)
        path = recoded
    return path


def _sound_text(path: Path, file: InputFile, place: Place) -> Looks:
    with path.open("rb") as stream:
        start = stream.read(2)
    if start in _BOMS:
        raise ContractError(
            f"{file.name} is not UTF-8: it starts like {_BOMS[start]}; declare encoding: {_BOMS[start]}"
        )
    looks = look(path, _odd(place))
    if looks.bad_utf8 is not None:
        raise ContractError(
            f"{file.name} is not UTF-8 at byte {looks.bad_utf8}; declare its encoding (cp1252, utf-16, ...)"
        )
    return looks


def _odd(place: Place) -> Callable[[bytes], bool]:
    """Whether bytes hold what the engine reads in its own way, however strict it is told to be.

    That is the sign that stands for null; a CR without LF, which it takes for the end of a record; and blanks before an
    opening quote or after a closing one, which it drops (or takes for a part of what a next quote opens).
    """
    delimiter, quote = place.delimiter.encode(), place.quote.encode()
    opening = re.compile(rb"(?:%b|\n) +%b" % (re.escape(delimiter), re.escape(quote)))
    closing = re.compile(rb"%b +(?:%b|%b|\r|\n)" % (re.escape(quote), re.escape(delimiter), re.escape(quote)))

    def lone_return(part: bytes) -> bool:
        return part.count(b"\r") - part.endswith(b"\r") != part.count(b"\r\n")

    def blank_beside_quote(part: bytes) -> bool:
        opens = b" " + quote in part and opening.search(part)
        return bool(opens or (quote + b" " in part and closing.search(part)))

    def odd_in(part: bytes) -> bool:
        # one sign is looked for much faster than two or a pattern, and most files hold none of these
        returns = b"\r" in part and lone_return(part)
        return _NULL in part or returns or (quote in part and blank_beside_quote(part))

    return odd_in


def _header(path: Path, file: InputFile, place: Place, where: str) -> tuple[list[str], int | None]:
    """Column names, and the physical lines to skip (None where a header cell holds a line break)."""
    records = list(islice(read_records(path, place.delimiter, place.quote), place.header_rows))
    if len(records) < place.header_rows or any(record.rule for record in records):
        raise ContractError(f"{where}: {file.name} has no readable header in its first {place.header_rows} rows")
    _refuse_other_delimiter(records[0].fields, file, place, where)
    simple = [record.line for record in records] == list(range(1, place.header_rows + 1))
    whole = all("\n" not in cell and "\r" not in cell for record in records for cell in record.fields)
    return [name.strip() for name in records[0].fields], place.header_rows if simple and whole else None


def _refuse_other_delimiter(header: list[str], file: InputFile, place: Place, where: str) -> None:
    """Raise ContractError where the whole header is one column that another delimiter would split."""
    found = [each for each in _DELIMITERS if each != place.delimiter and each in header[0]]
    if len(header) == 1 and found:
        used = max(found, key=header[0].count)
        told = "\\t" if used == "\t" else used
        raise ContractError(
            f"{where}: {file.name} is not separated by {place.delimiter!r}: its header is one column, {header[0]!r}",
            hint=f'write delimiter: "{told}" beside its files',
        )


def _fast(scratch: Scratch, table: str, number: int, path: Path, names: list[str], skip: int | None,
          needed: list[str], place: Place) -> bool:  # fmt: skip
    """Let the engine read the file; False (and nothing loaded) where it meets anything it will not take."""
    if skip is None or len(names) < 2:
        return False
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(names)))
    picked = "".join(f"c{names.index(column)} AS {ident(column)}, " for column in needed)
    delimiter, quote = text(place.delimiter), text(place.quote)
    try:
        scratch.connection.execute(
            f"INSERT INTO {table} SELECT {picked}{number}, NULL FROM read_csv({text(str(path))}, auto_detect=false, "
            f"header=false, skip={skip}, columns={{{columns}}}, delim={delimiter}, quote={quote}, escape={quote}, "
            f"strict_mode=true, null_padding=false, nullstr={text(_NULL.decode())}, max_line_size={MAX_FIELD})"
        )
    except (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.IOException):
        return False
    return True


def _slow(scratch: Scratch, table: str, number: int, path: Path, names: list[str], needed: list[str], place: Place,
          landed: LandedFile, sink: Sink) -> None:  # fmt: skip
    appender = Appender(scratch, table, len(needed), number)
    positions = [names.index(column) for column in needed]
    for record in _body(path, place):
        rule = record.rule or _width(record, len(names))
        if rule:
            landed.rejected += 1
            sink(Reject(landed.name, record.line, None, rule, None, record.raw))
        else:
            appender.add([record.fields[i] for i in positions], record.line)
    appender.flush()


def _body(path: Path, place: Place) -> Iterator[Record]:
    return islice(read_records(path, place.delimiter, place.quote), place.header_rows, None)


def _width(record: Record, expected: int) -> str | None:
    """The rule broken by a record with too few or too many fields; empty ones at its end are no harm."""
    found = len(record.fields)
    if found < expected or any(record.fields[expected:]):
        return f"has {found} fields, the header has {expected}"
    return None


@dataclass(frozen=True)
class RecordLocator:
    """Finds records again in a CSV file: by their place (``ordinal``) or by their line."""

    path: Path
    place: Place
    ordinal: bool

    def __call__(self, places: Iterable[int]) -> Mapping[int, tuple[int, str]]:
        """Line and raw text of the records at ``places``."""
        wanted, found = set(places), {}
        for at, record in enumerate(_body(self.path, self.place)):
            key = at if self.ordinal else record.line
            if key in wanted:
                found[key] = (record.line, record.raw)
        return found

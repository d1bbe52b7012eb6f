"""A published week without some accounts: its tables less their rows, and none of what was made to be looked at.

Pages, workbooks and digests cannot be made again as they were, since the data they came from have moved on; the tables
can, and they are all that later weeks read.
"""

from __future__ import annotations

import csv
import html
import json
import re
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.deliver.text import inert

_TABLES = (".csv", ".parquet")
_KEPT = ("schema.json", "portfolio.json")
"""What has no row of any account and is read by programs; left out where a text in it names one all the same."""
_OWN = ("version", "files", "content_hash", "digests")
"""What a manifest says of its own files."""

_TELLING = 4
"""Signs of a name or key from which it is looked for in running text; a shorter one only where it stands in quotes."""


@dataclass(frozen=True)
class Erased:
    """The accounts that are to go: their keys, and what finds them in running text."""

    keys: frozenset[str]
    words: re.Pattern[str]

    @classmethod
    def of(cls, keys: Collection[str], names: Collection[str] = ()) -> Erased:
        """``names``: what else the accounts are called."""
        told = [*keys, *(name for name in names if _tells(name))]
        words = "|".join(_word(word) for word in sorted({form for word in told for form in _forms(word)}))
        return cls(frozenset(keys), re.compile(words))

    def is_named(self, text: str) -> bool:
        """Whether a text names one of them."""
        return self.words.search(text) is not None


def holds(folder: Path, gone: Erased) -> bool:
    """Whether any file of a published week has a row of one of the accounts, or names it."""
    return any(_has_row(path, gone) if path.suffix in _TABLES else _names(path, gone) for path in _files(folder))


def write_redacted(week: Path, folder: Path, gone: Erased) -> None:
    """Writes the tables of a published week without the accounts into ``folder``."""
    for path in _files(week):
        name = path.relative_to(week)
        if path.suffix not in _TABLES and (name.as_posix() not in _KEPT or _names(path, gone)):
            continue
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".csv":
            _write_csv(path, target, gone)
        elif path.suffix == ".parquet":
            pq.write_table(_without(pq.read_table(path), gone), target)
        else:
            target.write_bytes(path.read_bytes())


def redacted_manifest(manifest: dict[str, Any], gone: Erased) -> dict[str, Any]:
    """What is told of the week still: everything but its own files, and what names one of the accounts."""
    kept = {name: value for name, value in manifest.items() if name not in _OWN}
    named = {name for name, value in kept.items() if gone.is_named(json.dumps(value, ensure_ascii=False))}
    return {name: value for name, value in kept.items() if name not in named} | {
        "erased": len(gone.keys) + manifest.get("erased", 0)
    }


def rows_of(path: Path, gone: Erased) -> int:
    """How many rows of a Parquet file are of the accounts."""
    column = pq.read_table(path, columns=[_key(pq.read_schema(path).names)]).column(0)
    return int(pc.sum(_is_theirs(column, gone)).as_py() or 0)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _key(names: list[str]) -> str:
    """The column that says which account a row is of: a CRM calls it by a name of its own, and has it first."""
    return "account_id" if "account_id" in names else names[0]


def _is_theirs(column: pa.ChunkedArray, gone: Erased) -> Any:
    return pc.is_in(column.cast(pa.string()), pa.array(sorted(gone.keys), pa.string()))


def _without(table: pa.Table, gone: Erased) -> pa.Table:
    return table.filter(pc.invert(_is_theirs(table.column(_key(table.column_names)), gone)))


def _rows(path: Path, gone: Erased) -> Iterator[tuple[list[str], bool]]:
    """The header and the records of a CSV, each with whether it is of one of the accounts."""
    written = {form for key in gone.keys for form in (key, inert(key))}
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        header = next(reader, [])
        yield header, False
        at = header.index(_key(header)) if header else 0
        for record in reader:
            yield record, record[at] in written


def _write_csv(path: Path, target: Path, gone: Erased) -> None:
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows(record for record, is_theirs in _rows(path, gone) if not is_theirs)


def _has_row(path: Path, gone: Erased) -> bool:
    return any(each for _, each in _rows(path, gone)) if path.suffix == ".csv" else rows_of(path, gone) > 0


def _names(path: Path, gone: Erased) -> bool:
    return any(gone.is_named(text.decode("utf-8", errors="replace")) for text in _texts(path))


def _texts(path: Path) -> Iterator[bytes]:
    """The text of a file, that of a workbook unpacked."""
    if not zipfile.is_zipfile(path):
        yield path.read_bytes()
        return
    with zipfile.ZipFile(path) as book:
        yield from (book.read(name) for name in book.namelist())


def _tells(name: str) -> bool:
    return len(name) >= _TELLING and not name.isdigit()


def _forms(word: str) -> set[str]:
    """How a text may be written in a page, a script or a workbook."""
    return {word, html.escape(word), html.escape(word, quote=False), json.dumps(word)[1:-1]}


def _word(word: str) -> str:
    found = re.escape(word)
    return rf"(?<![\w-]){found}(?![\w-])" if _tells(word) else rf'"{found}"'

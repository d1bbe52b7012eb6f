"""Compressed and foreign-encoded files made plain, with a limit on what may come out of them."""

from __future__ import annotations

import codecs
import gzip
import zipfile
import zlib
from pathlib import Path

from pipeline.errors import ContractError

MAX_EXPANDED = 50 << 30
MAX_RATIO = 300
_FREE = 64 << 20  # below this, no ratio is too high
_CHUNK = 1 << 20


def gunzip(source: Path, target: Path, name: str) -> None:
    """Expand ``source`` into ``target``, with its checksum verified.

    Raises ContractError where the file is damaged or expands beyond the limits; nothing of it is then loaded.
    """
    size, total = source.stat().st_size, 0
    try:
        with gzip.open(source, "rb") as packed, target.open("wb") as plain:
            while chunk := packed.read(_CHUNK):
                total += len(chunk)
                check_expansion(total, size, name)
                plain.write(chunk)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ContractError(f"{name} is damaged: {error}. Nothing of it was loaded; export it again") from None


def check_expansion(expanded: int, packed: int, name: str) -> None:
    """Raise ContractError where a file grows to more than is plausible for an export."""
    if expanded > MAX_EXPANDED or (expanded > _FREE and expanded > MAX_RATIO * packed):
        raise ContractError(
            f"{name} expands from {packed:,} to more than {expanded:,} bytes: limit {MAX_RATIO} times, "
            f"{MAX_EXPANDED >> 30} GiB. If it is sound, expand it before ingest"
        )


def check_workbook(source: Path, name: str) -> None:
    """Raise ContractError where an xlsx file is no workbook, is damaged or would expand beyond the limits."""
    try:
        with zipfile.ZipFile(source) as archive:
            check_expansion(sum(item.file_size for item in archive.infolist()), source.stat().st_size, name)
            damaged = archive.testzip()
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ContractError(f"{name} is not a readable workbook: {error}") from None
    if damaged:
        raise ContractError(f"{name} is damaged in {damaged}: nothing of it was loaded; export it again")


def recode(source: Path, target: Path, encoding: str, name: str) -> None:
    """Write ``source`` as UTF-8. Raises ContractError naming the byte where it is not in ``encoding``."""
    decoder = codecs.getincrementaldecoder(encoding)()
    position = 0
    with source.open("rb") as stream, target.open("wb") as plain:
        while True:
            chunk = stream.read(_CHUNK)
            try:
                plain.write(decoder.decode(chunk, final=not chunk).encode("utf-8"))
            except UnicodeDecodeError as error:
                raise ContractError(f"{name} is not {encoding} at byte {position + error.start}") from None
            if not chunk:
                return
            position += len(chunk)

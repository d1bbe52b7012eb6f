"""Which files a source means, and what they are: found inside ``data_root`` only, hashed, and looked over."""

from __future__ import annotations

import codecs
import difflib
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pipeline.config import Place
from pipeline.errors import ConfigError, ContractError, StorageError

SUFFIXES = {
    ".csv": "csv", ".csv.gz": "csv.gz", ".tsv": "csv", ".tsv.gz": "csv.gz", ".txt": "csv", ".jsonl": "jsonl",
    ".ndjson": "jsonl", ".jsonl.gz": "jsonl.gz", ".ndjson.gz": "jsonl.gz", ".parquet": "parquet", ".xlsx": "xlsx",
}  # fmt: skip
_REMOTE = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+://|^\\\\")
_CHUNK = 1 << 20
_NO_ROOT = (
    "Set data_root to the folder of the exports, relative to the configuration; 'holdfast demo' writes those of the "
    "made-up company to <workspace>/demo/exports."
)


@dataclass(frozen=True)
class InputFile:
    """A file of a source: where it is, its name below ``data_root``, its format, size and hash."""

    path: Path
    name: str
    format: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Looks:
    """What the bytes of a text file show before it is parsed."""

    bad_utf8: int | None
    has_nul: bool
    has_oddity: bool


def require_root(root: Path) -> None:
    """Raise ConfigError where the folder of the exports is not there."""
    if not root.is_dir():
        raise ConfigError(f"data_root: {root} is not a folder", hint=_NO_ROOT)


def find_files(root: Path, place: Place, where: str) -> list[Path]:
    """The files that ``place`` names, in order of their names.

    Raises ConfigError for anything outside ``root`` and ContractError for a pattern without files.
    """
    require_root(root)
    found: list[Path] = []
    for pattern in place.files:
        matches = _match(root, pattern, where)
        if not matches:
            raise ContractError(f"{where}: no file matches {pattern!r} in {root.name}/{_nearest(root, pattern)}")
        found.extend(matches)
    return sorted(dict.fromkeys(found), key=str)


def _match(root: Path, pattern: str, where: str) -> list[Path]:
    if _REMOTE.match(pattern):
        raise ConfigError(f"{where}: {pattern!r} is a remote address; only files below data_root are read")
    joined = root / pattern
    if ".." in Path(pattern).parts or (Path(pattern).is_absolute() and not joined.is_relative_to(root)):
        raise ConfigError(f"{where}: {pattern!r} leads outside of data_root; give paths below it")
    matches = sorted(root.glob(pattern)) if any(sign in pattern for sign in "*?[") else [joined]
    for match in matches:
        if not match.resolve().is_relative_to(root):
            raise ConfigError(f"{where}: {match.relative_to(root)} is a link that leads outside of data_root")
    return [match for match in matches if match.is_file()]


def _nearest(root: Path, pattern: str) -> str:
    names = sorted(path.relative_to(root).as_posix() for path in root.glob("*") if path.is_file())
    near = difflib.get_close_matches(pattern, names, n=1, cutoff=0.75)
    meant = f"; did you mean {near[0]}?" if near else ""
    return f"{meant} (there is: {', '.join(names[:12])})" if names else " (it holds no files)"


def format_of(path: Path, place: Place, where: str) -> str:
    """The declared format, or the one that the file's suffix names."""
    if place.format:
        return place.format
    for length in (2, 1):
        suffix = "".join(path.suffixes[-length:]).lower()
        if suffix in SUFFIXES:
            return SUFFIXES[suffix]
    raise ConfigError(f"{where}: the suffix of {path.name} tells no format; set format to one of csv, jsonl, parquet")


def fingerprint(root: Path, paths: Sequence[Path], place: Place, where: str) -> tuple[list[InputFile], list[str]]:
    """The files with their hashes, each content once; and a warning for each repeated one."""
    seen: dict[str, str] = {}
    files, warnings = [], []
    for path in paths:
        name = path.relative_to(root).as_posix()
        digest = sha256(path)
        size = path.stat().st_size
        if size == 0:
            raise ContractError(f"{where}: {name} is empty: 0 bytes, not even a header")
        if digest in seen:
            warnings.append(f"{name} holds the same bytes as {seen[digest]} and was counted once")
            continue
        seen[digest] = name
        files.append(InputFile(path, name, format_of(path, place, where), size, digest))
    return files, warnings


def sha256(path: Path) -> str:
    """Hash of a file's bytes. Raises StorageError where it cannot be read."""
    try:
        stat = path.stat()
        return _sha256(path, stat.st_size, stat.st_mtime_ns, stat.st_ino)
    except OSError as error:
        raise StorageError(f"cannot read {path.name}: {error.strerror}") from None


@lru_cache(maxsize=4096)
def _sha256(path: Path, size: int, changed: int, inode: int) -> str:
    """The hash, computed once for each state of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def look(path: Path, odd_in: Callable[[bytes], bool]) -> Looks:
    """Read a UTF-8 text file once for bad bytes, NUL bytes and what readers disagree on.

    ``odd_in`` tells whether bytes hold such a thing. It is asked of overlapping parts of the file, which end anywhere:
    of one byte, blanks and another byte each part holds all or nothing. A line break is put at the file's end.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    position, held, bad, nul, odd = 0, b"", None, False, False
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            nul = nul or b"\0" in chunk
            window = held + chunk
            odd = odd or odd_in(window)
            bad = bad if bad is not None else _decoded(decoder, chunk, position)
            position, held = position + len(chunk), window[max(len(window.rstrip(b" ")) - 2, 0) :]
    if bad is None and decoder.getstate()[0]:
        bad = position - len(decoder.getstate()[0])
    return Looks(bad, nul, odd or odd_in(held + b"\n"))


def _decoded(decoder: codecs.IncrementalDecoder, chunk: bytes, position: int) -> int | None:
    held = len(decoder.getstate()[0])
    try:
        decoder.decode(chunk)
    except UnicodeDecodeError as error:
        decoder.reset()
        return position - held + error.start
    return None

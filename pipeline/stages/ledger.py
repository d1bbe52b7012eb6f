"""What was sent to whom: a ledger beside the published weeks, which nothing changes.

Before a message goes out a line says so, and after it another says what became of it. A line is on disk before the next
step is taken: where the second one is missing, the machine stopped in between, and nobody knows whether it arrived.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import BinaryIO, Literal

from pipeline.errors import StorageError
from pipeline.warehouse import storage_errors

State = Literal["intent", "sent", "failed", "uncertain"]
Key = tuple[str, str, str]
"""The week (ISO date), the manager and the channel."""


@dataclass(frozen=True)
class Line:
    """One step of one message. ``digest``: the sha256 of the file that was sent; ``reason``: why it did not arrive."""

    week: str
    version: int
    manager: str
    channel: str
    state: State
    at: str
    digest: str
    reason: str = ""

    @property
    def key(self) -> Key:
        """What is sent once: a week, whatever its version, to a manager by a channel."""
        return self.week, self.manager, self.channel


_BEGIN = '{"week"'


class Ledger:
    """The lines of a workspace, oldest first, and the last word on each message."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._last: dict[Key, Line] = {line.key: line for line in _read(path)}

    def last(self, week: date, manager: str, channel: str) -> Line | None:
        """The last line about a message; None where it was never tried."""
        return self._last.get((week.isoformat(), manager, channel))

    def write(self, line: Line) -> None:
        """Adds a line, which is on disk when this returns."""
        with storage_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab+") as file:
                file.write(_after_a_torn_line(file) + json.dumps(asdict(line)).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        self._last[line.key] = line


def now() -> str:
    """This moment, as the ledger tells it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _after_a_torn_line(file: BinaryIO) -> bytes:
    """An end for a line that was being written when the machine stopped."""
    if not file.seek(0, os.SEEK_END):
        return b""
    file.seek(-1, os.SEEK_END)
    return b"" if file.read(1) == b"\n" else b"\n"


def _read(path: Path) -> list[Line]:
    if not path.exists():
        return []
    with storage_errors(path):
        texts = path.read_text(encoding="utf-8", errors="replace").split("\n")
    return [line for at, text in enumerate(texts, 1) if (line := _line(text, at, len(texts), path)) is not None]


def _line(text: str, at: int, count: int, path: Path) -> Line | None:
    """A line, or None for one that was not finished: its step was not taken, since that waits for the disk."""
    if not text.strip():
        return None
    try:
        found: Mapping[str, object] = json.loads(text)
        return Line(**found)  # type: ignore[arg-type]
    except (ValueError, TypeError):
        if _BEGIN.startswith(text[: len(_BEGIN)]) and not text.endswith("}"):
            return None
        raise StorageError(
            f"{path}: line {at} of {count} is no line of this ledger.",
            hint="Restore the file from a backup; without it nobody can tell what was sent.",
        ) from None

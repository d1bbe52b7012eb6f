"""What a command leaves behind: the same thing once for scripts and once for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """``data`` is plain JSON values; ``text`` is what a person reads; ``exit_code`` is 0 unless something was found."""

    data: dict[str, Any]
    text: str
    exit_code: int = 0

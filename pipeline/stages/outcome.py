"""What a command leaves behind: the same thing once for scripts and once for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """``data`` is plain JSON values; ``text`` is what a person reads."""

    data: dict[str, Any]
    text: str

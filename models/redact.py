"""Secrets out of what is written down or told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_SECRET = re.compile(r"pass|secret|token|credential|api_?key|dsn", re.IGNORECASE)
_ADDRESS = re.compile(r"(\w+://)[^/\s\"']*@")


def redacted(text: str) -> str:
    """``text`` without the name and password of any address in it."""
    return _ADDRESS.sub(r"\1hidden@", text)


def without_secrets(config: Mapping[str, Any]) -> dict[str, Any]:
    """``config`` with every value hidden whose key or address tells of a secret."""
    return {str(key): "hidden" if _SECRET.search(str(key)) else _open(value) for key, value in config.items()}


def _open(value: Any) -> Any:
    if isinstance(value, Mapping):
        return without_secrets(value)
    if isinstance(value, list | tuple):
        return [_open(each) for each in value]
    if isinstance(value, str):
        return redacted(value)
    return value if isinstance(value, int | float | bool | None) else str(value)

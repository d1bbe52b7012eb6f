"""What every section of the configuration shares, and the few words that sections have in common."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

_SPAN = re.compile(r"(\d+)\s*(s|min|h|d|w|days?|weeks?|hours?|minutes?|seconds?)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


class Section(BaseModel):
    """A part of ``config.yaml``: unknown keys are errors, and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _span(value: Any) -> Any:
    """A length of time: whole days as a number, or text such as ``36h``, ``2d``, ``1w``."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return value
    if isinstance(value, int):
        return timedelta(days=value)
    found = _SPAN.fullmatch(value.strip().lower())
    if not found:
        raise ValueError("not a length of time: write whole days (2) or text such as 30min, 36h, 2d or 1w")
    return timedelta(seconds=int(found[1]) * _SECONDS[found[2][0]])


def as_day(value: Any) -> Any:
    """A day written as 2026-02-01; nothing else, since 01/02/2026 is another day in another country."""
    if not isinstance(value, str):
        return value
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError("no such day in the calendar: write year-month-day, such as 2026-02-01") from None
    raise ValueError("not a day: write year-month-day, such as 2026-02-01")


def as_list(value: Any) -> Any:
    """One thing where several may stand is a list of one."""
    return value if isinstance(value, list | tuple) or value is None else [value]


def _texts(value: Any) -> Any:
    """A list of words; a bare number, date or truth value in YAML is taken by its text."""
    return [item if isinstance(item, str) else plain(item) for item in as_list(value) or []]


def plain(value: Any) -> str:
    """A YAML scalar as the text that a file would hold."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


Day = Annotated[date, BeforeValidator(as_day)]
Span = Annotated[timedelta, BeforeValidator(_span)]
Names = Annotated[tuple[str, ...], BeforeValidator(as_list)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]

"""Texts as they should be compared: one Unicode form, no disguise, declared words for what is missing."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipeline.sources.landing import TEXT
from pipeline.sources.scratch import text

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
# direction and other format signs that can disguise a name, and control characters but line breaks
_DISGUISE = r"[\x{202A}-\x{202E}\x{2066}-\x{2069}\x{200E}\x{200F}\x{FEFF}\x00-\x08\x0B\x0C\x0E-\x1F]"
_INVISIBLE = r"[\x{200B}-\x{200F}\x{2060}\x{00AD}\x{FEFF}\x{202A}-\x{202E}\x{2066}-\x{2069}\x00-\x1F]"
_BLANK = r"^[\s\x{00A0}\x{2000}-\x{200A}\x{3000}]+|[\s\x{00A0}\x{2000}-\x{200A}\x{3000}]+$"


def clean_id(raw: str) -> str:
    """SQL for an identifier: one Unicode form, no hidden signs, no blanks around it; null where nothing is left."""
    strip = f"regexp_replace(nfc_normalize({raw}), '{_INVISIBLE}', '', 'g')"
    slow = f"regexp_replace({strip}, '{_BLANK}', '', 'g')"
    control = f"regexp_matches({raw}, '[\\x00-\\x1F]')"
    return f"nullif(CASE WHEN strlen({raw}) = length({raw}) AND NOT {control} THEN trim({raw}) ELSE {slow} END, '')"


def clean_text(raw: str) -> str:
    """SQL for a text: one Unicode form, no signs that disguise it, no surrounding blanks."""
    slow = f"regexp_replace(regexp_replace(nfc_normalize({raw}), '{_DISGUISE}', '', 'g'), '{_BLANK}', '', 'g')"
    control = f"regexp_matches({raw}, '[\\x00-\\x1F]')"
    return f"CASE WHEN strlen({raw}) = length({raw}) AND NOT {control} THEN trim({raw}) ELSE {slow} END"


def without_nulls(column: str, kind: str, nulls: tuple[str, ...], moment: bool) -> str:
    """SQL for a column with its null words made null; a declared day stands for every time of it."""
    column = f"trim({column})" if kind == TEXT else column
    told = column if kind == TEXT else f"CAST({column} AS VARCHAR)"
    words = [word for word in nulls if kind in (TEXT, "VARCHAR") or word != ""]
    days = [word for word in words if moment and _DATE.fullmatch(word)]
    tests = [f"{told} IN ({', '.join(map(text, words))})"] if words else []
    tests += [f"{told} LIKE {text(day + '%')}" for day in days]
    return f"CASE WHEN {' OR '.join(tests)} THEN NULL ELSE {column} END" if tests else column


def mapped(expression: str, kind: str, words: Mapping[str, str | float | bool | None]) -> str:
    """SQL for a column with its words changed to ours; other words stay."""
    told = expression if kind in (TEXT, "VARCHAR") else f"CAST({expression} AS VARCHAR)"
    cases = "".join(f" WHEN {text(word)} THEN {sql_word(target)}" for word, target in words.items())
    return f"CASE {told}{cases} ELSE {told} END"


def sql_word(target: str | float | bool | None) -> str:
    """A configured constant as an SQL text."""
    if target is None:
        return "NULL"
    return text(str(target).lower() if isinstance(target, bool) else str(target))

"""What is wrong in every column at once: how often, an example as it stands in the file, and what to do.

A record is quarantined for the first rule that it breaks; here each rule is asked of all records, so that one look
shows everything there is to mend.
"""

from __future__ import annotations

import json
import re

from pipeline.sources.checking import FILTERED, Checked
from pipeline.sources.scratch import Scratch

_DATES = (
    (r"\d{1,2}\.\d{1,2}\.\d{4}", ("%d.%m.%Y",)),
    (r"\d{1,2}\.\d{1,2}\.\d{2}", ("%d.%m.%y",)),
    (r"\d{1,2}/\d{1,2}/\d{4}", ("%d/%m/%Y", "%m/%d/%Y")),
    (r"\d{1,2}/\d{1,2}/\d{2}", ("%d/%m/%y", "%m/%d/%y")),
    (r"\d{1,2}-\d{1,2}-\d{4}", ("%d-%m-%Y", "%m-%d-%Y")),
    (r"\d{4}/\d{2}/\d{2}", ("%Y/%m/%d",)),
    (r"\d{8}", ("%Y%m%d",)),
    (r"\d{1,2} [A-Z][a-z]{2} \d{4}", ("%d %b %Y",)),
    (r"\d{1,2}/\d{4}", ("%m/%Y",)),
    (r"\d{1,2}\.\d{4}", ("%m.%Y",)),
    (r"\d{4}-\d{2}", ("%Y-%m",)),
    (r"\d{4}/\d{2}", ("%Y/%m",)),
    (r"\d{6}", ("%Y%m",)),
    (r"[A-Z][a-z]{2} \d{4}", ("%b %Y",)),
    (r"[A-Z][a-z]{3,8} \d{4}", ("%B %Y",)),
)
_CLOCKS = (
    ("", ""),
    (r" \d{1,2}:\d{2}", " %H:%M"),
    (r" \d{1,2}:\d{2}:\d{2}", " %H:%M:%S"),
    (r" \d{1,2}:\d{2} [AP]M", " %I:%M %p"),
    (r" \d{1,2}:\d{2}:\d{2} [AP]M", " %I:%M:%S %p"),
)
_SINCE_1970 = (("1\\d{9}", "seconds"), ("1\\d{12}", "milliseconds"), ("1\\d{15}", "microseconds"))
"""Numbers of these lengths are moments from 2001 to 2033."""


def faults(scratch: Scratch, checked: Checked) -> list[str]:
    """One sentence for each rule that a column breaks, the most frequent first; empty where nothing was rejected."""
    if not any(checked.rejected.values()) or not checked.checks:
        return []
    counts = ", ".join(
        f"count(*) FILTER ({check.condition}), "
        f"arg_min(CAST({check.shown} AS VARCHAR), (_file, _row)) FILTER ({check.condition})"
        for check in checked.checks
    )
    # the conditions call the joined accounts ``known``; their columns stand in the relation
    found = scratch.one(f"SELECT {counts} FROM {checked.relation} known WHERE _state IS DISTINCT FROM {FILTERED}")
    pairs = zip(checked.checks, found[::2], found[1::2], strict=True)
    told = [(count, _told(check.column, check.rule, example)) for check, count, example in pairs if count]
    return [f"{count:,} x {sentence}" for count, sentence in sorted(told, key=lambda one: (-one[0], one[1]))]


def _told(column: str | None, rule: str, example: str | None) -> str:
    shown = "" if example is None else f"{example[:80]!r} "
    return f"{column or 'row'}: {shown}{rule}{remedy(column or '', rule, example or '')}"


def remedy(column: str, rule: str, example: str) -> str:
    """What to write in the mapping instead, where the example shows it; empty where it does not."""
    if "format" in rule:
        units = [f"unit: {unit}" for digits, unit in _SINCE_1970 if re.fullmatch(rf"{digits}(\.\d+)?", example)]
        told = " or ".join(
            _written(column, way) for way in units or [f'format: "{each}"' for each in _formats(example)]
        )
        return f"; write {told or _written(column, 'format: ...') + ', in signs such as %d.%m.%Y %H:%M:%S'}"
    reading = f"values: {{{example}: true}}" if rule == "is neither true nor false" else ""
    reading = _signs(example) if rule.endswith("number") else reading
    return f"; write {_written(column, reading)}" if reading else ""


def _written(column: str, reading: str) -> str:
    """A column in the long form, as it stands in a mapping (and under ``period``)."""
    name = column if re.fullmatch(r"[A-Za-z_][\w ]*", column) else json.dumps(column, ensure_ascii=False)
    return f"{{column: {name}, {reading}}}"


def _formats(example: str) -> list[str]:
    """The formats that fit a date; two where day and month cannot be told apart."""
    return [
        form + clock
        for pattern, forms in _DATES
        for tail, clock in _CLOCKS
        if re.fullmatch(pattern + tail, example)
        for form in forms
    ]


def _signs(example: str) -> str:
    """The signs that a number is written with."""
    if re.fullmatch(r"-?\d{1,3}(\.\d{3})+(,\d+)?", example):
        return 'decimal: ",", thousands: "."'
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+\.\d+", example):
        return 'thousands: ","'
    return 'decimal: ","' if re.fullmatch(r"-?\d+,\d+", example) else ""

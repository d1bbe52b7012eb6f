"""Moments, read strictly and brought to the company's wall clock.

ISO dates and times are read as they are; anything else needs a declared format. An offset in the text is honoured; a
time without one stands in the source's zone. A date without a time is that day on the company's wall clock, in
whichever zone. A wall-clock time that does not exist (spring) moves forward by the gap; one that occurs twice (autumn)
is taken as the later of the two.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.sources.scratch import text

ISO = (
    r"\d{4}-\d{2}-\d{2}"
    r"([T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?\s?(Z|z|UTC|[+-]\d{2}(:?\d{2})?)?)?"
)
_EPOCH_UNITS = {"seconds": 1_000_000, "milliseconds": 1_000, "microseconds": 1}
FIRST, LAST = "1900-01-01", "2200-01-01"


@dataclass(frozen=True)
class Zones:
    """The zone that times of a source stand in, and the company's."""

    source: str
    company: str

    def local(self, expression: str) -> str:
        """A wall-clock time of the source on the company's wall clock."""
        return expression if self.source == self.company else self.from_utc(self._utc(expression))

    def from_utc(self, expression: str) -> str:
        """A wall-clock time in UTC on the company's wall clock."""
        if self.company == "UTC":
            return expression
        return f"timezone({text(self.company)}, timezone('UTC', {expression}))"

    def from_instant(self, expression: str) -> str:
        """A TIMESTAMPTZ on the company's wall clock."""
        return f"timezone({text(self.company)}, {expression})"

    def _utc(self, expression: str) -> str:
        return f"timezone('UTC', timezone({text(self.source)}, {expression}))"


def iso_moment(raw: str, zones: Zones) -> str:
    """SQL for the moment in an ISO text; null where it is none."""
    suffix = f"regexp_extract({raw}, '(Z|z|UTC|[+-]\\d{{2}}(:?\\d{{2}})?)$', 1)"
    body = f"trim(replace(left({raw}, length({raw}) - length({suffix})), ',', '.'))"
    whole = f"CASE WHEN length({body}) = 16 THEN {body} || ':00' ELSE {body} END"
    stamp = f"TRY_CAST({whole} AS TIMESTAMP)"
    digits = f"rpad(replace({suffix}, ':', ''), 5, '0')"
    seconds = f"(CAST(substr({digits}, 2, 2) AS INTEGER) * 3600 + CAST(substr({digits}, 4, 2) AS INTEGER) * 60)"
    signed = (
        f"CASE WHEN {suffix} IN ('Z', 'z', 'UTC') THEN 0 WHEN {suffix} LIKE '-%' THEN -{seconds} ELSE {seconds} END"
    )
    instant = f"({stamp} - to_seconds({signed}))"
    return (
        f"CASE WHEN length({raw}) = 10 THEN TRY_CAST({raw} AS TIMESTAMP) "
        f"WHEN length({raw}) > 16 AND {suffix} <> '' THEN {zones.from_utc(instant)} "
        f"ELSE {zones.local(stamp)} END"
    )


def formatted_moment(raw: str, form: str, zones: Zones) -> str:
    """SQL for the moment in a text of the declared strptime format; null where it does not fit."""
    parsed = f"try_strptime({raw}, {text(form)})"
    if "%z" in form or "%Z" in form:
        return zones.from_instant(f"CAST({parsed} AS TIMESTAMPTZ)")
    timed = any(sign in form for sign in ("%H", "%I", "%c", "%X", "%-H", "%-I"))
    return zones.local(parsed) if timed else parsed


def epoch_moment(number: str, unit: str, zones: Zones) -> str:
    """SQL for the moment at a number of units since 1970 in UTC."""
    micros = f"TRY_CAST(round({number} * {_EPOCH_UNITS[unit]}) AS BIGINT)"
    bounded = f"CASE WHEN abs({number}) < {8_000_000_000_000_000 // _EPOCH_UNITS[unit]} THEN {micros} END"
    return zones.from_utc(f"make_timestamp({bounded})")


def typed_moment(column: str, kind: str, zones: Zones) -> str:
    """SQL for a column that is a date or time already."""
    if kind == "DATE":
        return f"CAST({column} AS TIMESTAMP)"
    if kind == "TIMESTAMP WITH TIME ZONE":
        return zones.from_instant(column)
    return zones.local(f"CAST({column} AS TIMESTAMP)")

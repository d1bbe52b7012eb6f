"""From a source's columns to one canonical column, strictly: what does not fit is named, never bent.

A ``Cell`` is SQL in two layers: ``raws`` over the landed columns (missing values made null, words mapped), and
``value`` and ``checks`` over the aliases of those raws. A check is a condition that must not hold, with its rule.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.config import ColumnSpec, CurrencySettings, Length, Operand
from pipeline.contracts import Column
from pipeline.errors import ContractError
from pipeline.sources.landing import TEXT
from pipeline.sources.moments import FIRST, ISO, LAST, Zones, epoch_moment, formatted_moment, iso_moment, typed_moment
from pipeline.sources.scratch import ident, text
from pipeline.sources.words import clean_id, clean_text, mapped, sql_word, without_nulls

_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT"}
_DURATIONS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
_MONTHS = {"monthly": 1, "quarterly": 3, "annual": 12}
_EXACT = {"DOUBLE": 2**53, "FLOAT": 2**24}
"""Up to where these types tell whole numbers apart."""
_NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?"
MAX_TEXT = 1_000_000
_PLAIN = {"text": "VARCHAR", "moment": "TIMESTAMP", "boolean": "BOOLEAN", "number": "DOUBLE"}


@dataclass
class Cell:
    """SQL for one canonical column; see the module."""

    name: str
    raws: dict[str, str] = field(default_factory=dict)
    value: str = "NULL"
    checks: list[tuple[str, str]] = field(default_factory=list)
    shown: str = "NULL"
    source: str | None = None


@dataclass(frozen=True)
class Caster:
    """Casts for one source: its column types, null words, zones and currency."""

    types: Mapping[str, str]
    nulls: tuple[str, ...]
    zones: Zones
    currency: CurrencySettings
    where: str
    rated: bool = False  # rows carry a currency, so money is multiplied by the raw named rate
    clean: frozenset[str] = frozenset()  # text columns whose every value needs no cleaning

    def cell(self, name: str, column: Column, spec: ColumnSpec) -> Cell:
        """The canonical column ``name`` made as ``spec`` says.

        Raises ContractError where a typed column can never fit without a declared cast.
        """
        cell = Cell(name, source=spec.column)
        if spec.value is not None:
            self._constant(cell, column, spec)
        elif spec.concat:
            self._concat(cell, spec)
        elif spec.product or spec.sum:
            self._arithmetic(cell, column, spec)
        else:
            self._single(cell, column, spec)
        if spec.plus:
            self._plus(cell, spec.plus)
        self._range(cell, column)
        return cell

    def _raw(self, cell: Cell, source: str, spec: ColumnSpec | None, wanted: str = "") -> tuple[str, str]:
        """Register ``source`` as a raw of ``cell`` that ``wanted`` a kind of column; its alias and type."""
        kind, expression = self.types[source], ident(source)
        if spec is not None and spec.cast == "text" and kind == "VARCHAR":
            kind = TEXT
        elif spec is not None and spec.cast == "text" and wanted == "text":
            kind, expression = TEXT, self._written(cell, expression, kind)
        nulls = self.nulls if spec is None or spec.nulls is None else spec.nulls
        expression = without_nulls(expression, kind, nulls, wanted == "moment")
        if spec is not None and spec.values:
            expression, kind = mapped(expression, kind, spec.values), TEXT
        alias = f"r_{cell.name}_{len(cell.raws)}"
        cell.raws[alias] = expression
        return ident(alias), kind

    def _written(self, cell: Cell, column: str, kind: str) -> str:
        """SQL for a typed column as text: 12345.0 is 12345, and what is no number is missing."""
        if kind not in _EXACT:
            return f"CAST({column} AS VARCHAR)"
        alias, finite = f"r_{cell.name}_size", f"isfinite({column})"
        cell.raws[alias] = f"CASE WHEN {finite} THEN abs({column}) END"
        cell.checks.append((f"{ident(alias)} > {_EXACT[kind]}", f"is too large for {kind} to tell it from the next"))
        whole = f"WHEN {column} = trunc({column}) THEN CAST(TRY_CAST({column} AS HUGEINT) AS VARCHAR)"
        return f"CASE WHEN NOT {finite} THEN NULL {whole} ELSE CAST({column} AS VARCHAR) END"

    def _single(self, cell: Cell, column: Column, spec: ColumnSpec) -> None:
        assert spec.column is not None
        raw, kind = self._raw(cell, spec.column, spec, column.kind)
        cell.shown = f"CAST({raw} AS VARCHAR)"
        self._fits(column, spec, kind)
        build = {"text": self._text, "moment": self._moment, "boolean": self._boolean}.get(column.kind, self._number)
        build(cell, column, spec, raw, kind)

    def _constant(self, cell: Cell, column: Column, spec: ColumnSpec) -> None:
        """The same for every row, in the units that a column would be in."""
        cell.shown = sql_word(spec.value)
        if column.kind in _PLAIN:
            cell.value = f"CAST({cell.shown} AS {_PLAIN[column.kind]})"
            return
        number = f"CAST({float(spec.value or 0)!r} AS DOUBLE)"
        cell.value = self._scaled(cell, column, number, self._factor(column, spec), exact=True)

    def _fits(self, column: Column, spec: ColumnSpec, kind: str) -> None:
        """Raise ContractError where a typed file's column has a type that its contract does not promise."""
        told = f"{self.where}: column {spec.column!r} holds {kind}, the contract wants {column.kind}"
        numeric = kind in _INTEGERS or kind in ("DOUBLE", "FLOAT") or kind.startswith("DECIMAL")
        timed = kind == "DATE" or kind.startswith("TIMESTAMP")
        fits = {
            "text": not timed and kind not in ("DOUBLE", "FLOAT"),
            "moment": timed or (numeric and spec.unit is not None) or (kind == "VARCHAR" and spec.format is not None),
            "boolean": kind == "BOOLEAN" or kind in _INTEGERS,
        }.get(column.kind, numeric)
        if kind != TEXT and not fits:
            raise ContractError(told, hint="if it is meant so, declare {column: ..., cast: text} or a format")

    def _text(self, cell: Cell, column: Column, spec: ColumnSpec, raw: str, kind: str) -> None:
        told = raw if kind in (TEXT, "VARCHAR") else f"CAST({raw} AS VARCHAR)"
        if spec.column in self.clean:
            cell.value = told
        else:
            cell.value = clean_id(told) if cell.name.endswith("_id") else clean_text(told)
        if kind in (TEXT, "VARCHAR"):
            cell.checks.append((f"strlen({told}) > {MAX_TEXT}", f"is longer than {MAX_TEXT:,} bytes"))

    def _moment(self, cell: Cell, column: Column, spec: ColumnSpec, raw: str, kind: str) -> None:
        rule = "is not an ISO date or time; declare its format"
        zones = Zones(spec.time_zone, self.zones.company) if spec.time_zone else self.zones
        if spec.unit in ("seconds", "milliseconds", "microseconds"):
            number, rule = self._parsed(raw, spec, kind), f"is not a number of {spec.unit} since 1970"
            cell.value = epoch_moment(number, spec.unit, zones)
        elif spec.format and kind in (TEXT, "VARCHAR"):
            cell.value = formatted_moment(raw, spec.format, zones)
            rule = f"does not fit the format {spec.format}"
        elif kind == TEXT:
            cell.value = f"CASE WHEN regexp_full_match({raw}, '{ISO}') THEN {iso_moment(raw, zones)} END"
        else:
            cell.value = typed_moment(raw, kind, zones)
        value = ident(f"v_{cell.name}")
        cell.checks.append((f"{raw} IS NOT NULL AND {value} IS NULL", rule))
        bounds = f"{value} < TIMESTAMP '{FIRST}' OR {value} >= TIMESTAMP '{LAST}' OR NOT isfinite({value})"
        cell.checks.append((bounds, f"is not between {FIRST} and {LAST}"))

    def _boolean(self, cell: Cell, column: Column, spec: ColumnSpec, raw: str, kind: str) -> None:
        if kind == "BOOLEAN":
            cell.value = raw
            return
        word = f"lower(CAST({raw} AS VARCHAR))"
        cell.value = (
            f"CASE WHEN {word} IN ('true', 't', 'yes', 'y', '1') THEN true "
            f"WHEN {word} IN ('false', 'f', 'no', 'n', '0') THEN false END"
        )
        cell.checks.append((f"{raw} IS NOT NULL AND {ident('v_' + cell.name)} IS NULL", "is neither true nor false"))

    def _number(self, cell: Cell, column: Column, spec: ColumnSpec, raw: str, kind: str) -> None:
        factor = self._factor(column, spec)
        rule = "is not a whole number" if column.kind == "integer" and factor == 1 else "is not a number"
        number = self._parsed(raw, spec, kind)
        if spec.divide_by:
            number = self._divided(cell, number, spec)
        cell.value = self._scaled(cell, column, number, factor, exact=not spec.divide_by)
        cell.checks.append((f"{raw} IS NOT NULL AND {ident('v_' + cell.name)} IS NULL", rule))

    def _arithmetic(self, cell: Cell, column: Column, spec: ColumnSpec) -> None:
        parts = [self._operand(cell, part) for part in spec.product or spec.sum]
        number = "(" + (" * " if spec.product else " + ").join(parts) + ")"
        cell.shown = "concat_ws(' ', " + ", ".join(f"CAST({ident(raw)} AS VARCHAR)" for raw in cell.raws) + ")"
        cell.value = self._scaled(cell, column, self._divided(cell, number, spec), self._factor(column, spec), False)

    def _divided(self, cell: Cell, number: str, spec: ColumnSpec) -> str:
        for part in spec.divide_by:
            number = f"({number} / nullif({self._operand(cell, part)}, 0))"
        return number

    def _operand(self, cell: Cell, part: Operand) -> str:
        """SQL for a number in declared arithmetic, with a check that what is there is one."""
        if part.column is None:
            return f"CAST({part.value!r} AS DOUBLE)"
        words = {word: str(number) for word, number in part.values.items()}
        spec = ColumnSpec(column=part.column, values=words, cast="text")
        raw, kind = self._raw(cell, part.column, spec)
        number = self._parsed(raw, spec, kind)
        cell.checks.append((f"{raw} IS NOT NULL AND {number} IS NULL", f"{part.column} is not a number"))
        default = "" if part.default is None else f", {part.default!r}"
        return f"(coalesce(CAST({number} AS DOUBLE){default}) * {part.multiply!r})"

    def _parsed(self, raw: str, spec: ColumnSpec, kind: str) -> str:
        """SQL for the number in ``raw``: a finite DOUBLE, or null where it is none."""
        if kind != TEXT:
            return f"CASE WHEN isfinite(CAST({raw} AS DOUBLE)) THEN {raw} END"
        if spec.unit in ("hh:mm", "hh:mm:ss"):
            return _clock(raw)
        plain = raw
        pattern = _NUMBER
        if spec.decimal != "." or spec.thousands:
            group, point = re.escape(spec.thousands), re.escape(spec.decimal)
            whole = rf"(\d{{1,3}}({group}\d{{3}})+|\d+)" if spec.thousands else r"\d+"
            pattern = rf"[+-]?{whole}({point}\d+)?"
            plain = f"replace(replace({raw}, {text(spec.thousands)}, ''), {text(spec.decimal)}, '.')"
        number = f"TRY_CAST({plain} AS DOUBLE)"
        return f"CASE WHEN regexp_full_match({raw}, {text(pattern)}) AND isfinite({number}) THEN {number} END"

    def _factor(self, column: Column, spec: ColumnSpec) -> float:
        """What a number is multiplied by to stand in the contract's unit."""
        factor = spec.multiply
        if column.kind == "money":
            factor *= (1 if spec.unit == "minor" else 10**self.currency.digits) / _MONTHS[spec.interval]
        elif column.kind == "micro":
            factor *= 1_000_000
        elif spec.unit in _DURATIONS:
            factor *= _DURATIONS[spec.unit]
        return factor

    def _scaled(self, cell: Cell, column: Column, number: str, factor: float, exact: bool) -> str:
        scaled = number if factor == 1 else f"({number} * {factor!r})"
        if column.kind == "money":
            # a missing rate is its own rule, and not that of the amount
            scaled = f"({scaled} * coalesce(rate, 1))" if self.rated else scaled
        if column.kind == "number":
            return f"CAST({scaled} AS DOUBLE)"
        if column.kind == "integer" and factor == 1 and exact:
            return f"CASE WHEN {number} = trunc({number}) THEN TRY_CAST({number} AS BIGINT) END"
        # a sixth decimal place is far below a minor unit and hides the last bit of binary fractions
        return f"TRY_CAST(round(round(CAST({scaled} AS DOUBLE), 6)) AS BIGINT)"

    def _concat(self, cell: Cell, spec: ColumnSpec) -> None:
        parts = []
        for source in spec.concat:
            raw, _ = self._raw(cell, source, None)
            parts.append(f"coalesce(CAST({raw} AS VARCHAR), '')")
        cell.value = clean_id(f"concat_ws('/', {', '.join(parts)})")
        cell.shown = cell.value

    def _plus(self, cell: Cell, length: Length) -> None:
        """Add a declared duration to the moment."""
        per = _DURATIONS[length.unit] * 1_000_000
        if length.column is None:
            micros = str(int((length.value or 0) * per))
        else:
            spec = ColumnSpec(column=length.column, cast="text")
            raw, kind = self._raw(cell, length.column, spec)
            number = self._parsed(raw, spec, kind)
            cell.checks.append((f"{raw} IS NOT NULL AND {number} IS NULL", f"{length.column} is not a number"))
            micros = f"CAST(round({number} * {per}) AS BIGINT)"
        cell.value = f"({cell.value} + to_microseconds({micros}))"
        # the moment's own check asks whether it could be read, which a missing duration must not fail
        cell.checks = [(f"({condition}) AND {micros} IS NOT NULL", rule) for condition, rule in cell.checks]

    def _range(self, cell: Cell, column: Column) -> None:
        value = ident(f"v_{cell.name}")
        if column.low is not None:
            cell.checks.append((f"{value} < {column.low!r}", f"is below {column.low:g}"))
        if column.high is not None:
            cell.checks.append((f"{value} > {column.high!r}", f"is above {column.high:g}"))
        if column.required:
            cell.checks.insert(
                0, (f"{' AND '.join(f'{ident(raw)} IS NULL' for raw in cell.raws) or 'false'}", "is missing")
            )


def _clock(raw: str) -> str:
    """SQL for the seconds in hours:minutes[:seconds]."""
    pieces = [f"CAST(split_part({raw}, ':', {i}) AS DOUBLE)" for i in (1, 2)]
    seconds = f"coalesce(TRY_CAST(nullif(split_part({raw}, ':', 3), '') AS DOUBLE), 0)"
    return (
        rf"CASE WHEN regexp_full_match({raw}, '\d+:\d{{2}}(:\d{{2}})?') "
        f"THEN {pieces[0]} * 3600 + {pieces[1]} * 60 + {seconds} END"
    )

"""How one canonical column is made from a source's columns.

The short form is the source's column name. The long form takes exactly one origin and says how to read it::

    owner: csm_assigned
    kind: {value: nps}                                        # the same for every row
    subscription_id: {concat: [account, product]}             # joined by "/"
    mrr: {column: arr, interval: annual}                      # money in major units, a year's worth
    mrr: {product: [unit_amount, quantity], divide_by: {column: interval, values: {month: 1, year: 12}}, unit: minor}
    amount: {sum: [subtotal, {column: credits, multiply: -1, default: 0}]}
    solved_at: {column: created, plus: {column: resolution_hours, unit: hours}}
    priority: {column: severity, values: {critical: urgent}}
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from pipeline.config.base import Names, Section, Texts, plain

Unit = Literal[
    "major", "minor", "microseconds", "milliseconds", "seconds", "minutes", "hours", "days", "hh:mm", "hh:mm:ss"
]
Interval = Literal["monthly", "quarterly", "annual"]
Fold = Literal["min", "max", "sum", "count"]
History = Literal["event", "versioned", "static", "snapshot"]
ORIGINS = ("column", "value", "concat", "product", "sum")


def strptime_of(form: str) -> str:
    """DD.MM.YYYY hh:mm:ss and the like as the strptime format that is meant."""
    day, *clock = re.split(r"(?=[Hh])", form, maxsplit=1)
    for letters, sign in (("YYYY|yyyy|JJJJ", "%Y"), ("MM", "%m"), ("DD|dd|TT", "%d"), ("YY|yy", "%y")):
        day = re.sub(letters, sign, day)
    told = "".join(clock)
    for letters, sign in (("HH|hh", "%H"), ("MM|mm|nn", "%M"), ("SS|ss", "%S")):
        told = re.sub(letters, sign, told)
    return day + told if "%" in day + told else "%d.%m.%Y"


def _named(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


def _operand(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"value": value}
    return _named(value)


def _operands(value: Any) -> Any:
    return [_operand(item) for item in value] if isinstance(value, list | tuple) else [_operand(value)]


def _words(value: Any) -> Any:
    return {plain(key): word for key, word in value.items()} if isinstance(value, dict) else value


class Operand(Section):
    """A number in declared arithmetic: a source column, or a constant.

    ``values`` maps the column's words to numbers; ``default`` stands in where the column is missing.
    """

    column: str | None = None
    value: float | None = None
    values: Annotated[dict[str, float], BeforeValidator(_words)] = Field(default_factory=dict)
    multiply: float = 1
    default: float | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Operand:
        if (self.column is None) == (self.value is None):
            raise ValueError("give either a column or a value")
        return self


class Length(Section):
    """A duration that is added to a moment: a source column or a constant, in ``unit``."""

    column: str | None = None
    value: float | None = None
    unit: Literal["seconds", "minutes", "hours", "days"] = "days"

    @model_validator(mode="after")
    def _one_origin(self) -> Length:
        if (self.column is None) == (self.value is None):
            raise ValueError("give either a column or a value")
        return self


class ColumnSpec(Section):
    """One canonical column: exactly one origin (column, value, concat, product or sum) and how to read it.

    - ``unit``: money in ``major`` (default) or ``minor`` units; durations in ``seconds`` (default) to ``days`` or
      ``hh:mm:ss``; moments as numbers since 1970 in ``seconds`` to ``microseconds``.
    - ``interval``: what span an amount is for; divided to a month's worth.
    - ``format``: strptime format of a moment; without one only ISO dates and times are read.
    - ``decimal``, ``thousands``: signs of a number; ``multiply``: factor after reading it.
    - ``values``: the source's word -> ours (words not listed stay; null makes the word mean missing).
    - ``nulls``: texts that mean missing, instead of the source's.
    - ``cast: text``: a typed file (Parquet, database) holds it as text, to be cast strictly.
    - ``fold``: rows are grouped by account and this column is folded.
    - ``history: snapshot``: as of the export; reported, so that training leaves it out. ``static``: it never changes; a
      ``segment`` is as of the export where that is not said.
    """

    column: str | None = None
    value: str | float | bool | None = None
    concat: Names = ()
    product: Annotated[tuple[Operand, ...], BeforeValidator(_operands)] = ()
    sum: Annotated[tuple[Operand, ...], BeforeValidator(_operands)] = ()
    divide_by: Annotated[tuple[Operand, ...], BeforeValidator(_operands)] = ()
    plus: Length | None = None
    unit: Unit | None = None
    interval: Interval = "monthly"
    format: str | None = None
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    multiply: float = 1
    values: Annotated[dict[str, str | float | bool | None], BeforeValidator(_words)] = Field(default_factory=dict)
    nulls: Texts | None = None
    cast: Literal["text"] | None = None
    time_zone: str | None = None
    fold: Fold | None = None
    history: History | None = None

    @property
    def arithmetic(self) -> bool:
        """Whether the value is computed from numbers."""
        return bool(self.product or self.sum or self.divide_by)

    @model_validator(mode="after")
    def _one_origin(self) -> ColumnSpec:
        given = [name for name in ORIGINS if getattr(self, name) not in (None, ())]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(ORIGINS)}; found {', '.join(given) or 'none'}")
        if self.format is not None and "%" not in self.format:
            raise ValueError(f'format {self.format!r} has no % sign; write "{strptime_of(self.format)}"')
        if self.decimal == self.thousands:
            raise ValueError(f"decimal and thousands are both {self.decimal!r}")
        return self


class Attribute(Section):
    """A column of the accounts beside the contract: ``attr_<name>`` when ``static``, else ``snapshot_<name>``."""

    column: str | None = None
    static: bool = False
    kind: Literal["text", "number"] = "text"
    values: Annotated[dict[str, str | float | bool | None], BeforeValidator(_words)] = Field(default_factory=dict)
    nulls: Texts | None = None
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    fold: Fold | None = None

    def spec(self, name: str) -> ColumnSpec:
        """The same as a column; the source's column has the attribute's name unless told."""
        told = self.model_dump(include={"values", "nulls", "decimal", "thousands", "fold"})
        return ColumnSpec(column=self.column or name, **told)


class Scale(Section):
    """How a survey was asked: lowest and highest answer, and which end is good."""

    min: float
    max: float
    higher_is: Literal["better", "worse"]

    @model_validator(mode="after")
    def _in_order(self) -> Scale:
        if self.min >= self.max:
            raise ValueError(f"min {self.min:g} is not below max {self.max:g}")
        return self


Columns = Annotated[dict[str, Annotated[ColumnSpec, BeforeValidator(_named)]], Field()]
ColumnOrName = Annotated[ColumnSpec, BeforeValidator(_named)]

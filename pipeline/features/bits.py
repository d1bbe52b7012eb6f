"""Sets of small numbers as the bits of one: what every engine has by the same names."""

from __future__ import annotations

from typing import Any

import ibis


# DuckDB answers in one byte, Spark in four: the smaller is declared, so that Ibis does not leave out the cast
@ibis.udf.scalar.builtin(signature=(("int64",), "int8"))  # type: ignore[untyped-decorator]
def bit_count(bits: Any) -> Any:
    """How many bits are set."""


# Ibis has it for some engines only; the engines agree on the name
@ibis.udf.agg.builtin(signature=(("int64",), "int64"))  # type: ignore[untyped-decorator]
def bit_or(bits: Any) -> Any:
    """All bits that are set in any row."""


def bit(number: Any) -> Any:
    """The set of one number."""
    return ibis.literal(1, "int64") << number.cast("int32")

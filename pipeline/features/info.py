"""What a feature is, for those who only read it: models, reasons, model cards. Asks for nothing but Python."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

DIMENSIONS = (
    "usage",
    "adoption",
    "support",
    "effort",
    "sentiment",
    "relationship",
    "commercial",
    "onboarding",
    "timing",
)
"""The parts that a health score is told in."""

_UNIT = re.compile(r"\s*Unit: ([^.]+)\.")


@dataclass(frozen=True)
class FeatureInfo:
    """One column of the feature table.

    ``reason``: plain words with ``{value}``, ``{before}``, ``{weeks}`` or ``{peers}``, of a rank with ``{rest}`` too
    (the share of the peers that the account does not stand above); None where it is no use as one.
    ``before``: the column that holds the same measure in the window before. ``direction``: +1 higher is worse, -1
    higher is better, 0 unknown. ``group``: correlated features that share one reason. ``kind``: number or text.
    ``age``: the column of its age in days where it loses weight with time; empty for most.
    """

    name: str
    measure: str
    dimension: str
    source: str
    weeks: int | None = None
    reason: str | None = None
    unit: str = ""
    doc: str = ""
    direction: int = 0
    before: str | None = None
    group: str = ""
    kind: str = "number"
    age: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> FeatureInfo:
        """The inverse of ``to_dict``."""
        return cls(**values)


def doc_and_unit(docstring: str | None) -> tuple[str, str]:
    """The words of a declaration's docstring, and the unit that it ends with (``Unit: days.``)."""
    text = " ".join((docstring or "").split())
    found = _UNIT.search(text)
    return _UNIT.sub("", text), found[1] if found else ""


def slug(text: str) -> str:
    """``text`` as part of a column name: lower case, one underscore for anything but letters and digits."""
    return re.sub(r"[^0-9a-z]+", "_", text.lower()).strip("_")

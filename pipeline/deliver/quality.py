"""What the ingest counted, source by source: the page on the data and the workbook of operations tell the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

COUNTS = ("records", "accepted", "quarantined", "duplicates", "filtered")
"""Where each record of a source went: the first is the sum of the others."""


def read(inputs: Mapping[str, Any]) -> pd.DataFrame:
    """A row a source: its files, its counts, and the latest moment that any of its rows tells of."""
    rows = [
        {
            "source": str(source["name"]),
            "files": len(source.get("files", ())),
            **{name: int(source.get(name, 0)) for name in COUNTS},
            "newest": latest(source),
        }
        for source in inputs.get("sources", ())
    ]
    return pd.DataFrame(rows, columns=["source", "files", *COUNTS, "newest"])


def broken(inputs: Mapping[str, Any]) -> pd.DataFrame:
    """A row for each rule that records of a source broke, the most frequent first."""
    rows = [
        {"source": str(source["name"]), "records": int(count), "rule": str(rule)}
        for source in inputs.get("sources", ())
        for rule, count in sorted(dict(source.get("rules", {})).items(), key=lambda item: (-int(item[1]), item[0]))
    ]
    return pd.DataFrame(rows, columns=["source", "records", "rule"])


def latest(source: Mapping[str, Any]) -> pd.Timestamp | None:
    """The latest word of a source: its newest row, or what was filled in later; None where it has none."""
    told: str | None = source.get("heard") or source.get("last")
    return None if told is None else pd.Timestamp(told)

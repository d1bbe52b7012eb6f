"""How health is spread: over the points of the scale, by segment, and from week to week."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from pipeline.portfolio.headline import BANDS

STEP = 10
UNKNOWN_SEGMENT = "no segment"


def health(scores: pd.DataFrame, digits: int, earlier: Iterable[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """The spread of one week's ``scores`` (health, band, segment, arr in currency units), portfolio.json's ``health``.

    ``earlier`` are the manifests of the weeks before, oldest first: their bands stand there as they were published.
    """
    weeks = [week for week in map(_week, earlier) if week is not None]
    return {"histogram": _histogram(scores), "segments": _segments(scores, digits), "weeks": weeks}


def _histogram(scores: pd.DataFrame) -> list[dict[str, Any]]:
    """Accounts in each tenth of the scale; 100 itself is in the last."""
    place = (scores["health"].astype(float) // STEP).clip(upper=100 // STEP - 1)
    counts = place.value_counts()
    return [{"from": low, "to": low + STEP, "accounts": int(counts.get(low // STEP, 0))} for low in range(0, 100, STEP)]


def _segments(scores: pd.DataFrame, digits: int) -> list[dict[str, Any]]:
    named = scores["segment"].astype("string").fillna(UNKNOWN_SEGMENT) if "segment" in scores else UNKNOWN_SEGMENT
    groups = scores.assign(segment=named).groupby("segment", sort=True)
    return [{"segment": str(name), **_segment(group, digits)} for name, group in groups]


def _segment(group: pd.DataFrame, digits: int) -> dict[str, Any]:
    counts = group["band"].value_counts()
    return {
        "accounts": len(group),
        "median_health": float(group["health"].astype(float).median()),
        "bands": {band: int(counts.get(band, 0)) for band in BANDS},
        "arr": minor_units(group["arr"], digits) if "arr" in group else None,
    }


def minor_units(amounts: pd.Series, digits: int) -> int | None:
    """The sum of amounts in currency units as integer minor units; None where none is known."""
    known = amounts.dropna().astype(float)
    return None if known.empty else int((known * 10**digits).round().astype("int64").sum())


def _week(manifest: Mapping[str, Any]) -> dict[str, Any] | None:
    bands = manifest.get("figures", {}).get("bands", [])
    if not bands:
        return None
    return {
        "as_of": manifest["as_of"],
        "model": manifest.get("model", {}).get("version"),
        "bands": {each["band"]: each["accounts"] for each in bands},
    }

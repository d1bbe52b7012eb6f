"""The page on the data: what came in, what was set aside, and how old each source is."""

from __future__ import annotations

from typing import Any

import pandas as pd

from pipeline.deliver import quality, words
from pipeline.deliver.delivery import Delivery
from pipeline.deliver.site import glance
from pipeline.deliver.text import clean
from pipeline.figures import decimal, number, percent
from pipeline.texts import word

_SPOKE = 91
"""Days within which a source speaks for an account (pipeline.health.coverage)."""


def data_health(delivery: Delivery, texts: dict[str, Any]) -> dict[str, Any]:
    """What the template on the data is given."""
    told, sources = texts["data"], delivery.inputs.get("sources", [])
    coverage = glance.coverage(delivery, texts)
    return {
        "heads": tuple(told[name] for name in ("source", *quality.COUNTS, "last", "age", "known_at")),
        "sources": [_source(source, delivery, told) for source in sources],
        "rule_heads": (told["source"], told["rule"], told["rows"]),
        "rules": [
            (clean(source), clean(rule), decimal(count))
            for source, count, rule in quality.broken(delivery.inputs).itertuples(index=False)
        ],
        "age_heads": tuple(told[name] for name in ("source", "spoke", "median", "never")),
        "ages": _ages(delivery.health),
        "charts": [coverage] if coverage else [],
    }


def _source(source: dict[str, Any], delivery: Delivery, told: dict[str, Any]) -> tuple[str, ...]:
    counts = tuple(decimal(source.get(name, 0)) for name in quality.COUNTS)
    last = quality.latest(source)
    age = "" if last is None else decimal(max(0, (pd.Timestamp(delivery.about.as_of) - last).days))
    known = told["assumed" if source.get("known_at") == "assumed" else "stated"]
    return (clean(str(source["name"])), *counts, words.day(last), age, known)


def _ages(health: pd.DataFrame) -> list[tuple[str, ...]]:
    """Of each source: the share of accounts it spoke for, the usual age of its latest row, and where it never did."""
    rows: list[tuple[str, ...]] = []
    for name in (str(column) for column in health.columns if str(column).startswith("age_")):
        ages = health[name].astype(float)
        if ages.empty:
            continue
        median = "" if ages.isna().all() else number(round(float(ages.median())))
        spoke, never = float((ages <= _SPOKE).mean()), float(ages.isna().mean())
        source = name.removeprefix("age_")
        told = word(f"names.sources.{source}", source.replace("_", " "))
        rows.append((told, percent(spoke), median, percent(never)))
    return rows

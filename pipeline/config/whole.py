"""What sections of the configuration must say of each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from pipeline.config.settings import LabelSettings, ModelSettings, SpineSettings

CANDIDATES = ("logistic", "lightgbm", "lightgbm_monotone", "blend")
BENCHMARKS = ("hist_gradient_boosting", "random_forest")
_SECTIONS: tuple[tuple[str, Any], ...] = (("label", LabelSettings), ("spine", SpineSettings), ("model", ModelSettings))
_ALONE = {"contraction": "subscriptions", "going_quiet": "usage"}
"""Kinds that are a label of their own, and the table that each is read from."""


def contradictions(document: Mapping[str, Any]) -> Iterator[str]:
    """The ``disagreements`` of a document that does not hold as a whole, so that all is told in one round.

    Nothing is said of sections that do not hold by themselves: what is wrong with those is told elsewhere.
    """
    try:
        label, spine, model = (kind.model_validate(document.get(name) or {}) for name, kind in _SECTIONS)
    except ValidationError:
        return
    yield from disagreements(label, spine, model, set(_tables(document.get("sources"))))


def _tables(sources: Any) -> Iterator[str]:
    """The tables that a document has sources for, whether or not these hold."""
    for name, told in sources.items() if isinstance(sources, Mapping) else ():
        for source in told if isinstance(told, list | tuple) else (told,):
            yield "levels" if isinstance(source, Mapping) and source.get("period") else name


def disagreements(label: LabelSettings, spine: SpineSettings, model: ModelSettings, tables: set[str]) -> Iterator[str]:
    """Each sentence about settings that cannot be true together; ``tables`` are those that have a source."""
    listed = ", ".join(sorted(tables)) or "none"
    for name, source in (("label.source", label.source), ("spine.active", spine.active)):
        if source != "auto" and source not in tables:
            yield f"{name}: {source} has no source (there are: {listed})"
    yield from _of_kinds(label, tables, listed)
    for setting, names, valid in (
        ("candidates", model.candidates, CANDIDATES), ("benchmarks", model.benchmarks, BENCHMARKS)
    ):  # fmt: skip
        for name in [name for name in names if name not in valid]:
            yield f"model.{setting}: unknown {name!r} (valid: {', '.join(valid)})"


def _of_kinds(label: LabelSettings, tables: set[str], listed: str) -> Iterator[str]:
    for kind, source in _ALONE.items():
        if kind in label.kinds and len(label.kinds) > 1:
            yield f"label.kinds: {kind} is a label of its own; it cannot stand beside other kinds"
        if kind in label.kinds and source not in tables:
            yield f"label.kinds: {kind} needs {source} (there are: {listed})"
    if label.source == "churns" and "cancellation" not in label.kinds:
        yield "label.kinds: recorded churns do not tell their kind; list cancellation, which takes them all"

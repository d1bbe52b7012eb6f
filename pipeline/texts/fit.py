"""Whether a translation fits the English texts: the same keys, the same kinds of value, no place of its own.

What does not fit is left out, so that a mistake in a translation never stops a week.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from string import Formatter
from typing import Any

OPEN: Mapping[str, tuple[str, ...]] = {
    "reasons.of_features": ("value", "before", "weeks", "peers", "rest", "item"),
    "reasons.names": (),
    "reasons.singular": (),
}
"""Sections to which a language gives keys of its own, and the places that their texts may have."""


WHOLE = ("reasons.singular",)
"""Of these the sections that a language gives as a whole: English words for one of a kind are no use to another."""


def fitted(english: Mapping[str, Any], own: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """The English texts with those of ``own`` that fit in their place."""
    found: dict[str, Any] = {}
    for key, text in english.items():
        place, other = _under(path, key), own.get(key)
        if place in OPEN:
            given = other if isinstance(other, Mapping) else {}
            fits = {k: v for k, v in given.items() if not _open_problem(place, v)}
            found[key] = (fits or text) if place in WHOLE else {**text, **fits}
        elif isinstance(text, Mapping):
            found[key] = fitted(text, other if isinstance(other, Mapping) else {}, place)
        else:
            found[key] = text if other is None or _problem(text, other) else other
    return found


def findings(english: Mapping[str, Any], own: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """A sentence for each entry of ``own`` that does not fit."""
    for key, other in own.items():
        place = _under(path, key)
        if key not in english:
            near = get_close_matches(str(key), [str(each) for each in english], n=1, cutoff=0.5)
            yield f"{place}: unknown key" + (f"; did you mean {near[0]}?" if near else "")
        elif isinstance(english[key], Mapping):
            if not isinstance(other, Mapping):
                yield f"{place}: is a section with keys below it, not a text"
            elif place in OPEN:
                yield from (f"{place}.{k}: {told}" for k, v in other.items() if (told := _open_problem(place, v)))
            else:
                yield from findings(english[key], other, place)
        elif told := _problem(english[key], other):
            yield f"{place}: {told}"


def leaves(texts: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Every single text with its key; lists have no key for their entries."""
    for key, text in texts.items():
        if isinstance(text, Mapping):
            yield from leaves(text, _under(path, key))
        elif isinstance(text, str):
            yield _under(path, key), text


def places(text: str) -> set[str]:
    """The names in braces. Raises ValueError where braces do not match."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def _problem(english: Any, other: Any) -> str:
    """Why a text cannot stand in for the English one; empty where it can."""
    if isinstance(english, list):
        fits = isinstance(other, list) and len(other) == len(english) and all(isinstance(each, str) for each in other)
        return "" if fits else f"needs a list of {len(english)} texts"
    if not isinstance(other, str):
        return f"needs a text, found {other!r} (put it in quotes)"
    return _unknown_places(other, places(english))


def _open_problem(place: str, other: Any) -> str:
    if not isinstance(other, str):
        return f"needs a text, found {other!r} (put it in quotes)"
    return _unknown_places(other, set(OPEN[place]))


def _unknown_places(text: str, known: set[str]) -> str:
    try:
        more = sorted(places(text) - known)
    except ValueError as error:
        return f"braces do not match ({error})"
    valid = ", ".join(f"{{{name}}}" for name in sorted(known)) or "none"
    return f"unknown place {{{more[0]}}} (valid: {valid})" if more else ""


def _under(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)

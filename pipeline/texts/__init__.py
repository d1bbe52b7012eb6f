"""Every text that people read of what is delivered, in one file a language.

``en.yaml`` holds them all. A translation (``de.yaml``) has the same keys with other words; what it leaves out, and what
it says in a way that does not fit, is told in English, and ``holdfast check`` names it. Values that scripts and code
compare (bands, signals, status) are no texts: they stay as they are, and the catalogue says what to call them.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from pipeline.texts.fit import findings, fitted, leaves

ENGLISH = "en"
FOLDER = Path(__file__).parent
"""Where the languages are, a file each."""

Texts = dict[str, Any]

_LANGUAGE: ContextVar[str] = ContextVar("language", default=ENGLISH)


@contextlib.contextmanager
def spoken(language: str) -> Iterator[None]:
    """Texts are those of ``language`` until the block ends."""
    token = _LANGUAGE.set(language)
    try:
        yield
    finally:
        _LANGUAGE.reset(token)


def language() -> str:
    """The language in force."""
    return _LANGUAGE.get()


def languages() -> list[str]:
    """The languages that there are, by name."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def catalogue() -> Texts:
    """Every text in the language in force, by section and name, whole: English where it has no words of its own."""
    return _whole(FOLDER, language())


def say(key: str, **values: object) -> str:
    """The text of a key (``resting.contacted``) with its places filled. Raises KeyError where there is no such text."""
    text = _by_key(FOLDER, language())[key]
    return text.format(**values) if values else text


def word(key: str, otherwise: str) -> str:
    """The text of a key, or ``otherwise`` where a word comes from the data and the catalogue may not know it."""
    return _by_key(FOLDER, language()).get(key, otherwise)


def every(key: str) -> list[str]:
    """The text of a key in each language that can be read, for what people write back; the one in force last."""
    found = []
    for name in sorted(languages(), key=lambda name: name == language()):
        with contextlib.suppress(ValueError):
            found.append(_by_key(FOLDER, name)[key])
    return found


def problems(name: str) -> list[str]:
    """What of a language's file is told in English, and why: unknown keys, other kinds of value, unknown places.

    Raises ValueError where the file is no YAML at all.
    """
    return [] if name == ENGLISH else list(findings(_read(FOLDER, ENGLISH), _read(FOLDER, name)))


@functools.cache
def _whole(folder: Path, name: str) -> Texts:
    english = _read(folder, ENGLISH)
    return english if name == ENGLISH else fitted(english, _read(folder, name))


@functools.cache
def _by_key(folder: Path, name: str) -> dict[str, str]:
    return dict(leaves(_whole(folder, name)))


@functools.cache
def _read(folder: Path, name: str) -> Texts:
    import yaml

    path = folder / f"{name}.yaml"
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name} is no YAML: {' '.join(str(error).split())}") from None
    if not isinstance(found, dict):
        raise ValueError(f"{path.name} holds no texts by name")
    return found

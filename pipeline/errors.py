"""Every error a user can meet, with the exit code that scripts rely on.

The tree::

    HoldfastError            1
    ├── ConfigError          2   config.yaml or the command line is wrong
    ├── ContractError        3   the data break a contract
    ├── GateError            4   freshness or volume: nothing is published
    ├── ModelGateError       5   a model may not be used or promoted
    ├── StorageError        74   reading or writing failed
    └── LockedError         75   another run holds the workspace
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class HoldfastError(Exception):
    """What was found, what is valid and what to do next, in words a user can act on.

    ``problems`` holds one sentence a fault, so that all of them can be shown at once.
    """

    exit_code = 1

    def __init__(self, *problems: str, hint: str = "") -> None:
        self.problems = problems
        self.hint = hint
        super().__init__("\n".join([*problems, *([hint] if hint else [])]))


class ConfigError(HoldfastError):
    """``config.yaml`` or the command line asks for something that is not valid."""

    exit_code = 2


class ContractError(HoldfastError):
    """A source does not hold what its contract promises."""

    exit_code = 3


class GateError(HoldfastError):
    """Inputs are too old or too few to publish a week."""

    exit_code = 4


class ModelGateError(HoldfastError):
    """A model may not be opened, used or promoted."""

    exit_code = 5


class StorageError(HoldfastError):
    """A file or folder could not be read or written."""

    exit_code = 74


class LockedError(HoldfastError):
    """Another run holds the workspace."""

    exit_code = 75


def closest(word: str, valid: Iterable[str]) -> str:
    """What was probably meant, as a sentence; empty where nothing is near.

    An identifier that lost its leading zeros, as spreadsheets take them off, is meant before any that looks like it.
    """
    known = sorted(valid)
    padded = [each for each in known if word and each != word and each.lstrip("0") == word.lstrip("0")]
    near = padded or difflib.get_close_matches(word, known, n=3, cutoff=0.6)
    return f"Did you mean {', '.join(near[:3])}?" if near else ""

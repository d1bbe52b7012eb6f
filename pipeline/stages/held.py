"""A week that monitoring holds: written where a person can look at it, and not published."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

from pipeline.errors import GateError
from pipeline.stages.context import Run
from pipeline.warehouse import storage_errors


def hold(run: Run, cutoff: date, write: Callable[[Path], dict[str, Any]], reasons: Sequence[str]) -> NoReturn:
    """Write the week below ``held/`` in place of what was held before, and raise GateError with the reasons.

    The published weeks stay as they are, and so does ``latest``.
    """
    held = _place(run)
    with storage_errors(held):
        release(run)
        folder = held / cutoff.isoformat()
        folder.mkdir(parents=True)
        write(folder)
    raise GateError(
        *(f"The week of {cutoff} is held: {reason}" for reason in reasons),
        hint=f"Look at {folder}/index.html. If the change is real: 'holdfast publish --approve'. The last list stands.",
    )


def release(run: Run) -> None:
    """Nothing is held any more."""
    shutil.rmtree(_place(run), ignore_errors=True)


def is_held_before(run: Run, cutoff: date) -> bool:
    """Whether an earlier week is held, and nobody has approved it."""
    return any(date.fromisoformat(folder.name) < cutoff for folder in _place(run).glob("[0-9]*"))


def _place(run: Run) -> Path:
    return run.workspace.root / "held"

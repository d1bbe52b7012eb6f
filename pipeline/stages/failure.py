"""What a person is told when a command fails, and the exit code that scripts rely on."""

from __future__ import annotations

from dataclasses import dataclass

from models.errors import ModelError
from pipeline.errors import HoldfastError, ModelGateError, StorageError

_STORAGE = "Check that the place exists, may be written and has space; then run the same command again."
_MEMORY = "Raise engine.memory_limit, or close what else uses the memory; then run the same command again."


@dataclass(frozen=True)
class Failure:
    """What was found, what to do next, and the exit code."""

    problems: tuple[str, ...]
    hint: str
    exit_code: int


def failure(error: BaseException) -> Failure | None:
    """The failure that an error means; None for an error of our own making, which deserves its traceback."""
    if isinstance(error, HoldfastError):
        return Failure(error.problems, error.hint, error.exit_code)
    if isinstance(error, ModelError):
        return Failure(error.problems, error.hint, ModelGateError.exit_code)
    if isinstance(error, KeyboardInterrupt):
        return Failure(("Stopped.",), "Nothing published was touched; run the same command again.", 130)
    if isinstance(error, ImportError) and "libgomp" in str(error):
        return Failure((str(error),), "", 1)
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryException":
        return Failure((_first_line(error),), _MEMORY, StorageError.exit_code)
    if isinstance(error, OSError) or type(error).__name__ == "IOException":
        return Failure((_first_line(error),), _STORAGE, StorageError.exit_code)
    return None


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]

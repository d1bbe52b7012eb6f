"""How far a long fit is: somebody is named around it and told from inside it, so that learners need not pass it on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Progress = Callable[[str], None]


def _nobody(text: str) -> None:
    """Nobody listens."""


_LISTENER: ContextVar[Progress] = ContextVar("listener", default=_nobody)


@contextmanager
def told_to(listener: Progress) -> Iterator[None]:
    """What is told in this thread until the block ends goes to ``listener``."""
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


def tell(text: str) -> None:
    """Say how far the work is, if anybody listens."""
    _LISTENER.get()(text)

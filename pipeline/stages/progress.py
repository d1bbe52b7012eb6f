"""How a command tells a person what it is doing: on standard error, so that standard output stays clean."""

from __future__ import annotations

import time

from rich.console import Console
from rich.status import Status


class Terminal:
    """A spinner with the current work, and one line for what is done. Plain lines where it is no terminal."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._status: Status | None = None
        self._start = time.perf_counter()

    def doing(self, text: str) -> None:
        """Show ``text`` until something else is done."""
        if not self._console.is_terminal:
            return
        if self._status is None:
            self._status = self._console.status(text)
            self._status.start()
        self._status.update(text)

    def done(self, text: str) -> None:
        """Leave ``text`` on the screen, with the seconds since the start."""
        self._line(f"[dim]{time.perf_counter() - self._start:6.1f} s[/dim]  ", text)

    def warn(self, text: str) -> None:
        """Leave ``text`` on the screen as a warning."""
        self._line("[yellow]warning[/yellow]  ", text)

    def _line(self, mark: str, text: str) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None
        self._console.print(mark, end="")
        self._console.print(text, markup=False, soft_wrap=True)

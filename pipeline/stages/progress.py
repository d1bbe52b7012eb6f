"""How a command tells a person what it is doing: on standard error, so that standard output stays clean."""

from __future__ import annotations

import threading
import time

from rich.console import Console
from rich.status import Status

_EVERY = 10.0
"""Seconds between plain lines where there is no terminal, so that a log shows what a long run is at."""


class Terminal:
    """A spinner with the current work, and one line for what is done. Plain lines where it is no terminal."""

    def __init__(self, every: float = _EVERY) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._status: Status | None = None
        self._start = self._last = time.perf_counter()
        self._every, self._now = every, ""
        self._lock = threading.Lock()
        self._beat: threading.Thread | None = None

    def doing(self, text: str) -> None:
        """Show ``text`` until something else is done."""
        if not self._console.is_terminal:
            self._log(text)
            return
        with self._lock:  # models are fitted side by side, and each tells how far it is
            if self._status is None:
                self._status = self._console.status(text)
                self._status.start()
            self._status.update(text)

    def done(self, text: str) -> None:
        """Leave ``text`` on the screen, with the seconds since the start. What was shown as being done is over."""
        self._now = ""
        self._timed(text)

    def warn(self, text: str) -> None:
        """Leave ``text`` on the screen as a warning."""
        self._line("[yellow]warning[/yellow]  ", text)

    def _log(self, text: str) -> None:
        self._now = text
        if self._beat is None:
            self._beat = threading.Thread(target=self._beats, daemon=True)
            self._beat.start()

    def _beats(self) -> None:
        """Tell what is being done whenever nothing was told for a while."""
        while True:
            time.sleep(self._every / 10)
            now = self._now
            if now and time.perf_counter() - self._last >= self._every:
                self._timed(f"{now} ...")

    def _timed(self, text: str) -> None:
        self._line(f"[dim]{time.perf_counter() - self._start:6.1f} s[/dim]  ", text)

    def _line(self, mark: str, text: str) -> None:
        with self._lock:
            self._last = time.perf_counter()
            if self._status is not None:
                self._status.stop()
                self._status = None
            self._console.print(mark, end="")
            self._console.print(text, markup=False, soft_wrap=True)

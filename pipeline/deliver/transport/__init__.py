"""How a message leaves the house, and what is known of it afterwards.

A transport returns when the other side has taken the message. Where it raises NotSent, the message certainly did not
arrive and may be tried again; where it raises Uncertain, nobody knows, and nothing is sent again by itself. No error
holds an address or anything secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from pipeline.config.deliveries import SendSettings
from pipeline.deliver.text import clean

_LONGEST_ANSWER = 120


class NotSent(Exception):
    """The message was not taken. ``again``: another attempt may help, after so many seconds where these are named."""

    def __init__(self, reason: str, again: bool = False, after: float | None = None) -> None:
        self.reason, self.again, self.after = reason, again, after
        super().__init__(reason)


class Uncertain(Exception):
    """The message was handed over and no answer came: it may have arrived."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def attempted(send: Callable[[], None], settings: SendSettings, waits: Callable[[str], None]) -> None:
    """Sends, and tries again what certainly did not arrive.

    ``waits`` is told before each pause. Raises NotSent after the last attempt, or Uncertain after the first such.
    """

    first, most = settings.wait_seconds, settings.longest_wait_seconds
    growing = wait_exponential_jitter(first, most, jitter=first)

    def may_help(error: BaseException) -> bool:
        return isinstance(error, NotSent) and error.again and (error.after or 0) <= most

    def pause(state: RetryCallState) -> float:
        error = _error(state)
        return growing(state) if error is None or error.after is None else error.after

    def tell(state: RetryCallState) -> None:
        error, action = _error(state), state.next_action
        if error is not None and action is not None:
            waits(f"{error.reason}; trying again in {action.sleep:.0f} s")

    retrying = Retrying(
        retry=retry_if_exception(may_help),
        stop=stop_after_attempt(settings.attempts),
        wait=pause,
        before_sleep=tell,
        reraise=True,
    )
    retrying(send)


def answer(text: str) -> str:
    """What the other side said, fit to be shown: short, on one line, without an address."""
    shown = re.sub(r"\S*@\S*|\w+://\S+", "[address]", clean(text)).strip()
    return shown[:_LONGEST_ANSWER]


def _error(state: RetryCallState) -> NotSent | None:
    error = state.outcome.exception() if state.outcome is not None else None
    return error if isinstance(error, NotSent) else None

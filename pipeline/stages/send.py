"""The send stage: the digests of the current week to managers, each once."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import get_args

from pipeline.config.deliveries import Channel
from pipeline.deliver.text import clean
from pipeline.deliver.transport import NotSent, Uncertain, attempted
from pipeline.errors import ConfigError, GateError, StorageError
from pipeline.stages.context import Run
from pipeline.stages.ledger import Ledger, Line, State, now
from pipeline.stages.letters import Letter, letters
from pipeline.stages.outcome import Outcome
from pipeline.warehouse import Week

_NEW, _NO_ADDRESS = "would be sent", "no address"


@dataclass(frozen=True)
class _Told:
    """What became of one message."""

    manager: str
    channel: str
    state: str
    reason: str = ""

    @property
    def is_trouble(self) -> bool:
        """Whether somebody must look at it."""
        return self.state in ("failed", "uncertain")

    def text(self) -> str:
        """The same as a line."""
        return f"{clean(self.manager)}, {self.channel}: {self.state}{f' ({self.reason})' if self.reason else ''}"


def send(
    run: Run,
    week: date | None = None,
    only: str | None = None,
    channel: Channel | None = None,
    dry_run: bool = False,
    resend_uncertain: bool = False,
) -> Outcome:
    """Send every manager's digest of the current week by the enabled channels; what was sent is not sent again.

    ``only``: one manager. ``dry_run``: tell what would be sent, also by channels that are off, and do nothing.
    ``resend_uncertain``: send again where nobody knows whether a message arrived. The exit code is 74 where a message
    failed or is uncertain.
    """
    channels = _channels(run, channel, dry_run)
    with run.workspace.locked(), run.stage("send") as stage:
        chosen = current_week(run, week)
        post = letters(run, chosen, channels, _managers(chosen, only), secrets=not dry_run)
        ledger = Ledger(run.workspace.root / "sent" / "ledger.jsonl")
        found = [_one(run, chosen, letter, ledger, dry_run, resend_uncertain) for letter in post]
        stage.read = f"{len(post)} digests of {run.within(chosen.path)}"
        stage.wrote = "nothing: a dry run" if dry_run else run.within(ledger.path)
    off = tuple(each for each in channels if each not in run.config.deliver.send.channels)
    return _outcome(chosen, found, dry_run, off)


def current_week(run: Run, asked: date | None) -> Week:
    """The week that may be sent: published, on time, and the newest there is. Raises GateError where there is none.

    A day asked for may only be later than the calendar's own: to go back to one would make an old list this week's.
    """
    due, weeks = max(run.cutoff(), replace(run, as_of=None).cutoff()), run.workspace.current_weeks()
    if asked is not None and asked not in weeks:
        known = ", ".join(day.isoformat() for day in list(weeks)[-5:]) or "none"
        raise ConfigError(f"No week {asked} is published.", hint=f"The last published weeks: {known}.")
    week = weeks.get(asked or due)
    if week is None or week.cutoff < due or max(weeks) > week.cutoff:
        last = f"the newest published week is {max(weeks)}" if weeks else "none is published"
        raise GateError(
            f"The week of {due} is due, and {last}: an old list is not sent.", hint="'holdfast run' publishes the week."
        )
    held = run.workspace.root / "held"
    if any(path.name >= week.cutoff.isoformat() for path in held.glob("[0-9]*")):
        raise GateError(
            f"The week of {due} is held, so nothing is sent.",
            hint=f"Look at {held}; 'holdfast publish --approve' publishes it.",
        )
    if week.manifest()["replayed"]:
        raise GateError(
            f"The week of {week.cutoff} was replayed: it is there for comparison and is never sent.",
            hint="'holdfast run' publishes the current week.",
        )
    return week


def _channels(run: Run, asked: Channel | None, dry_run: bool) -> tuple[Channel, ...]:
    """The channels to send by; of a dry run also those that are off, since it is how a company tries them out."""
    enabled = run.config.deliver.send.channels
    if dry_run:
        return (asked,) if asked is not None else enabled or get_args(Channel)
    if not enabled:
        raise ConfigError(
            "Sending is off: deliver.send.channels is empty.",
            hint="Name slack or email there. 'holdfast send --dry-run' says what would be sent, and to whom.",
        )
    if asked is not None and asked not in enabled:
        raise ConfigError(f"Channel {asked} is not enabled (deliver.send.channels: {', '.join(enabled)}).")
    return (asked,) if asked is not None else enabled


def _managers(week: Week, only: str | None) -> dict[str, str]:
    """The managers of a week with the names of their files, or the one that was asked for; none without a customer."""
    found: dict[str, str] | None = week.manifest().get("digests")
    if found is None:
        raise ConfigError(
            f"The week of {week.cutoff} has no digests.",
            hint="An older version published it, or an account was erased from it; publish it again.",
        )
    if only is None:
        return found
    if only not in found:
        near = difflib.get_close_matches(only, found, n=3)
        raise ConfigError(
            f"No manager {only!r} in this week.", hint=f"There are: {', '.join(near or sorted(found)) or 'none'}."
        )
    return {only: found[only]}


def _one(run: Run, week: Week, letter: Letter, ledger: Ledger, dry_run: bool, resend: bool) -> _Told:
    """Send one message, unless it was sent before, may have been, or nobody can be reached."""
    last = ledger.last(week.cutoff, letter.manager, letter.channel)
    if last is not None and last.state == "sent":
        return _told(letter, "sent before", f"{last.at}, version {last.version}")
    if last is not None and last.state in ("intent", "uncertain") and not resend:
        return _told(letter, "uncertain", f"{last.reason or 'stopped while sending'}, {last.at}")
    if not letter.address:
        return _told(letter, _NO_ADDRESS, letter.missing)
    if dry_run:
        return _told(letter, _NEW, letter.shown)
    return _sent(run, week, letter, ledger)


def _sent(run: Run, week: Week, letter: Letter, ledger: Ledger) -> _Told:
    whom = f"{clean(letter.manager)}, {letter.channel}"
    run.reporter.doing(f"sending: {whom}")

    def log(state: State, reason: str = "") -> None:
        where = (week.cutoff.isoformat(), week.version, letter.manager, letter.channel)
        ledger.write(Line(*where, state, now(), letter.digest, reason))

    def waits(reason: str) -> None:
        run.reporter.warn(f"{whom}: {reason}")

    # what fails before the intent is written was certainly not sent
    send = letter.prepare()
    log("intent")
    state, reason = _attempt(run, send, waits)
    log(state, reason)
    return _told(letter, state, reason)


def _attempt(run: Run, send: Callable[[], None], waits: Callable[[str], None]) -> tuple[State, str]:
    try:
        attempted(send, run.config.deliver.send, waits)
    except NotSent as error:
        return "failed", error.reason
    except Uncertain as error:
        return "uncertain", error.reason
    return "sent", ""


def _told(letter: Letter, state: str, reason: str) -> _Told:
    return _Told(letter.manager, letter.channel, state, reason)


def _outcome(week: Week, found: list[_Told], dry_run: bool, off: tuple[Channel, ...]) -> Outcome:
    counts = {state: sum(each.state == state for each in found) for state in sorted({each.state for each in found})}
    data = {
        "as_of": week.cutoff.isoformat(),
        "version": week.version,
        "dry_run": dry_run,
        "off": list(off),
        "counts": counts,
        "messages": [vars(each) for each in found],
    }
    trouble = any(each.is_trouble for each in found) and not dry_run
    return Outcome(data, "\n".join(_lines(week, found, off)), StorageError.exit_code if trouble else 0)


def _lines(week: Week, found: list[_Told], off: tuple[Channel, ...]) -> Iterator[str]:
    if off:
        yield f"Sending by {' and '.join(off)} is off (deliver.send.channels). If it were on:"
    yield f"Week of {week.cutoff}:" if found else f"The week of {week.cutoff} has no manager to send anything to."
    yield from (f"  {each.text()}" for each in found)
    if any(each.state == "uncertain" for each in found):
        yield "Uncertain: ask whether it arrived. 'holdfast send --resend-uncertain' sends it again, or again twice."
    if any(each.state == "failed" for each in found):
        yield "Failed: certainly not delivered; 'holdfast send' tries those again and sends nothing twice."

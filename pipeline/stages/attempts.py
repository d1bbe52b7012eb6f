"""What was begun on a workspace and did not end well, so that nobody takes an old week for the one that failed.

An entry is written when a command begins, follows its stages, and goes when the command has ended well. What is left
tells of a failure; or, where nobody wrote how it ended, of a process that was killed.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from pipeline.errors import ConfigError, ContractError
from pipeline.stages.failure import failure
from pipeline.warehouse import Workspace, replacing, storage_errors

_FILE = "attempts.json"
_WHOLE = ("run", "publish")
"""Commands after which the week is whole, whatever failed on the way to it."""
_ERASE = "erase"
"""What no other command makes good; what it refuses, it refuses before it erases anything."""
_AGAIN = "Run it again: what it finished is not done twice, and nothing half was published."


@dataclass(frozen=True)
class Attempt:
    """One command that began. ``stage``: where it was; ``done``: the stages that ended; ``exit_code``: None where
    nobody wrote how it ended. ``problem`` and ``hint``: what was told then.
    """

    command: str
    process: int
    began: str
    as_of: str | None = None
    stage: str = ""
    done: tuple[str, ...] = ()
    exit_code: int | None = None
    problem: str = ""
    hint: str = ""

    def told(self, holder: str | None) -> str:
        """For people. ``holder``: the process that holds the workspace now, if any."""
        asked = f"holdfast {self.command}" + (f" --as-of {self.as_of}" if self.as_of else "")
        place = f" in stage {self.stage}" if self.stage else ""
        if holder == str(self.process) and self.exit_code is None:
            return f"'{asked}' is at work{place}, begun {self.began}, process {self.process}."
        how = "it was killed, or the machine stopped," if self.exit_code is None else "it ended"
        code = "" if self.exit_code is None else f" with exit {self.exit_code}"
        lines = [f"NOT FINISHED: '{asked}', begun {self.began}: {how}{place}{code}."]
        lines += [f"  {self.problem}"] if self.problem else []
        lines += ["  The model that it trained is kept, and stands as told here."] if "register" in self.done else []
        return "\n".join([*lines, f"  {self.hint or _AGAIN}"])


@contextlib.contextmanager
def attempt(workspace: Workspace, command: str, as_of: date | None) -> Iterator[None]:
    """Hold the workspace for ``command``, and leave word of it unless it ends well."""
    with workspace.locked():
        began = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
        own = Attempt(command, os.getpid(), began, as_of.isoformat() if as_of else None)
        with storage_errors(workspace.root):
            _write(workspace, {**_read(workspace), command: own})
        try:
            yield
        except BaseException as error:
            with contextlib.suppress(OSError):  # what failed is told; that it cannot be written must not hide it
                _fail(workspace, command, error)
            raise
        with storage_errors(workspace.root):
            _write(workspace, dict(_others(_read(workspace), command)))


def enter(workspace: Workspace, stage: str) -> None:
    """Say which stage the command of this process has come to, if it leaves word."""
    entries = _read(workspace)
    for name, each in entries.items():
        if each.process == os.getpid() and each.exit_code is None:
            done = (*each.done, each.stage) if each.stage else each.done
            with storage_errors(workspace.root):
                _write(workspace, {**entries, name: replace(each, stage=stage, done=done)})


def unfinished(workspace: Workspace) -> list[Attempt]:
    """What began and did not end well, the oldest first."""
    return sorted(_read(workspace).values(), key=lambda each: each.began)


def _fail(workspace: Workspace, command: str, error: BaseException) -> None:
    entries = _read(workspace)
    if command == _ERASE and isinstance(error, ConfigError | ContractError):
        entries.pop(command, None)
    elif command in entries:
        told = failure(error)
        problem = told.problems[0] if told else f"An error of the program itself ({type(error).__name__})."
        hint = told.hint if told else "Its traceback was printed: please report it."
        code = told.exit_code if told else 1
        entries[command] = replace(entries[command], exit_code=code, problem=problem, hint=hint)
    _write(workspace, entries)


def _others(entries: Mapping[str, Attempt], command: str) -> Iterator[tuple[str, Attempt]]:
    """The entries that still stand when ``command`` has ended well."""
    for name, each in entries.items():
        # an old problem may name an account that was erased
        settled = name == command or command == _ERASE or (command in _WHOLE and name != _ERASE)
        if not settled:
            yield name, each


def _read(workspace: Workspace) -> dict[str, Attempt]:
    path = workspace.root / _FILE
    try:
        told: dict[str, dict[str, Any]] = json.loads(path.read_text()) if path.exists() else {}
        return {name: Attempt(**{**each, "done": tuple(each["done"])}) for name, each in told.items()}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def _write(workspace: Workspace, entries: Mapping[str, Attempt]) -> None:
    path = workspace.root / _FILE
    if entries:
        with replacing(path) as fresh:
            fresh.write_text(json.dumps({name: asdict(each) for name, each in entries.items()}, indent=1) + "\n")
    else:
        path.unlink(missing_ok=True)

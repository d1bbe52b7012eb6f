"""Who scores, who waits, and who scored before: what `promote` and `rollback` move.

Beside the model files stand three small ones. ``champion.json`` names the model in use, ``challenger.json`` the one
that waits, and ``champions.json`` the former champions, the latest last. Each step writes whole files and can be
killed between any two of them: a former champion that is champion again is passed over, never lost.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from models.errors import NoChampionError, TamperedModelError
from models.registry import CHAMPION, load_model, read_entry, write_json

CHALLENGER = "challenger.json"
FORMER = "champions.json"

Entry = dict[str, Any]


def crown(directory: Path, entry: Entry) -> None:
    """Make ``entry`` champion; the champion so far becomes the latest former one."""
    held = _held(directory)
    if held and held["version"] != entry["version"]:
        write_json(directory / FORMER, [*_without(former(directory), held), held])
    write_json(directory / CHAMPION, entry)
    waiting = challenger(directory)
    if waiting and waiting["version"] == entry["version"]:
        (directory / CHALLENGER).unlink()


def challenge(directory: Path, entry: Entry) -> None:
    """Let ``entry`` wait for its promotion, in place of what waited so far."""
    write_json(directory / CHALLENGER, entry)


def challenger(directory: Path) -> Entry | None:
    """The entry that waits; None where there is none."""
    path = directory / CHALLENGER
    return read_entry(path) if path.is_file() else None


def former(directory: Path) -> list[Entry]:
    """The former champions, the latest last. Raises TamperedModelError where their list cannot be read."""
    path = directory / FORMER
    if not path.is_file():
        return []
    try:
        return [dict(entry) for entry in json.loads(path.read_text(encoding="utf-8"))]
    except (ValueError, TypeError) as error:
        raise TamperedModelError(f"{FORMER} is not a list of models: {error}.") from error


def rollback(directory: Path) -> Entry:
    """Restore the latest former champion, after every check of its file; the one it replaces becomes challenger.

    Raises NoChampionError where there is none to go back to, and a ModelFileError where its file may not be opened;
    the champion then stays.
    """
    held = _held(directory)
    earlier = _without(former(directory), held) if held else former(directory)
    if not earlier:
        raise NoChampionError(
            "There is no former champion to go back to.", hint="A former champion is kept whenever one is promoted."
        )
    load_model(directory, earlier[-1])
    if held:
        challenge(directory, {**held, "rolled_back": True})
    write_json(directory / CHAMPION, earlier[-1])
    write_json(directory / FORMER, earlier[:-1])
    return earlier[-1]


def retire(directory: Path) -> None:
    """Take the champion out of use; its file stays, and `rollback` brings it back."""
    held = _held(directory)
    if held:
        write_json(directory / FORMER, [*_without(former(directory), held), held])
    (directory / CHAMPION).unlink(missing_ok=True)


def _held(directory: Path) -> Entry | None:
    """The champion's entry; None where there is none, or none that can be read."""
    try:
        return read_entry(directory / CHAMPION) if (directory / CHAMPION).is_file() else None
    except TamperedModelError:
        return None


def _without(entries: list[Entry], one: Entry) -> list[Entry]:
    return [entry for entry in entries if entry["version"] != one["version"]]

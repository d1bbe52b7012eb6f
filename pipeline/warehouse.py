"""Where everything is kept: canonical tables, facts, scores, models, and the published weeks.

A week is published in one step: it is written whole into a staging folder, synced to disk, and renamed. Until the
rename nothing of it is visible, and after it nothing of it changes. ``latest`` is a relative link to the newest week.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.dataset as ds

from pipeline.errors import LockedError, StorageError

TELLS_OF_INPUTS = frozenset({"site/data.html", "workbooks/operations.xlsx"})
"""Files of a week that count what came in: they differ where records came twice, and the week does not."""

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Week:
    """One published week: its cutoff, its version (1 unless the data were corrected) and its folder."""

    cutoff: date
    version: int
    path: Path

    def manifest(self) -> dict[str, Any]:
        """What the week was made of."""
        loaded: dict[str, Any] = json.loads((self.path / MANIFEST).read_text())
        return loaded

    def log(self, columns: Sequence[str]) -> pd.DataFrame:
        """Those of the columns of its ``health_scores`` that it was published with, a row for each account."""
        rows = ds.dataset(self.path / "health_scores.parquet")
        frame: pd.DataFrame = rows.to_table(columns=[name for name in columns if name in rows.schema.names]).to_pandas()
        return frame


class Workspace:
    """The folders of one company. Nothing outside ``root`` is ever written."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.warehouse = self.root / "warehouse"
        self.quarantine = self.root / "quarantine"
        self.scratch = self.root / "scratch"
        self.mlflow = self.root / "mlflow"
        self.models = self.root / "models"
        self.published = self.root / "published"
        self.feedback = self.root / "feedback"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the workspace; LockedError names the process that has it. A dead holder's lock is gone with it."""
        with storage_errors(self.root):
            self.published.mkdir(parents=True, exist_ok=True)
            handle = (self.root / ".lock").open("a+")
        with handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                handle.seek(0)
                raise LockedError(
                    f"Workspace {self.root} is held by process {handle.read().strip() or 'unknown'}.",
                    hint="Wait until it has finished, or name another --workspace.",
                ) from None
            handle.truncate(0)
            handle.write(str(os.getpid()))
            handle.flush()
            shutil.rmtree(self.scratch, ignore_errors=True)
            for leftover in self.published.glob(".staging-*"):
                shutil.rmtree(leftover, ignore_errors=True)
            yield

    def holder(self) -> str | None:
        """The process that holds the workspace now; None where nobody does."""
        path = self.root / ".lock"
        if not path.exists():
            return None
        with path.open() as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return handle.read().strip()
        return None

    def weeks(self) -> list[Week]:
        """Every published week and version, oldest first."""
        found = [_week(path) for path in self.published.glob("[0-9]*") if (path / MANIFEST).exists()]
        return sorted(found, key=lambda week: (week.cutoff, week.version))

    def current_weeks(self) -> dict[date, Week]:
        """The newest version of each published week, by cutoff, oldest first."""
        return {week.cutoff: week for week in self.weeks()}

    def publish(self, cutoff: date, write: Callable[[Path], dict[str, Any]]) -> tuple[Week, bool]:
        """Publish the week that ``write`` puts into the folder it is given; the week and whether it is new.

        ``write`` returns the manifest, to which the content hash of every file is added. A week with the same
        content as its newest version is not published again.
        """
        staging = self.published / f".staging-{cutoff.isoformat()}"
        with storage_errors(self.published):
            shutil.rmtree(staging, ignore_errors=True)
            staging.mkdir(parents=True)
            try:
                published = self._commit(cutoff, staging, write(staging))
            finally:
                shutil.rmtree(staging, ignore_errors=True)
            # also where nothing is new: a run that was killed between the two renames left the link behind
            self._point_latest()
            _sync_folder(self.published)
            return published

    def withdraw(self, week: Week) -> None:
        """Take a version of a week away, whole at once; only an erasure does that, and never to the newest version."""
        away = self.published / f".staging-{week.path.name}-withdrawn"
        with storage_errors(week.path):
            week.path.rename(away)
            _sync_folder(self.published)
            shutil.rmtree(away)

    def _commit(self, cutoff: date, staging: Path, manifest: dict[str, Any]) -> tuple[Week, bool]:
        earlier = self.current_weeks().get(cutoff)
        manifest["files"] = {path.relative_to(staging).as_posix(): file_hash(path) for path in _files(staging)}
        # only what was published counts: the same scores and lists are the same week, whenever they were made, and
        # however often or in whatever order their records came
        content = {name: found for name, found in manifest["files"].items() if name not in TELLS_OF_INPUTS}
        manifest["content_hash"] = text_hash(json.dumps(content, sort_keys=True))
        if earlier and earlier.manifest()["content_hash"] == manifest["content_hash"]:
            return earlier, False
        version = earlier.version + 1 if earlier else 1
        manifest["version"] = version
        (staging / MANIFEST).write_text(json.dumps(manifest, indent=2, sort_keys=True, default=str) + "\n")
        _sync(staging)
        target = self.published / (cutoff.isoformat() if version == 1 else f"{cutoff.isoformat()}.v{version}")
        staging.rename(target)
        return Week(cutoff, version, target), True

    def _point_latest(self) -> None:
        newest = self.weeks()[-1].path.name
        link = self.published / ".latest"
        link.unlink(missing_ok=True)
        link.symlink_to(newest)
        link.rename(self.published / "latest")


def _week(path: Path) -> Week:
    day, _, version = path.name.partition(".v")
    return Week(date.fromisoformat(day), int(version or 1), path)


def _files(folder: Path) -> list[Path]:
    """Every file in a folder and the folders within it, in one order."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _sync(folder: Path) -> None:
    for path in _files(folder):
        with path.open("rb") as handle:
            os.fsync(handle.fileno())
    for within in (path for path in folder.rglob("*") if path.is_dir()):
        _sync_folder(within)
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def storage_errors(place: Path) -> Iterator[None]:
    """Turn the system's own errors about ``place`` into a StorageError that says what to do."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        hint = "Free some space and run again." if full else "Check that the folder exists and may be written."
        raise StorageError(f"{error.filename or place}: {error.strerror}.", hint=hint) from error


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside ``path`` to write to; it takes the place of ``path`` only when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    try:
        yield fresh
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def text_hash(text: str) -> str:
    """The sha256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def file_hash(path: Path) -> str:
    """The sha256 of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()

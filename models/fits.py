"""Fits of a walk forward that are kept, so that one that was interrupted goes on where it stopped.

What is kept of a fit is what the walk needs of it: the log-odds of the rows it was asked about, and its effort. Its
file is named by a hash of everything that decides them (data, settings, code, model, fold), so a kept fit is never
wrong; it is written aside and renamed, so a killed process leaves none that is half.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from models.panel import FloatArray, Panel
from models.settings import TrainSettings

KEPT = 2000
"""Files that stay; beyond them the least recently used go."""

# these change how a fit is compared, or how fast it is made, but never what it predicts
_NO_MATTER = (
    "threads", "candidates", "benchmarks", "resamples", "red", "amber", "min_churns",
    "recency_feature", "tenure_feature",
)  # fmt: skip

Kept = tuple[FloatArray, dict[str, Any]]


@dataclass(frozen=True)
class FitStore:
    """Kept fits in ``folder``; ``code`` names the program's own text, for another program fits another model."""

    folder: Path
    code: str

    def of(self, panel: Panel, settings: TrainSettings) -> Fits:
        """The fits on one panel under the same settings."""
        told = {name: value for name, value in settings.to_dict().items() if name not in _NO_MATTER}
        told |= {"data": panel.digest(), "code": self.code, "direction": dict(panel.direction)}
        told["ages"] = dict(panel.ages)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._thin_out()
        there = frozenset(path.name for path in self.folder.glob("*.npz"))
        return Fits(self.folder, json.dumps(told, sort_keys=True, default=str), there)

    def _thin_out(self) -> None:
        """Drop the least recently used files beyond ``KEPT``, and what a killed process left half written."""
        files = sorted(self.folder.glob("*.npz"), key=lambda path: path.stat().st_mtime)
        unfinished = self.folder.glob("*.part")
        for path in (*files[: max(0, len(files) - KEPT)], *unfinished):
            path.unlink(missing_ok=True)


@dataclass(frozen=True)
class Fits:
    """The kept fits of one panel. ``there``: files of earlier runs; ``used``: those of them that were of use."""

    folder: Path
    key: str
    there: frozenset[str] = frozenset()
    used: set[str] = field(default_factory=set)

    def get(self, *what: object) -> Kept | None:
        """Log-odds and effort of a fit that was kept; None where it has to be made."""
        path = self._path(what)
        try:
            with np.load(path, allow_pickle=False) as held:
                found = np.asarray(held["log_odds"], dtype=np.float64), json.loads(str(held["effort"]))
        except (OSError, ValueError, KeyError, BadZipFile):
            return None
        os.utime(path)
        self.used.update({path.name} & self.there)
        return found

    def put(self, log_odds: FloatArray, effort: dict[str, Any], *what: object) -> None:
        """Keep a finished fit."""
        with tempfile.NamedTemporaryFile(dir=self.folder, suffix=".part", delete=False) as file:
            np.savez(file, log_odds=log_odds, effort=np.array(json.dumps(effort)))
        Path(file.name).replace(self._path(what))

    def _path(self, what: tuple[object, ...]) -> Path:
        name = hashlib.sha256("|".join([self.key, *map(str, what)]).encode()).hexdigest()[:32]
        return self.folder / f"{name}.npz"

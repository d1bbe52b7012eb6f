"""What a result was made from, as hashes: inputs, configuration, code."""

from __future__ import annotations

import functools
import hashlib
import json
from pathlib import Path

from pipeline.config import Config
from pipeline.sources.files import sha256
from pipeline.stages.context import Run
from pipeline.warehouse import text_hash

# what the features depend on; a change of anything else must not compute them anew
_FEATURE_SECTIONS = ("features", "spine", "label", "calendar", "engine", "sources")


def config_hash(config: Config, part: str = "all") -> str:
    """The hash of the resolved configuration, or of the sections that the features depend on."""
    resolved = config.to_dict()
    if part == "features":
        resolved = {name: resolved[name] for name in _FEATURE_SECTIONS}
        resolved["calendar"] = {name: resolved["calendar"][name] for name in ("time_zone", "week_start")}
        resolved["label"] = {"quiet_days": resolved["label"]["quiet_days"]}
    return text_hash(json.dumps(resolved, sort_keys=True, default=str))


def inputs_hash(run: Run, *names: str) -> str:
    """The hash of the canonical tables (all, or those named)."""
    paths = run.table_paths()
    chosen = [name for name in sorted(paths) if not names or name in names]
    return text_hash("".join(f"{name}:{sha256(paths[name])}" for name in chosen))


@functools.cache
def code_version() -> str:
    """A hash of this program's own text: two runs with the same one compute the same."""
    import models
    import pipeline

    digest = hashlib.sha256()
    for package in (pipeline, models):
        folder = Path(str(package.__file__)).parent
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]

"""What a training came from, as plain values that the pipeline fills in: for the tracking store and the model card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Input:
    """One table that was learned from: its content hash, rows, and first and last day (ISO)."""

    name: str
    digest: str
    rows: int
    first: str | None = None
    last: str | None = None


@dataclass(frozen=True)
class Served:
    """How a logged model is served: the file that MLflow runs, the code it needs, and plain values it reads."""

    file: Path
    packages: Sequence[Path]
    """Files of code, each inside a package below one common folder."""
    words: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Provenance:
    """``config``: resolved; ``label``: what counts as leaving; ``catalog``: what each feature means.

    ``tags`` become tags of the run; ``snapshot_columns`` are shown to people and never learned from.
    """

    config: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    label: Mapping[str, Any] = field(default_factory=dict)
    inputs: Sequence[Input] = ()
    catalog: Sequence[Mapping[str, Any]] = ()
    snapshot_columns: Sequence[str] = ()
    served: Served | None = None

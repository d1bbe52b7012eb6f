"""The whole job on foreign data, by configuration alone; skipped, with the reason, where the data are absent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("HOLDFAST_DATA", ROOT / "../shared/data")).resolve()

Ran = dict[str, Any]


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The configuration of a foreign set, reading it from where it is."""

    def configured(name: str) -> Path:
        if not (DATA / name).is_dir():
            pytest.skip(f"foreign data {name} are not at {DATA}; set HOLDFAST_DATA")
        path = tmp_path_factory.mktemp(name) / "config.yaml"
        text = (ROOT / "examples" / f"{name}.yaml").read_text()
        path.write_text(text.replace(f"../../shared/data/{name}", str(DATA / name)))
        return path

    return configured


def holdfast(command: str, config: Path, *more: str) -> Ran:
    """The JSON of a command that works, in a workspace beside the configuration."""
    where = ("--config", str(config), "--workspace", str(config.parent / "workspace"), "--json")
    result = subprocess.run(
        [sys.executable, "-m", "pipeline", command, *more, *where], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    loaded: Ran = json.loads(result.stdout)
    return loaded

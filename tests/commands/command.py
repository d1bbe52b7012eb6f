"""The real command as a process, and what it leaves behind."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import app


def holdfast(command: str, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """``holdfast COMMAND`` on the configuration and workspace in ``folder``."""
    where = ("--config", str(folder / "config.yaml"), "--workspace", str(folder / "workspace"))
    return subprocess.run(
        [sys.executable, "-m", "pipeline", command, *more, *where], capture_output=True, text=True, check=False
    )


@dataclass(frozen=True)
class Company:
    """A folder with exports, configuration and a workspace."""

    folder: Path

    @property
    def exports(self) -> Path:
        return self.folder / "exports"

    def run(self, command: str, *more: str) -> subprocess.CompletedProcess[str]:
        return holdfast(command, self.folder, *more)

    def here(self, command: str, *more: str) -> int:
        """The command's exit code, run within this process: for what ends before anything heavy is imported."""
        where = ("--config", str(self.folder / "config.yaml"), "--workspace", str(self.folder / "workspace"))
        with pytest.raises(SystemExit) as ended:
            app([command, *more, *where])
        return int(str(ended.value.code))

    def json(self, command: str, *more: str) -> dict[str, Any]:
        """The one JSON object of a command that works."""
        result = self.run(command, *more, "--json")
        assert result.returncode == 0, result.stderr
        loaded: dict[str, Any] = json.loads(result.stdout)
        return loaded

    def edit(self, name: str, change: Callable[[str], str]) -> None:
        """Rewrite an export."""
        path = self.exports / name
        path.write_text(change(path.read_text()))

    def configure(self, change: Callable[[str], str]) -> None:
        path = self.folder / "config.yaml"
        path.write_text(change(path.read_text()))

    def published(self) -> dict[str, str]:
        """Every published file with its hash."""
        root = self.folder / "workspace" / "published"
        files = [path for path in sorted(root.rglob("*")) if path.is_file()]
        return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

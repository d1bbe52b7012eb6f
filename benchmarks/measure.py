"""Running a command as a whole process: its wall time, its peak memory, and what it printed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Measured:
    seconds: float
    peak_mib: float
    output: dict[str, Any]


def holdfast(*arguments: str) -> Measured:
    """One ``holdfast`` command with --json, measured from outside by the system's own accounting."""
    return process([sys.executable, "-m", "pipeline", *arguments, "--json"])


def process(command: list[str]) -> Measured:
    """Any command that prints one JSON object. CalledProcessError where it fails."""
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert child.stdout is not None
    text = child.stdout.read()
    _, code, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(code)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command, text)
    return Measured(time.perf_counter() - start, usage.ru_maxrss / 1024, json.loads(text))

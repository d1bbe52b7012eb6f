"""One stage of a command: what it read, what it wrote, and how long it took."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass
class Stage:
    """A stage as it is told to people and to scripts. ``read`` and ``wrote`` are filled in while it runs."""

    name: str
    read: str = ""
    wrote: str = ""
    seconds: float = 0.0

    def line(self) -> str:
        """All of it in one line."""
        told = [f"read {self.read}" if self.read else "", f"wrote {self.wrote or 'nothing'}", f"{self.seconds:.1f} s"]
        return f"{self.name}: " + "; ".join(part for part in told if part)

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {**asdict(self), "seconds": round(self.seconds, 3)}


def seconds_of(stages: list[Stage]) -> dict[str, float]:
    """The seconds of all stages of the same name together, in the order in which each first ran."""
    spent: dict[str, float] = {}
    for stage in stages:
        spent[stage.name] = spent.get(stage.name, 0.0) + stage.seconds
    return spent

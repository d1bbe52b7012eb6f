"""What ``holdfast check`` found, for scripts and for people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from pipeline.sources.reports import COUNTS, SourceReport


@dataclass
class SourceCheck:
    """One source: what it holds, how it is mapped, examples of what became of its columns, and its problems."""

    name: str
    table: str
    mapped: dict[str, str]
    report: SourceReport | None = None
    samples: dict[str, list[str]] = field(default_factory=dict)
    accounts: int = 0
    problems: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@dataclass
class CheckReport:
    """Everything that ``check`` found; ``ok`` where nothing stands in the way of an ingest."""

    sources: list[SourceCheck]
    findings: list[str]
    label: str = ""
    stops: list[str] = field(default_factory=list)
    stop_code: int = 0

    @property
    def ok(self) -> bool:
        """Whether every source could be read within its budget, and the week asked for can be published."""
        return not self.stops and not any(source.problems for source in self.sources)

    @property
    def exit_code(self) -> int:
        """0, or the exit code that a run would end with."""
        return 3 if any(source.problems for source in self.sources) else self.stop_code

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        told = [
            asdict(source) | {"report": source.report.to_dict() if source.report else None} for source in self.sources
        ]
        return {"ok": self.ok, "label": self.label, "problems": self.stops, "sources": told, "findings": self.findings}

    def text(self) -> str:
        """For people."""
        lines = [line for source in self.sources for line in _told(source)]
        lines += ["", self.label] if self.label else []
        if self.findings:
            lines += ["", "What to look at:", *(f"  - {finding}" for finding in self.findings)]
        broken = [source.name for source in self.sources if source.problems]
        lines += [f"PROBLEM  {told}" for told in self.stops]
        broken += ["the week asked for"] if self.stops else []
        verdict = f"Not ready: {', '.join(broken)}." if broken else "Ready: every source fits its contract."
        return "\n".join([*lines, "", verdict])


def _told(source: SourceCheck) -> Iterator[str]:
    yield f"{source.name} ({source.table})"
    for problem in source.problems:
        yield f"  PROBLEM  {problem}"
    report = source.report
    if report is None:
        return
    counts = ", ".join(f"{report.total(name):,} {name}" for name in COUNTS)
    yield f"  {len(report.files)} files, {counts}; {report.first or 'no date'} to {report.last or 'no date'}"
    yield f"  known_at {report.known_at}, time zone {report.time_zone}"
    for name, values in source.samples.items():
        yield f"    {name:24} {source.mapped.get(name, '(derived)'):32} {values[0]}"
    if report.unknown_columns:
        yield f"  not mapped: {', '.join(report.unknown_columns)}"
    yield from (f"  {fault}" for fault in source.faults)
    for rule, count in report.rules.items():
        if not source.faults or rule.startswith(("has ", "a quote")):
            yield f"  {count:,} x {rule}"

"""The promote and rollback stages: another model takes over, through the gate or back."""

from __future__ import annotations

from typing import Any

from models.registry import load_model
from models.succession import CHALLENGER, Entry, challenger, crown, former, rollback
from pipeline.errors import ModelGateError
from pipeline.stages.champion import asked_of, entry_of, retire
from pipeline.stages.context import Run
from pipeline.stages.tracked import disown, name

_BY_HAND = "Nothing speaks against the challenger but missing proof: 'holdfast promote --reason WHY' lets it score."


def promote(run: Run, reason: str | None = None) -> Entry:
    """Make the challenger champion if the gate lets it through. Raises ModelGateError with the reasons if not.

    ``reason``: why a person lets through what is only unproven; it is kept with the champion.
    """
    folder, entry = run.workspace.models, challenger(run.workspace.models)
    if entry is None:
        raise ModelGateError("There is no challenger to promote.", hint="'holdfast train' makes one.")
    held = entry_of(run)
    _answers(run, entry, "challenger")
    if held is not None:
        entry = _let_through(entry, held, (reason or "").strip())
    if entry["file"] is None:
        retire(run)
        (folder / CHALLENGER).unlink(missing_ok=True)
        disown(run, held, "champion")
        return entry
    load_model(folder, entry)
    crown(folder, entry)
    disown(run, held, "champion")
    name(run, entry, "champion")
    return entry


def back(run: Run) -> Entry:
    """Restore the former champion; what it replaces becomes challenger."""
    earlier = former(run.workspace.models)
    if earlier:
        _answers(run, earlier[-1], "former champion")
    replaced, entry = entry_of(run), rollback(run.workspace.models)
    disown(run, replaced, "champion")
    name(run, entry, "champion")
    if replaced:
        name(run, replaced, "challenger")
    return entry


def _answers(run: Run, entry: Entry, who: str) -> None:
    if entry.get("label") != asked_of(run):
        raise ModelGateError(
            f"The {who} was trained for {entry.get('label')}; the configuration asks for {asked_of(run)}.",
            hint="Run 'holdfast train' to learn an answer to the new question.",
        )


def _let_through(entry: Entry, held: Entry, reason: str) -> Entry:
    """The entry, with a person's ``reason`` where the gate proved nothing. Raises with every reason why it may not."""
    gate = entry.get("gate") or {"against": None, "checks": []}
    if gate["against"] != held["version"]:
        raise ModelGateError(
            f"Challenger {entry['version']} has met {gate['against'] or 'no champion'}, not today's champion "
            f"{held['version']}.",
            hint="Run 'holdfast train' to let a challenger meet it.",
        )
    failed = [check["told"] for check in gate["checks"] if not check["passed"]]
    if failed and gate.get("unproven") and reason:
        return {**entry, "let_through": reason}
    if failed:
        stays = "The champion stays. Train again when more churns are known."
        raise ModelGateError(
            *(f"Challenger {entry['version']} is not promoted: {told}" for told in failed),
            hint=f"The champion stays. {_BY_HAND}" if gate.get("unproven") else stays,
        )
    return entry


def gate_lines(entry: dict[str, Any]) -> list[str]:
    """The verdict on a challenger in words."""
    gate = entry["gate"]
    lines = [f"  {'passed' if check['passed'] else 'failed'}: {check['told']}" for check in gate["checks"]]
    last = "'holdfast promote' makes it champion." if gate["passed"] else "The champion stays."
    if gate.get("unproven"):
        last += f" {_BY_HAND}"
    return [f"Challenger {entry['version']} against champion {gate['against']}:", *lines, last]

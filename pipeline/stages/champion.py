"""The model in use, the frozen scale, and what the last training came to: small files in ``models/``."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from models import succession
from models.errors import ModelFileError
from models.registry import CHAMPION, champion_entry, load_champion
from models.scale import Scale
from pipeline.errors import ConfigError, ModelGateError
from pipeline.stages.context import Run
from pipeline.warehouse import replacing

if TYPE_CHECKING:
    from models.churn import ChurnModel
    from models.train import Trained

_SCALE, _TRAINING, _CARD = "scale.json", "training.json", "card.md"
_ASKED = ("kinds", "horizon_days", "grace_days", "quiet_days", "contraction_pct")


def asked_of(run: Run) -> dict[str, Any]:
    """The question that a model answers: what counts as leaving, and how far ahead."""
    return {name: run.config.to_dict()["label"][name] for name in _ASKED}


def entry_of(run: Run) -> dict[str, Any] | None:
    """What champion.json says; None where there is no champion."""
    return champion_entry(run.workspace.models) if (run.workspace.models / CHAMPION).exists() else None


def readable(run: Run) -> dict[str, Any] | None:
    """What champion.json says; None also where it cannot be read."""
    try:
        return entry_of(run)
    except ModelFileError:
        return None


def opened(run: Run) -> ChurnModel:
    """The champion's model, after every check of its file. Raises a ModelFileError that says which one failed."""
    return load_champion(run.workspace.models)


def champion(run: Run, cutoff: date) -> ChurnModel | None:
    """The champion, verified, with the configured bands; None where there is none and the scorecard is used.

    Raises ModelGateError where it answers another question than the configuration asks, ConfigError where it learned
    from weeks that ``cutoff`` did not know yet.
    """
    entry = entry_of(run)
    if entry is None:
        return None
    model = opened(run)
    if entry.get("label") != asked_of(run):
        raise ModelGateError(
            f"The champion was trained for {_question(entry.get('label') or {})}; "
            f"the configuration asks for {_question(asked_of(run))}.",
            hint="Run 'holdfast train' to learn an answer to the new question.",
        )
    if cutoff < date.fromisoformat(entry["as_of"]):
        raise ConfigError(
            f"The champion learned from what was known at {entry['as_of']}; it may not score {cutoff}.",
            hint=f"'holdfast replay --weeks 1 --as-of {cutoff + timedelta(weeks=1)}' publishes that week with a model "
            "that knew no more than it did.",
        )
    bands = run.config.scale
    return replace(model, scale=replace(model.scale, red=bands.red, amber=bands.amber))


def comparable_champion(run: Run) -> ChurnModel | None:
    """The champion as a model to compare with: None where there is none that may be used."""
    try:
        entry = entry_of(run)
        return opened(run) if entry and entry.get("label") == asked_of(run) else None
    except ModelFileError:
        # what may not be opened is told where its place is taken
        return None


def _question(asked: dict[str, Any]) -> str:
    """A question in words: what counts as leaving, and its lengths."""
    kinds = asked.get("kinds", [])
    rest = [f"{name} {value}" for name, value in asked.items() if name != "kinds"]
    return " or ".join(kinds).replace("_", " ") + f" ({', '.join(rest)})"


def retire(run: Run) -> None:
    """Take the champion out of use; its file stays, and a rollback brings it back."""
    succession.retire(run.workspace.models)


def frozen_scale(run: Run) -> Scale | None:
    """The scale that the first model of this workspace froze; None before there was one."""
    path = run.workspace.models / _SCALE
    if not path.exists():
        return None
    told, bands = json.loads(path.read_text()), run.config.scale
    return Scale(told["z0"], told["version"], bands.red, bands.amber)


def freeze(run: Run, scale: Scale) -> None:
    """Keep the first scale: from then on 60 means the same, whatever model comes after it."""
    path = run.workspace.models / _SCALE
    if not path.exists():
        with replacing(path) as fresh:
            fresh.write_text(json.dumps({"z0": scale.z0, "version": scale.version}) + "\n")


def grade_of(trained: Trained) -> dict[str, Any]:
    """Grade, reason and choice of a training, also where it came to no model."""
    tested = trained.backtest
    chosen = tested.chosen if tested else "scorecard"
    return {"grade": tested.grade if tested else "none", "grade_reason": trained.reason, "chosen": chosen}


def remember(run: Run, trained: Trained, as_of: date, card: str) -> None:
    """Keep what the last training came to, and its model card, for the weeks published with it."""
    for name in (_CARD, *([_card_of(trained.model.version)] if trained.model else [])):
        with replacing(run.workspace.models / name) as fresh:
            fresh.write_text(card, encoding="utf-8")
    with replacing(run.workspace.models / _TRAINING) as fresh:
        fresh.write_text(json.dumps({**grade_of(trained), "as_of": as_of.isoformat()}, indent=1) + "\n")


def last_grade(run: Run) -> dict[str, Any]:
    """The grade of the champion in use; without one, what the last training came to, or that there was none."""
    entry = entry_of(run)
    if entry is not None and "grade" in entry:
        return {"grade": entry["grade"], "grade_reason": entry["grade_reason"], "chosen": entry["name"]}
    path = run.workspace.models / _TRAINING
    if not path.exists():
        reason = "No model was trained yet; the scorecard's rules are used, and claim no odds."
        return {"grade": "none", "grade_reason": reason, "chosen": "scorecard"}
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def last_training(run: Run) -> date | None:
    """The week of the last training, whatever it came to; None before there was one."""
    path = run.workspace.models / _TRAINING
    return date.fromisoformat(json.loads(path.read_text())["as_of"]) if path.exists() else None


def card_in_use(run: Run) -> str:
    """The model card of the champion, in Markdown; without one that of the last training, empty where there was none.

    What trained last may wait as challenger, and its card says nothing of the scores.
    """
    entry = entry_of(run)
    names = [_card_of(str(entry["version"]))] if entry else []
    paths = (run.workspace.models / name for name in (*names, _CARD))
    return next((path.read_text(encoding="utf-8") for path in paths if path.exists()), "")


def _card_of(version: str) -> str:
    return f"{version}.card.md"

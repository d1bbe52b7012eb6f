"""The recalibrate stage: a challenger that mends probabilities which did not come true.

The challenger is the champion with another calibration: the same order of accounts and the same frozen scale, under a
version of its own. It meets a gate of its own (``models.recalibrate``) and waits to be promoted like any other.
"""

from __future__ import annotations

from typing import Any

from models.churn import ChurnModel
from models.recalibrate import Recalibration, recalibrated
from models.registry import save_model
from models.succession import challenge
from pipeline.stages.champion import asked_of, entry_of, opened
from pipeline.stages.context import Run
from pipeline.stages.judge import Scored
from pipeline.stages.register import Standing, served
from pipeline.stages.tabulate import FeatureSet
from pipeline.stages.tracked import recorded


def recalibrate(run: Run, found: FeatureSet, scored: Scored, seen: Recalibration) -> Standing:
    """Let the champion with the calibration of ``seen`` wait as challenger, recorded like a training."""
    with run.stage("recalibrate") as stage:
        held = entry_of(run)
        assert held is not None and seen.cutoff is not None
        made = recalibrated(opened(run), seen)
        kept: dict[str, Any] = {name: held[name] for name in ("profile", "weak_segments") if name in held}
        known: dict[str, Any] = {
            "as_of": scored.cutoff.isoformat(),
            "learned_as_of": held.get("learned_as_of", held["as_of"]),
            "label": asked_of(run),
            "recalibrated": {"from": held["version"], "untouched_of": seen.cutoff.isoformat()},
            "gate": seen.verdict(held["version"]).to_dict(),
        }
        logged = _record(run, found, scored, seen, made, held["version"])
        entry = {**save_model(made, run.workspace.models), **kept, **known, **logged}
        challenge(run.workspace.models, entry)
        stage.read, stage.wrote = f"{seen.accounts} untouched accounts of {seen.cutoff}", "models/challenger.json"
        return Standing(entry, False)


def _record(
    run: Run, found: FeatureSet, scored: Scored, seen: Recalibration, made: ChurnModel, held: str
) -> dict[str, Any]:
    """Record the new calibration as a run of its own, with the model registered as challenger."""
    from models.tracking import CHALLENGER

    X = scored.features[list(made.features)]
    params = {"recalibrated_from": held, "untouched_of": str(seen.cutoff)}
    params |= {"calibration_a": str(made.calibration.a), "calibration_b": str(made.calibration.b)}
    metrics = {"predicted": seen.predicted, "realised": seen.realised}
    metrics |= {"churns": float(seen.churns), "accounts": float(seen.accounts)}
    tags = {"as_of": scored.cutoff.isoformat(), "kind": "recalibration", "reason": seen.text[:480]}
    words = served(run, found, X, made)
    return recorded(run, lambda store: store.log_version(made, X.head(50), words, CHALLENGER, tags, params, metrics))

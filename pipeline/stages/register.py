"""The register stage: keep what was trained, record it in MLflow, and let it score or wait for its promotion.

A model scores at once only where no champion may be used: there is none, it answers another question, or its file may
not be opened. Otherwise it waits as challenger, with the gate's verdict beside it.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from models.backtest import Backtest
from models.card import model_card
from models.churn import ChurnModel
from models.curves import importance
from models.errors import ModelFileError
from models.gate import Holder, meet, weak_segments
from models.profile import Profile, profile_of
from models.provenance import Input, Provenance, Served
from models.registry import save_model
from models.succession import challenge, challenger, crown
from models.train import Trained
from pipeline import texts
from pipeline.health.groups import grouped
from pipeline.stages.champion import asked_of, entry_of, freeze, grade_of, opened, readable, remember, retire
from pipeline.stages.context import Run
from pipeline.stages.evidence import groups_of
from pipeline.stages.hindsight import Book
from pipeline.stages.identity import code_version, config_hash, inputs_hash
from pipeline.stages.learn import Learned, train_settings
from pipeline.stages.read import ingest_report
from pipeline.stages.tabulate import FeatureSet, snapshot_columns
from pipeline.stages.tracked import disown, recorded
from pipeline.warehouse import file_hash, replacing, text_hash

PIPELINE = Path(__file__).parents[1]
SERVING = (
    *("__init__", "serving", "figures", "texts/__init__", "texts/fit"),
    *("health/__init__", "health/groups", "health/peers", "health/reasons", "health/scorecard", "health/teller"),
    "health/worded",
    *("features/__init__", "features/info"),
)
"""The modules that a served model needs beside ``models``."""


@dataclass(frozen=True)
class Standing:
    """Where a training left its model: as champion, as challenger, or nowhere. ``entry``: what was written of it.

    ``again``: the version of the champion, where the training came to nothing but that.
    """

    entry: dict[str, Any] | None
    is_champion: bool
    again: str = ""

    @property
    def passed(self) -> bool:
        """Whether it waits and the gate would let it through."""
        return bool(self.entry and not self.is_champion and self.entry["gate"]["passed"])


def register(run: Run, learned: Learned, as_of: date, advised: bool = False) -> Standing:
    """Keep and record a training. ``advised``: monitoring asked for it, so the champion counts as stale."""
    with run.stage("register") as stage:
        standing = _registered(run, learned, as_of, advised)
        chosen = learned.trained.model.version if learned.trained.model else "the scorecard"
        stage.read = f"{chosen} and its figures"
        place = "champion" if standing.is_champion else "challenger"
        stage.wrote = "models/training.json" if standing.entry is None else f"models/{place}.json"
    return standing


def _registered(run: Run, learned: Learned, as_of: date, advised: bool) -> Standing:
    from models.tracking import CHALLENGER, CHAMPION

    trained = learned.trained
    holder, held = _holder(run, as_of, advised), readable(run)
    remember(run, trained, as_of, model_card(trained, _provenance(run, learned, as_of)))
    if holder is not None and held is not None and _is_again(trained, held):
        return Standing(None, False, again=holder.model.version)
    logged = _recorded(run, learned, as_of, "training", CHALLENGER if holder else CHAMPION)
    known = {"as_of": as_of.isoformat(), "label": asked_of(run), **logged}
    if trained.model is None:
        return _without_model(run, learned, holder, known)
    entry = {**save_model(trained.model, run.workspace.models), **_profiled(run, learned, as_of), **known}
    if holder is None:
        freeze(run, trained.model.scale)
        crown(run.workspace.models, entry)
        disown(run, held, CHAMPION)
        return Standing(entry, True)
    assert trained.backtest is not None
    entry["gate"] = _met(run, learned, trained.backtest, holder)
    challenge(run.workspace.models, entry)
    return Standing(entry, False)


def _is_again(trained: Trained, held: dict[str, Any]) -> bool:
    """Whether a training learned what the champion learned, be it calibrated anew since: then nothing is new."""
    learned = {held["version"], held.get("recalibrated", {}).get("from")}
    return trained.model is not None and trained.model.version in learned


def _met(run: Run, learned: Learned, tested: Backtest, holder: Holder) -> dict[str, Any]:
    """The gate's verdict, by the segments of the evidence."""
    groups = groups_of(tested.panel, Book.of(run, tested.panel, learned.found))
    return meet(tested, train_settings(run), holder, groups).to_dict()


def _without_model(run: Run, learned: Learned, holder: Holder | None, known: dict[str, Any]) -> Standing:
    """The scorecard where nothing scored so far; else it waits as challenger: no champion is dropped unseen."""
    from models.tracking import CHALLENGER, CHAMPION

    trained = learned.trained
    if holder is None:
        held = readable(run)
        retire(run)
        disown(run, held, CHAMPION)
        return Standing(None, False)
    if trained.backtest is not None:
        gate = _met(run, learned, trained.backtest, holder)
    else:
        check = {"name": "better", "passed": False, "told": trained.reason}
        gate = {"passed": False, "unproven": False, "against": holder.model.version, "checks": [check]}
    nothing: dict[str, Any] = {"version": "scorecard", "file": None, "sha256": None, "libraries": {}}
    entry = {**nothing, "name": "scorecard", **grade_of(trained), **known, "gate": gate}
    waiting = challenger(run.workspace.models)
    challenge(run.workspace.models, entry)
    disown(run, waiting, CHALLENGER)
    return Standing(entry, False)


def _holder(run: Run, as_of: date, advised: bool) -> Holder | None:
    """The champion as a challenger meets it; None where no champion may be used."""
    try:
        entry = entry_of(run)
        if entry is None or entry.get("label") != asked_of(run):
            return None
        model = opened(run)
    except ModelFileError as error:
        run.reporter.warn(f"{error.problems[0]} What is trained now takes its place.")
        return None
    since = date.fromisoformat(entry["as_of"])
    # a champion that was only calibrated anew is as old as what it learned
    learned = date.fromisoformat(entry.get("learned_as_of", entry["as_of"]))
    stale = advised or as_of - learned >= timedelta(weeks=run.config.model.retrain_weeks)
    return Holder(model, since, stale, (as_of - learned).days, tuple(entry.get("weak_segments", ())))


def _profiled(run: Run, learned: Learned, as_of: date) -> dict[str, Any]:
    """Write what the features looked like in training beside the model; what the entry says of it."""
    model, tested = learned.trained.model, learned.trained.backtest
    assert model is not None and tested is not None
    profile = training_profile(learned).seen(learned.found.features_at([as_of]))
    path = run.workspace.models / f"{model.version}.profile.json"
    with replacing(path) as fresh:
        fresh.write_text(json.dumps(profile.to_dict(), sort_keys=True) + "\n")
    told = {"file": path.name, "sha256": file_hash(path)}
    return {"profile": told, "weak_segments": list(weak_segments(tested))}


def training_profile(learned: Learned) -> Profile:
    """The features of all training rows, with the share of the points that each gives."""
    panel, model = learned.panel, learned.trained.model
    assert model is not None
    weights = importance(model.contributions(panel.X.loc[panel.rows_at(panel.cutoffs[-1:])]))
    shares = (weights / weights.sum()).round(6) if weights.sum() > 0 else weights
    return profile_of(panel.X, panel.accounts, {str(name): float(share) for name, share in shares.items()})


def track(run: Run, learned: Learned, as_of: date) -> dict[str, Any]:
    """Record a backtest in MLflow, with all its figures and plots; no model is registered."""
    with run.stage("track") as stage:
        found = _recorded(run, learned, as_of, "backtest", None)
        stage.wrote = f"a run in {found['tracked_in']}" if found else ""
    return found


def _recorded(
    run: Run, learned: Learned, as_of: date, kind: Literal["training", "backtest"], alias: str | None
) -> dict[str, Any]:
    """Record a training or a backtest in MLflow; where it is."""
    from models.record import Record

    record = Record(learned.trained, learned.panel, learned.settings, _provenance(run, learned, as_of), kind)
    return recorded(run, lambda tracking: tracking.log(record, alias))


def _provenance(run: Run, learned: Learned, as_of: date) -> Provenance:
    catalog = [info.to_dict() for info in learned.found.catalog]
    return Provenance(
        config=run.config.to_dict(),
        tags={
            "as_of": as_of.isoformat(),
            "label": ",".join(run.config.label.kinds),
            "engine": run.config.engine.kind,
            "config_hash": config_hash(run.config),
            "inputs_hash": inputs_hash(run),
            "feature_hash": feature_hash(learned.found),
            "code_version": code_version(),
            **git_sha(run.config.folder),
        },
        label=asked_of(run),
        inputs=_inputs(run),
        catalog=catalog,
        snapshot_columns=[f"{table}.{name}" for table, names in snapshot_columns(run).items() for name in names],
        served=served(run, learned.found, learned.panel.X, learned.trained.model),
    )


def served(run: Run, found: FeatureSet, X: pd.DataFrame, model: ChurnModel | None) -> Served:
    """What a logged model is served with: the code, the words, and what is usual among the rows ``X``."""
    medians = X.select_dtypes("number").median().dropna()
    usual = {str(name): float(value) for name, value in medians.items()}
    words: dict[str, Any] = {
        "catalog": [info.to_dict() for info in found.catalog],
        "currency": run.config.currency.code,
        "digits": run.config.currency.digits,
        "language": run.config.deliver.spoken,
        "usual": usual,
        "groups": grouped(found.catalog, model.metadata.get("shared_reasons", {}) if model else {}),
    }
    return Served(PIPELINE / "serving.py", serving_files(words["language"]), words)


def serving_files(language: str = texts.ENGLISH) -> list[Path]:
    """What goes with a logged model beside ``models``: the modules that serve it, and the texts it speaks with."""
    spoken = [PIPELINE / "texts" / f"{name}.yaml" for name in sorted({texts.ENGLISH, language})]
    return [*(PIPELINE / f"{name}.py" for name in SERVING), *spoken]


def _inputs(run: Run) -> list[Input]:
    """Every canonical table, with its hash, rows and span."""
    report, paths = ingest_report(run).get("tables", {}), run.table_paths()
    return [_input(name, file_hash(paths[name]), table) for name, table in sorted(report.items()) if name in paths]


def _input(name: str, digest: str, table: dict[str, Any]) -> Input:
    spans = [(str(each["first"])[:10], str(each["last"])[:10]) for each in table["sources"] if each.get("first")]
    first, last = (min(s[0] for s in spans), max(s[1] for s in spans)) if spans else (None, None)
    return Input(name, digest, table["rows"], first, last)


def feature_hash(found: FeatureSet) -> str:
    """The hash of what the features are declared to be."""
    return text_hash(json.dumps([info.to_dict() for info in found.catalog], sort_keys=True, default=str))


def git_sha(folder: Path) -> dict[str, str]:
    """The commit of the repository that the configuration lies in, where there is one."""
    try:
        told = subprocess.run(
            ["git", "-C", str(folder), "rev-parse", "HEAD"], capture_output=True, text=True, check=False, timeout=5
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    return {"git_sha": told.stdout.strip()} if told.returncode == 0 else {}

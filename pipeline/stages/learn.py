"""The train and backtest stages: from features and labels to a champion, or to the reason why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from models.backtest import Backtest
from models.evaluate import METRICS
from models.panel import Panel, panel_from
from models.registry import export_champion
from models.settings import TrainSettings
from models.train import Trained, train
from pipeline import scorecard
from pipeline.labels import build_labels, quiet_spells
from pipeline.spine import coverage_rows
from pipeline.stages.champion import asked_of, freeze, frozen_scale, grade_of, remember, retire
from pipeline.stages.context import Run
from pipeline.stages.identity import config_hash, inputs_hash
from pipeline.stages.tabulate import FeatureSet, active_source, snapshot_columns, tabulate

if TYPE_CHECKING:
    from numpy.typing import NDArray

_KEYS = ["account_id", "cutoff"]


def label_source(run: Run) -> str:
    """Which table says who left."""
    settings = run.config.label
    if "going_quiet" in settings.kinds:
        return "usage"
    if settings.source != "auto":
        return settings.source
    present = run.table_paths()
    return next((name for name in ("churns", "subscriptions") if name in present), "accounts")


def labels_at(run: Run, found: FeatureSet, as_of: date) -> pd.DataFrame:
    """Labels of every customer at every cutoff before ``as_of``, as far as they were known then."""
    source, active = label_source(run), active_source(run)
    moment = datetime(as_of.year, as_of.month, as_of.day)
    with run.engine() as engine:
        tables = run.tables(engine)
        spine = engine.read(found.folder / "spine.parquet")
        spine = spine.filter(spine.cutoff_at < moment)
        # the end of an account is read where the label says, even if another table says who is a customer
        coverage = source if source in ("subscriptions", "accounts") else active
        rows = coverage_rows(tables, coverage, run.config.label.quiet_days)
        labels = build_labels(tables, rows, spine, run.config.label, source, moment)
        frame: pd.DataFrame = labels.to_pandas()
    frame["cutoff"] = pd.to_datetime(frame["cutoff"])
    return frame.sort_values(["cutoff", "account_id"], kind="stable", ignore_index=True)


def training_panel(run: Run, found: FeatureSet, as_of: date) -> Panel:
    """Features with complete labels at the training cutoffs before ``as_of``."""
    labels = labels_at(run, found, as_of)
    grid = pd.to_datetime(pd.Series([day for day in run.grid(as_of) if day < as_of], dtype="object"))
    labels = labels[labels["label"].notna() & labels["cutoff"].isin(grid)]
    features = found.features_at(sorted(day.date() for day in labels["cutoff"].unique()))
    joined = labels.merge(features, on=_KEYS, validate="one_to_one")
    names = [info.name for info in found.catalog]
    return panel_from(
        joined[names],
        joined[list(labels.columns)],
        {info.name: info.dimension for info in found.catalog},
        {info.name: info.direction for info in found.catalog},
    )


def scorecard_of(panel: Panel, found: FeatureSet) -> NDArray[np.float64]:
    """The scorecard's score of each row of a panel; peers are those of the same cutoff."""
    scores = np.empty(len(panel))
    for cutoff in panel.cutoffs:
        rows = panel.rows_at([cutoff])
        scores[rows] = scorecard.score(panel.X.loc[rows], found.catalog)["score"]
    return scores


def train_settings(run: Run) -> TrainSettings:
    """What the models are told of the configuration."""
    model, label, scale = run.config.model, run.config.label, run.config.scale
    return TrainSettings(
        horizon_days=label.horizon_days,
        grace_days=label.grace_days,
        candidates=tuple(model.candidates),
        folds=model.folds,
        window=model.window,
        min_churns=model.min_churns,
        seed=model.seed,
        max_rows=model.max_rows,
        threads=model.threads,
        red=scale.red,
        amber=scale.amber,
        trials=model.tuning.trials,
        trial_seconds=model.tuning.seconds,
    )


@dataclass(frozen=True)
class Learned:
    """A training, and what it learned from."""

    trained: Trained
    panel: Panel
    found: FeatureSet

    def to_dict(self) -> dict[str, Any]:
        """The JSON of ``holdfast backtest``, also where there was too little to test."""
        if self.trained.backtest is not None:
            return {**self.trained.backtest.to_dict(), **grade_of(self.trained)}
        nothing = {"value": None, "low": None, "high": None, "note": "not measurable"}
        counts = {"cutoffs": len(self.panel.cutoffs), "churns": self.panel.churns, "accounts": self.panel.accounts}
        rules = {"scorecard": dict.fromkeys(METRICS, nothing)}
        return {"models": {}, "baselines": rules, **counts, **grade_of(self.trained)}


def learn(run: Run, as_of: date, also: Sequence[date] = ()) -> Learned:
    """Train on what was known at ``as_of``. ``also``: further cutoffs to compute features for in the same pass."""
    found = tabulate(run, [*run.grid(as_of), as_of, *also])
    with run.stage("train"):
        panel = training_panel(run, found, as_of)
        settings = train_settings(run)
        trained = train(panel, settings, scorecard_of(panel, found), frozen_scale(run), progress=run.reporter.doing)
    return Learned(trained, panel, found)


def crown(run: Run, learned: Learned, as_of: date) -> dict[str, Any] | None:
    """Track a training in MLflow, register its model as champion and export it.

    Where a training came to no model the champion is retired, the scorecard takes its place, and None is returned.
    """
    from models.tracking import Tracking

    with run.stage("register"):
        trained = learned.trained
        tags = {
            "as_of": as_of.isoformat(),
            "label": ",".join(run.config.label.kinds),
            "engine": run.config.engine.kind,
            "config_hash": config_hash(run.config),
            "inputs_hash": inputs_hash(run),
        }
        tracking = Tracking(run.workspace.mlflow, run.config.name)
        snapshots = [f"{table}.{name}" for table, names in snapshot_columns(run).items() for name in names]
        logged = tracking.log(trained, learned.panel, train_settings(run), run.config.to_dict(), tags, snapshots)
        remember(run, trained, as_of)
        if trained.model is None:
            retire(run)
            return None
        freeze(run, trained.model.scale)
        known = {"as_of": as_of.isoformat(), "label": asked_of(run), **logged}
        return export_champion(trained.model, run.workspace.models, known)


def returns(run: Run, as_of: date) -> dict[str, int] | None:
    """Under a going-quiet label: how many silences there were, and how many ended in a return."""
    if "going_quiet" not in run.config.label.kinds:
        return None
    moment = datetime(as_of.year, as_of.month, as_of.day)
    with run.engine() as engine:
        usage = run.tables(engine)["usage"]
        spells = quiet_spells(usage, run.config.label.quiet_days, moment).to_pandas()
    return {"spells": len(spells), "returned": int(spells["returned_at"].notna().sum())}


def describe(backtested: Backtest | None, reason: str) -> str:
    """A training in a few lines for people."""
    if backtested is None:
        return f"No model was trained: {reason}"
    test = backtested.test
    lines = [
        f"Grade {backtested.grade}: {reason}",
        f"Tested once on {test['cutoffs']} cutoffs ({test['first_cutoff']} to {test['last_cutoff']}): "
        f"{test['churns']} churns among {test['accounts']} accounts.",
        "",
        f"  {'':24}{'AUC':>24}{'average precision':>24}{'log loss':>24}",
    ]
    for name, figures in {**backtested.models, **backtested.baselines}.items():
        mark = "*" if name == backtested.chosen else " "
        cells = [_cell(figures[key].to_dict()) for key in ("auc", "average_precision", "log_loss")]
        lines.append(f"{mark} {name:24}" + "".join(f"{cell:>24}" for cell in cells))
    return "\n".join([*lines, "", f"* chosen: {backtested.chosen}", *backtested.notes])


def _cell(interval: dict[str, Any]) -> str:
    value, low, high = (interval[key] for key in ("value", "low", "high"))
    if value is None:
        return "not measurable"
    span = f" ({low:.3f} to {high:.3f})" if low is not None and high is not None else ""
    return f"{value:.3f}{span}"

"""The train and backtest stages: from features and labels to a champion, or to the reason why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from models.evaluate import METRICS
from models.fits import FitStore
from models.panel import Panel, panel_from
from models.sample import HELD, sampled
from models.settings import TrainSettings
from models.split import thin
from models.train import Trained, train
from pipeline.clock import midnight
from pipeline.health import scorecard
from pipeline.health.groups import shared
from pipeline.labels import quiet_spells
from pipeline.leaks import refuse_leaks
from pipeline.stages.champion import comparable_champion, frozen_scale, grade_of
from pipeline.stages.context import Run
from pipeline.stages.evidence import data_sections, with_evidence
from pipeline.stages.guard import open_ends, refuse_written_by_leaving
from pipeline.stages.hindsight import tested_weeks
from pipeline.stages.identity import code_version
from pipeline.stages.label import label_wait, labels_of
from pipeline.stages.tabulate import FeatureSet, tabulate

if TYPE_CHECKING:
    from numpy.typing import NDArray

_KEYS = ["account_id", "cutoff"]


def labels_at(run: Run, found: FeatureSet, as_of: date) -> pd.DataFrame:
    """Labels of every customer at every cutoff before ``as_of``, as far as they were known then."""
    moment = midnight(as_of)
    with run.engine() as engine:
        tables = run.tables(engine)
        spine = engine.read(found.folder / "spine.parquet")
        spine = spine.filter(spine.cutoff_at < moment)
        frame: pd.DataFrame = labels_of(run, tables, spine, moment).to_pandas()
    frame["cutoff"] = pd.to_datetime(frame["cutoff"])
    return frame.sort_values(["cutoff", "account_id"], kind="stable", ignore_index=True)


def training_panel(run: Run, found: FeatureSet, as_of: date) -> Panel:
    """Features with complete labels at the training cutoffs before ``as_of``, as far as they can be held.

    Where they cannot, of a part of the accounts (``models.sample``).
    """
    labels = _labels_on(run, found, as_of, run.grid(as_of))
    kept = sampled(labels["account_id"], run.config.model.max_rows)
    if kept.all():
        return _panel(found, labels)
    return replace(_panel(found, labels[kept]), drawn_from=labels["account_id"].nunique())


def weekly_panel(run: Run, found: FeatureSet, as_of: date, weeks: Sequence[date]) -> Panel:
    """The same at other ``weeks``, to make lists of: a list needs all accounts, so whole weeks are left out instead."""
    labels = _labels_on(run, found, as_of, weeks)
    days, rows = np.unique(labels["cutoff"].dt.date, return_counts=True)
    kept = thin(days, dict(zip(days, rows.tolist(), strict=True)), HELD * run.config.model.max_rows)
    return _panel(found, labels[labels["cutoff"].isin(pd.to_datetime(pd.Series(kept, dtype="object")))])


def _labels_on(run: Run, found: FeatureSet, as_of: date, days: Sequence[date]) -> pd.DataFrame:
    """Complete labels at those of the ``days`` that lie before ``as_of``."""
    labels = labels_at(run, found, as_of)
    grid = pd.to_datetime(pd.Series([day for day in days if day < as_of], dtype="object"))
    return labels[labels["label"].notna() & labels["cutoff"].isin(grid)]


def _panel(found: FeatureSet, labels: pd.DataFrame) -> Panel:
    """The labels with their features; only what is learned from is read."""
    learned = scorecard.evidence(found.catalog)
    days = sorted(day.date() for day in labels["cutoff"].unique())
    features = found.features_at(days, [info.name for info in learned], labels["account_id"].unique().tolist())
    # found by their keys: to join all columns would hold the features twice
    place = pd.MultiIndex.from_frame(features[_KEYS]).get_indexer(pd.MultiIndex.from_frame(labels[_KEYS]))
    return panel_from(
        features[[info.name for info in learned]].iloc[place[place >= 0]],
        labels[place >= 0],
        {info.name: info.dimension for info in learned},
        {info.name: info.direction for info in learned},
        {info.name: info.age for info in learned if info.age},
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
        grace_days=label_wait(run),
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
    settings: TrainSettings

    def to_dict(self) -> dict[str, Any]:
        """The JSON of ``holdfast backtest``, also where there was too little to test."""
        needed = data_sections(self.panel, self.settings, self.trained)
        if self.trained.backtest is not None:
            return {**self.trained.backtest.to_dict(), **grade_of(self.trained), **needed}
        nothing = {"value": None, "low": None, "high": None, "note": "not measurable"}
        counts = {"cutoffs": len(self.panel.cutoffs), "churns": self.panel.churns, "accounts": self.panel.accounts}
        rules = {"scorecard": dict.fromkeys(METRICS, nothing)}
        return {"models": {}, "baselines": rules, "benchmarks": {}, **counts, **grade_of(self.trained), **needed}


def learn(
    run: Run,
    as_of: date,
    also: Sequence[date] = (),
    *,
    quick: bool = False,
    learning_curve: bool = False,
    benchmarks: bool = False,
) -> Learned:
    """Train on what was known at ``as_of``. ``also``: further cutoffs to compute features for in the same pass.

    ``quick``: without what is told beside the figures (lists, segments and the like); ``learning_curve``: with what
    less data would have come to; ``benchmarks``: with the learners that may only stand beside. Fits that an earlier run
    finished, on the same data by the same code, are not made again. Raises ModelGateError where a feature is known to
    know more than its cutoff.
    """
    refuse_leaks(run.config, run.table_paths(), open_ends(run))
    settings = replace(train_settings(run), benchmarks=tuple(run.config.model.benchmarks) if benchmarks else ())
    weeks = [] if quick else tested_weeks(run, as_of, settings)
    found = tabulate(run, [*run.grid(as_of), as_of, *also, *weeks])
    with run.stage("train") as stage:
        panel = training_panel(run, found, as_of)
        refuse_written_by_leaving(panel)
        fits = FitStore(run.workspace.warehouse / "fits", code_version()).of(panel, settings)
        scores, scale, champion = scorecard_of(panel, found), frozen_scale(run), comparable_champion(run)
        trained = train(panel, settings, scores, scale, run.reporter.doing, fits, champion)
        again = f", {len(fits.used)} fits of an earlier run" if fits.used else ""
        stage.read = f"{len(panel):,} rows at {len(panel.cutoffs)} cutoffs with {panel.churns} churns{again}"
        stage.wrote = run.within(fits.folder)
    if not quick:
        with run.stage("evidence") as stage:
            weekly = weekly_panel(run, found, as_of, weeks) if trained.backtest and weeks else None
            trained = with_evidence(run, trained, found, weekly, learning_curve)
            stage.read = f"{len(weeks)} weekly lists in hindsight"
    return Learned(_with_groups(trained, panel, found), panel, found, settings)


def _with_groups(trained: Trained, panel: Panel, found: FeatureSet) -> Trained:
    """The training whose model knows which groups of features share a reason."""
    if trained.model is None:
        return trained
    known = {**trained.model.metadata, "shared_reasons": shared(found.catalog, panel.X)}
    return replace(trained, model=replace(trained.model, metadata=known))


def returns(run: Run, as_of: date) -> dict[str, int] | None:
    """Under a going-quiet label: how many silences there were, and how many ended in a return."""
    if "going_quiet" not in run.config.label.kinds:
        return None
    moment = midnight(as_of)
    with run.engine() as engine:
        usage = run.tables(engine)["usage"]
        spells = quiet_spells(usage, run.config.label.quiet_days, moment).to_pandas()
    return {"spells": len(spells), "returned": int(spells["returned_at"].notna().sum())}

"""``make bench-models``: ours beside well-known learners on the foreign sets, same rows and features for all.

Each set is ingested and tabulated by its configuration in ``examples/``. Everybody learns from the training cutoffs of
the last fold and is asked about that fold alone. Seconds are those of learning and asking.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from models.backtest import backtest
from models.benchmarks import BENCHMARKS
from models.boosting import encode
from models.candidates import CANDIDATES
from models.errors import HistoryError, OneClassError
from models.evaluate import Evaluation, Interval
from models.panel import FloatArray, Panel
from models.settings import TrainSettings
from models.usual import Usual
from models.walk import usable_folds

SETS = ("novacrm", "churnsim", "relax", "interconnect", "ravenstack")
METRICS = ("auc", "average_precision", "log_loss")
_LEAST = 1e-6

Learn = Callable[[Panel, pd.DataFrame], FloatArray]
"""Log-odds of later rows after learning from a panel."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sets", nargs="*", default=list(SETS))
    asked = options.parse_args()
    data = Path(os.environ.get("HOLDFAST_DATA", "../shared/data"))
    print("| set | churns | model | " + " | ".join(METRICS) + " | seconds |\n|---|---|---|" + "---|" * 4)
    for name in [each for each in asked.sets if (data / each).exists()]:
        for line in _set(name):
            print(line, flush=True)


def _set(name: str) -> Iterator[str]:
    """A row for each learner on the last fold of one set."""
    with tempfile.TemporaryDirectory(prefix="holdfast-models-") as folder:
        panel, settings = _panel(Path("examples") / f"{name}.yaml", Path(folder))
    fold = usable_folds(panel, settings)[0][-1]
    past, later = panel.at(fold.train), panel.at(fold.validation)
    judged = Evaluation(later, settings.resamples, settings.seed, settings.gap_days)
    for learner, learn in _learners(settings).items():
        start = time.perf_counter()
        z = learn(past, later.X)
        spent = time.perf_counter() - start
        cells = [_cell(judged.measure(z)[metric]) for metric in METRICS]
        yield f"| {name} | {later.churns} | {learner} | " + " | ".join(cells) + f" | {spent:.1f} |"


def _panel(config: Path, workspace: Path) -> tuple[Panel, TrainSettings]:
    from pipeline.config import load_config
    from pipeline.stages.context import Run
    from pipeline.stages.learn import train_settings, training_panel
    from pipeline.stages.progress import Terminal
    from pipeline.stages.read import read
    from pipeline.stages.tabulate import tabulate
    from pipeline.warehouse import Workspace

    run = Run(load_config(config), Workspace(workspace), Terminal(), None)
    with run.workspace.locked():
        read(run)
        as_of = run.cutoff()
        found = tabulate(run, [*run.grid(as_of), as_of])
        return training_panel(run, found, as_of), train_settings(run)


def _learners(settings: TrainSettings) -> dict[str, Learn]:
    ours = {f"ours: {name}": _of(each.build, settings) for name, each in CANDIDATES.items()}
    theirs = {name: _of(each.build, settings) for name, each in BENCHMARKS.items()}
    plain = {"default LightGBM": _lightgbm, "plain logistic regression": _logistic}
    return {"ours: as chosen by the earlier folds": _chosen(settings), **ours, **plain, **theirs}


def _of(build: Callable[..., object], settings: TrainSettings) -> Learn:
    return lambda past, X: build(past, settings).log_odds(X)  # type: ignore[attr-defined]


def _chosen(settings: TrainSettings) -> Learn:
    """The candidate that a backtest within the past prefers, as training does it."""

    def learn(past: Panel, X: pd.DataFrame) -> FloatArray:
        try:
            name = backtest(past, replace(settings, candidates=("logistic", "lightgbm", "blend"))).verdict.candidate
        except (HistoryError, OneClassError):  # too short a past to choose on: the sober one, as training would
            name = settings.candidates[0]
        return CANDIDATES[name].build(past, settings).log_odds(X)

    return learn


def _lightgbm(past: Panel, X: pd.DataFrame) -> FloatArray:
    usual = Usual.of(past.X)
    learner = lgb.LGBMClassifier(random_state=7, n_jobs=2, verbosity=-1).fit(encode(past.X, usual), past.y)
    return _log_odds(learner.predict_proba(encode(X, usual))[:, 1])


def _logistic(past: Panel, X: pd.DataFrame) -> FloatArray:
    usual = Usual.of(past.X)
    learner = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(encode(past.X, usual), past.y)
    return _log_odds(learner.predict_proba(encode(X, usual))[:, 1])


def _log_odds(p: FloatArray) -> FloatArray:
    kept = np.clip(p, _LEAST, 1 - _LEAST)
    return np.asarray(np.log(kept / (1 - kept)))


def _cell(interval: Interval) -> str:
    if interval.value is None or interval.low is None:
        return interval.note or "-"
    return f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"


if __name__ == "__main__":
    main()

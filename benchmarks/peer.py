"""AutoGluon on one set, run by ``benchmarks.models`` under an interpreter of its own (``.venv-peers``).

Reads ``past.parquet`` and ``later.parquet`` in a folder, writes ``odds.parquet`` (column ``z``: log-odds of each later
row) and ``peer.json`` (seconds of fitting and asking, version, what it fitted). It imports nothing of Holdfast.

How it is set up: preset best_quality, chosen and weighted by log loss as everybody here is judged by probabilities; its
folds for bagging are groups of accounts, so that no account, and with it no churn, stands on both sides of a split of
its own. The rows of the last fold are only asked about, after fitting. It sees what is missing as missing.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import pandas as pd
from autogluon.tabular import TabularPredictor
from autogluon.tabular import __version__ as version

LEFT, GROUP = "__left", "__group"
_LEAST = 1e-6


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--seconds", type=float, required=True)
    options.add_argument("--threads", type=int, required=True)
    asked = options.parse_args()
    past, later = (pd.read_parquet(asked.folder / f"{name}.parquet") for name in ("past", "later"))
    start = time.perf_counter()
    predictor = TabularPredictor(
        LEFT,
        problem_type="binary",
        eval_metric="log_loss",
        groups=GROUP,
        path=str(asked.folder / "models"),
        verbosity=2,
    ).fit(past, presets="best_quality", time_limit=asked.seconds, num_cpus=asked.threads)
    p = np.clip(predictor.predict_proba(later)[1].to_numpy(np.float64), _LEAST, 1 - _LEAST)
    seconds = time.perf_counter() - start
    pd.DataFrame({"z": np.log(p / (1 - p))}).to_parquet(asked.folder / "odds.parquet")
    told = {"seconds": seconds, "version": version, "models": predictor.model_names(), "best": predictor.model_best}
    (asked.folder / "peer.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main()

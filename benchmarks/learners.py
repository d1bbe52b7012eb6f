"""Who is compared by ``make bench-models``: ours, the usual choices with nothing set, and AutoGluon.

A learner gets the training rows of the last fold and the features of its rows, and answers with log-odds.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
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
from models.panel import FloatArray, Panel
from models.settings import TrainSettings
from models.train import refit
from models.usual import Usual
from pipeline.stages.identity import code_version
from pipeline.warehouse import text_hash

OURS, AUTOGLUON = "Holdfast", "AutoGluon"
PEERS = Path(".venv-peers/bin/python")
_PEER, _PEER_LOCK = Path(__file__).parent / "peer.py", Path("requirements/peers.txt")
_GROUPS = 8
_LEAST = 1e-6

Learn = Callable[[Panel, pd.DataFrame], FloatArray]
"""Log-odds of later rows after learning from a panel."""


class PeerError(Exception):
    """AutoGluon came to nothing; its own last words."""


@dataclass(frozen=True)
class Learner:
    """A name and how it learns. ``text``: a hash of all that decides what it answers to the same rows."""

    name: str
    learn: Learn
    text: str


def learners(settings: TrainSettings, seconds: float) -> Iterator[Learner]:
    """Everybody who takes part, AutoGluon last and only where installed; ``seconds``: its limit (0: without)."""
    yield Learner(OURS, _trained(settings), code_version())
    for name, each in {**CANDIDATES, **BENCHMARKS}.items():
        yield Learner(name, _built(each.build, settings), code_version())
    yield Learner("default LightGBM", _lightgbm, code_version())
    yield Learner("plain logistic regression", _logistic, code_version())
    if seconds and PEERS.is_file():
        text = text_hash(f"{_PEER.read_text()}{_PEER_LOCK.read_text()}{seconds:g}")
        yield Learner(AUTOGLUON, _autogluon(settings, seconds), text)


def _trained(settings: TrainSettings) -> Learn:
    """The candidate that a backtest within these rows prefers, calibrated by it, as a training does it."""

    def learn(past: Panel, X: pd.DataFrame) -> FloatArray:
        try:
            found = backtest(past, settings)
        except (HistoryError, OneClassError):  # too short a past to choose on: the sober one
            return CANDIDATES[settings.candidates[0]].build(past, settings).log_odds(X)
        # a simple rule that is as good would be used instead; here models are compared
        verdict = replace(found.verdict, chosen=found.verdict.candidate)
        model = refit(past, settings, replace(found, verdict=verdict)).model
        assert model is not None
        return model.score(X)["z"].to_numpy(np.float64)

    return learn


def _built(build: Callable[..., object], settings: TrainSettings) -> Learn:
    return lambda past, X: build(past, settings).log_odds(X)  # type: ignore[attr-defined]


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


def _autogluon(settings: TrainSettings, seconds: float) -> Learn:
    """In a process of its own, under its own interpreter (see ``benchmarks/peer.py``)."""

    def learn(past: Panel, X: pd.DataFrame) -> FloatArray:
        with tempfile.TemporaryDirectory(prefix="holdfast-peer-") as folder:
            place = Path(folder)
            past.X.assign(__left=past.y.astype(int), __group=groups(past)).to_parquet(place / "past.parquet")
            X.to_parquet(place / "later.parquet")
            asked = [str(PEERS), str(_PEER), folder, "--seconds", f"{seconds:g}", "--threads", str(settings.threads)]
            done = subprocess.run(asked, capture_output=True, text=True)
            if done.returncode:
                raise PeerError((done.stderr.strip().splitlines() or ["no word"])[-1])
            return pd.read_parquet(place / "odds.parquet")["z"].to_numpy(np.float64)

    return learn


def groups(past: Panel) -> np.ndarray:
    """One of eight groups for each row, the same for all rows of an account."""
    names, code = np.unique(past.account_id.astype(str), return_inverse=True)
    return np.asarray(np.random.default_rng(7).permutation(len(names))[code] % _GROUPS)

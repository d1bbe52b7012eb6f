"""Comparing models: the same past for all, answers that are kept, and a document that says who is ahead."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.learners import AUTOGLUON, OURS, Learner, PeerError, groups, learners
from benchmarks.models import answer
from benchmarks.models_report import Answer, Compared, document
from models.fits import Fits, FitStore
from models.panel import FloatArray, Panel
from models.walk import usable_folds
from tests.models.worlds import SETTINGS, World

ALONE = replace(SETTINGS, candidates=("logistic",), folds=2, resamples=50)


@pytest.fixture(scope="module")
def parts() -> tuple[Panel, Panel]:
    panel = World(accounts=150, cutoffs=8).panel()
    fold = usable_folds(panel, ALONE)[0][-1]
    return panel.at(fold.train), panel.at(fold.validation)


def _fits(folder: Path, panel: Panel) -> Fits:
    return FitStore(folder, "").of(panel, ALONE)


def test_an_answer_is_asked_for_once_and_again_only_where_what_decides_it_has_changed(
    parts: tuple[Panel, Panel], tmp_path: Path
):
    asked: list[int] = []

    def learn(past: Panel, X: pd.DataFrame) -> FloatArray:
        asked.append(len(past))
        return np.linspace(-3, 0, len(X))

    one = answer(Learner("x", learn, "text"), *parts, _fits(tmp_path, parts[0]))
    two = answer(Learner("x", learn, "text"), *parts, _fits(tmp_path, parts[0]))
    assert asked == [len(parts[0])] and one.seconds == two.seconds
    np.testing.assert_array_equal(one.z, two.z)
    answer(Learner("x", learn, "other text"), *parts, _fits(tmp_path, parts[0]))
    assert len(asked) == 2


def test_a_peer_that_fails_is_told_in_the_document_and_asked_again_next_time(
    parts: tuple[Panel, Panel], tmp_path: Path
):
    asked: list[int] = []

    def fail(past: Panel, X: pd.DataFrame) -> FloatArray:
        asked.append(1)
        raise PeerError("no models were trained")

    found = [answer(Learner(AUTOGLUON, fail, "text"), *parts, _fits(tmp_path, parts[0])) for _ in range(2)]
    assert len(asked) == 2
    text = document([Compared("small", *parts, ALONE, (found[0],))], 60)
    assert "AutoGluon came to nothing: no models were trained" in text and "not compared" in text


def test_the_groups_of_a_peer_hold_whole_accounts(parts: tuple[Panel, Panel]):
    past = parts[0]
    of_account = pd.Series(groups(past)).groupby(past.account_id).nunique()
    assert (of_account == 1).all()
    assert set(groups(past)) == set(range(8))


@pytest.mark.parametrize(
    ("ours", "theirs", "words"),
    [
        (3.0, 0.0, "ahead in AUC, average precision, log loss"),
        (0.0, 3.0, "behind in AUC, average precision, log loss"),
        (3.0, 3.0, "no difference beyond noise"),
    ],
)
def test_the_document_says_who_is_ahead_beyond_noise(
    parts: tuple[Panel, Panel], ours: float, theirs: float, words: str
):
    row = _row(parts, {OURS: (ours, 0.0), AUTOGLUON: (theirs, 0.0)})
    assert row.endswith(f"| {words} |")


def test_a_single_metric_in_which_ours_is_behind_is_named(parts: tuple[Panel, Panel]):
    """The same order with probabilities far too high: only the log loss can tell."""
    row = _row(parts, {OURS: (3.0, 3.0), AUTOGLUON: (3.0, 0.0)})
    assert row.endswith("| behind in log loss |")


def _row(parts: tuple[Panel, Panel], skills: dict[str, tuple[float, float]]) -> str:
    """The line of the summary on learners of some skill and shift in log-odds."""
    later, noise = parts[1], np.random.default_rng(1).normal(size=len(parts[1]))
    answers = tuple(Answer(name, skill * later.y + noise - 3 + up, 1.0) for name, (skill, up) in skills.items())
    told = document([Compared("small", *parts, ALONE, answers)], 60)
    return next(line for line in told.splitlines() if "| small" in line)


def test_ours_is_the_calibrated_model_of_a_backtest_within_the_past(parts: tuple[Panel, Panel]):
    past, later = parts
    ours = next(each for each in learners(ALONE, 0) if each.name == OURS)
    z = ours.learn(past, later.X)
    assert np.isfinite(z).all() and len(z) == len(later)
    assert abs((1 / (1 + np.exp(-z))).mean() - later.y.mean()) < 0.05

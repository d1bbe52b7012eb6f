"""Benchmarks stand beside: measured as the models are, and nothing is chosen or graded by them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.backtest import Backtest, backtest
from models.benchmarks import BENCHMARKS
from models.evaluate import METRICS
from models.panel import Panel, panel_from
from tests.models.worlds import SETTINGS, START

ALONE = replace(SETTINGS, candidates=("logistic",), folds=2, resamples=20)


@pytest.fixture(scope="module")
def crossed() -> Panel:
    """Who leaves is told by two features together and by neither alone: trees see it, a sum does not."""
    random, accounts, cutoffs = np.random.default_rng(5), 400, 8
    panels = []
    for number in range(cutoffs):
        X = random.normal(size=(accounts, 3))
        left = random.random(accounts) < np.where(X[:, 0] * X[:, 1] > 0, 0.3, 0.02)
        panels.append((X, left, np.full(accounts, np.datetime64(START + np.timedelta64(28 * number, "D")))))
    X, left, cutoff = (np.concatenate(parts) for parts in zip(*panels, strict=True))
    return _panel(X, left, cutoff)


def _panel(X: np.ndarray, left: np.ndarray, cutoff: np.ndarray) -> Panel:
    names = [f"a{row:05d}" for row in range(len(left))]
    labels = pd.DataFrame({"account_id": names, "cutoff": cutoff, "label": left, "churned_at": cutoff})
    return panel_from(pd.DataFrame(X, columns=["f0", "f1", "f2"]), labels)


@pytest.fixture(scope="module")
def beside(crossed: Panel) -> Backtest:
    return backtest(crossed, replace(ALONE, benchmarks=tuple(BENCHMARKS)))


def test_a_benchmark_is_measured_like_a_model(beside: Backtest):
    told = beside.to_dict()
    assert set(told["benchmarks"]) == set(BENCHMARKS)
    assert all(set(each) == set(METRICS) for each in told["benchmarks"].values())
    assert not set(told["benchmarks"]) & (set(told["models"]) | set(told["baselines"]))
    assert all(set(BENCHMARKS) <= set(fold["scores"]) for fold in told["folds"])


def test_a_benchmark_is_never_chosen_however_far_it_is_ahead(beside: Backtest):
    assert all(each["auc"].value > beside.models["logistic"]["auc"].value + 0.1 for each in beside.benchmarks.values())
    assert beside.chosen not in BENCHMARKS
    assert {beside.verdict.candidate, beside.verdict.reference}.isdisjoint(BENCHMARKS)


def test_nothing_else_changes_by_a_benchmark(crossed: Panel, beside: Backtest):
    alone = backtest(crossed, ALONE)
    assert alone.benchmarks == {}
    assert (alone.models, alone.baselines, alone.verdict) == (beside.models, beside.baselines, beside.verdict)

"""With few churns the sober model must win or tie; what wins is told on a fresh world that nobody learned from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from models.backtest import backtest
from models.benchmarks import BENCHMARKS
from models.candidates import CANDIDATES
from models.panel import Panel
from tests.models.worlds import SETTINGS, World

SEEDS = (1, 2, 3)
NAMES = ("logistic", "lightgbm", "blend")


def _world(seed: int) -> Panel:
    """About 60 churns of 200 accounts; forty features, of which three tell something."""
    return World(accounts=150, cutoffs=12, base=-4.0, signal=1.0, features=40, seed=seed).panel()


@pytest.fixture(scope="module")
def skills() -> dict[str, list[float]]:
    """The AUC of each candidate and benchmark on a fresh world, for each seed."""
    fresh = World(accounts=2000, cutoffs=3, base=-4.0, signal=1.0, features=40, seed=99).panel()
    found: dict[str, list[float]] = {name: [] for name in NAMES}
    for seed in SEEDS:
        for name in NAMES:
            made = CANDIDATES[name].build(_world(seed), SETTINGS)
            found[name].append(float(roc_auc_score(fresh.y, made.log_odds(fresh.X))))
    return found


def test_the_worlds_have_about_sixty_churns():
    assert all(40 <= _world(seed).churns <= 80 for seed in SEEDS)


def test_the_sober_model_wins_or_ties(skills: dict[str, list[float]]):
    assert np.mean(skills["logistic"]) >= np.mean(skills["lightgbm"]) - 0.005


def test_the_blend_is_no_worse_than_the_mean_of_its_members(skills: dict[str, list[float]]):
    assert np.mean(skills["blend"]) >= (np.mean(skills["logistic"]) + np.mean(skills["lightgbm"])) / 2


def test_what_is_chosen_is_no_worse_than_the_sober_model(skills: dict[str, list[float]]):
    lost = []
    for place, seed in enumerate(SEEDS):
        chosen = backtest(_world(seed), replace(SETTINGS, candidates=NAMES, resamples=50)).verdict.candidate
        lost.append(skills["logistic"][place] - skills[chosen][place])
    assert np.mean(lost) <= 0.005


@pytest.mark.parametrize("name", sorted(BENCHMARKS))
def test_a_benchmark_ranks_better_than_chance_on_the_same_rows(name: str):
    panel = World(accounts=300, cutoffs=4).panel()
    made = BENCHMARKS[name].build(panel, SETTINGS).log_odds(panel.X)
    assert np.isfinite(made).all() and roc_auc_score(panel.y, made) > 0.7


def test_a_benchmark_can_never_become_champion():
    assert not set(BENCHMARKS) & set(CANDIDATES)

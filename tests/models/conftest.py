"""Trainings that several tests look at from different sides; each is done once in a process."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.candidates import CANDIDATES
from models.panel import Panel
from models.train import Trained, train
from tests.models.worlds import SETTINGS, World


@pytest.fixture(scope="session")
def panel() -> Panel:
    return World().panel()


@pytest.fixture(scope="session")
def trained(panel: Panel) -> Trained:
    return train(panel, SETTINGS)


@pytest.fixture(scope="session", params=sorted(CANDIDATES))
def each_trained(request: pytest.FixtureRequest, panel: Panel) -> Trained:
    """One training for each candidate alone."""
    return train(panel, replace(SETTINGS, candidates=(request.param,), folds=2, resamples=20))

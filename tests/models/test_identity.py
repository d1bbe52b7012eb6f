from __future__ import annotations

from dataclasses import replace

import pytest

from models.calibration import Calibration
from models.identity import content_hash
from models.panel import Panel
from models.registry import load_model, save_model
from models.train import train
from tests.models.worlds import SETTINGS, World

NAMES = ("logistic", "lightgbm", "blend")


@pytest.fixture(scope="module")
def small() -> Panel:
    return World(accounts=150, cutoffs=10).panel()


@pytest.mark.parametrize("name", NAMES)
def test_the_same_data_and_seed_give_the_same_content_at_one_and_two_threads_and_from_the_file(
    small: Panel, name: str, tmp_path
):
    settings = replace(SETTINGS, candidates=(name,), folds=2, resamples=10)
    one, two = (train(small, replace(settings, threads=threads)).model for threads in (1, 2))
    loaded = load_model(tmp_path, save_model(one, tmp_path))
    assert content_hash(one) == content_hash(two) == content_hash(loaded)
    assert one.version == two.version


def test_whatever_decides_a_score_changes_the_content(small: Panel):
    settings = replace(SETTINGS, candidates=("logistic",), folds=2, resamples=10)
    model = train(small, settings).model
    others = [
        replace(model, calibration=Calibration(model.calibration.a, model.calibration.b + 1e-9)),
        replace(model, scale=replace(model.scale, z0=0.123)),
        replace(model, estimator=replace(model.estimator, coefficients=model.estimator.coefficients * (1 + 1e-12))),
        train(small, replace(settings, seed=8, candidates=("lightgbm",))).model,
    ]
    assert len({content_hash(each) for each in (model, *others)}) == 5
    assert content_hash(replace(model, version="x", metadata={"run": "1"})) == content_hash(model)

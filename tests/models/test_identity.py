from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.calibration import Calibration
from models.identity import content_hash, identity, settings_hash
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
    pd.testing.assert_frame_equal(one.score(small.X), two.score(small.X), check_exact=True)


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


def test_other_tables_or_another_configuration_are_another_identity_though_the_model_is_the_same(small: Panel):
    settings = replace(SETTINGS, candidates=("logistic",), folds=2, resamples=10)
    model = train(small, settings).model
    renamed = replace(small, account_id=np.array([f"b{name}" for name in small.account_id], dtype=object))
    others = [train(renamed, settings).model, train(small, replace(settings, resamples=11)).model]
    assert {content_hash(each) for each in others} == {content_hash(model)}
    assert len({each.version for each in (model, *others)}) == 3


def test_the_identity_is_that_of_content_tables_and_configuration_and_of_nothing_else(small: Panel):
    settings = replace(SETTINGS, candidates=("logistic",), folds=2, resamples=10)
    model = train(small, settings).model
    again = replace(model, version="x", metadata={"run": "2", "seconds": 3.5})
    free = replace(settings, threads=9, benchmarks=("random_forest",))
    assert identity(again, small.digest(), settings_hash(free)) == model.version
    assert model.version.startswith(model.cutoffs[-1])

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.candidates import CANDIDATES
from models.churn import ChurnModel
from models.panel import Panel
from models.registry import load_model, save_model
from models.train import train
from models.tuning import Range, Tuner
from tests.models.worlds import SETTINGS, World

TUNED = replace(SETTINGS, trials=6, folds=2, resamples=10)


@pytest.fixture(scope="module")
def small() -> Panel:
    return World(accounts=150, cutoffs=12).panel()


def _told(panel: Panel, name: str, threads: int) -> list[list[dict[str, object]]]:
    """The trials of every fold without their seconds."""
    found = train(panel, replace(TUNED, candidates=(name,), threads=threads)).backtest
    trials = [fold["scores"][name]["trials"] for fold in found.folds]
    return [[{key: value for key, value in each.items() if key != "seconds"} for each in fold] for fold in trials]


@pytest.mark.parametrize("name", ["logistic", "lightgbm"])
def test_the_same_data_and_seed_give_the_same_trials_at_one_and_two_threads(small: Panel, name: str):
    one, two = _told(small, name, 1), _told(small, name, 2)
    assert one == two
    assert all(len(fold) == TUNED.trials for fold in one)


def test_a_long_search_tells_each_trial_of_each_fold_and_of_the_last_fit_as_it_is_made(small: Panel):
    told: list[str] = []
    found = train(small, replace(TUNED, candidates=("logistic",), trials=2, min_churns=1), progress=told.append)
    trials = ["trial 1 of 2", "trial 2 of 2"]
    for number in range(1, len(found.backtest.folds) + 1):
        of_fold = [text for text in told if text.startswith(f"fold {number}: logistic, ")]
        assert of_fold == [f"fold {number}: logistic, {trial}" for trial in trials]
        assert told.index(of_fold[-1]) < next(at for at, text in enumerate(told) if text.startswith("measuring"))
    assert found.backtest.chosen == "logistic"
    assert told[-2:] == [f"fitting logistic on all complete cutoffs, {trial}" for trial in trials]


def test_another_seed_gives_other_trials(small: Panel):
    first, second = (CANDIDATES["logistic"].build(small, replace(TUNED, seed=seed)).effort["trials"] for seed in (1, 2))
    assert [trial["params"] for trial in first] != [trial["params"] for trial in second]


def test_a_search_sees_no_row_beyond_the_rows_that_the_fit_learns_from(small: Panel):
    """Labels after the training cutoffs are turned around, and the trials of that fold stay as they were."""
    past = small.at(small.cutoffs[:8])
    turned = replace(small, y=np.where(small.rows_at(small.cutoffs[:8]), small.y, ~small.y), churn_day=small.cutoff)
    asked = CANDIDATES["lightgbm"].build(past, TUNED).effort["trials"]
    again = CANDIDATES["lightgbm"].build(turned.at(small.cutoffs[:8]), TUNED).effort["trials"]
    assert [each["steps"] for each in asked] == [each["steps"] for each in again]


def test_a_trial_that_falls_behind_is_given_up_before_its_last_inner_fold_and_the_best_is_taken():
    asked: list[float] = []

    def ask(step: int, parameters: dict[str, float]) -> tuple[float, dict[str, float]]:
        asked.append(parameters["x"])
        return (parameters["x"] - 3) ** 2 + step, {"x_seen": parameters["x"]}

    tuner = Tuner(lambda split: split, ask, ({"x": 0.0},), {"x": Range(-10, 10)})
    found = tuner.choose([0, 1, 2], replace(SETTINGS, trials=40))
    pruned = [trial for trial in found.trials if trial.state == "pruned"]
    assert pruned and all(len(trial.steps) < 3 and trial.value is None for trial in pruned)
    assert (
        found.parameters["x"]
        == min((t for t in found.trials if t.value is not None), key=lambda t: t.value).parameters["x"]
    )
    assert abs(found.parameters["x"] - 3) < 1
    assert found.found == {"x_seen": pytest.approx(found.parameters["x"])}
    assert len(asked) < 3 * 40


def test_the_usual_parameters_are_the_first_trial():
    tuner = Tuner(lambda split: split, lambda step, p: (p["x"], {}), ({"x": 2.5},), {"x": Range(0, 10)})
    assert tuner.choose([0], replace(SETTINGS, trials=3)).trials[0].parameters == {"x": 2.5}


def test_what_a_time_limit_cut_is_told(small: Panel):
    effort = CANDIDATES["lightgbm"].build(small, replace(TUNED, trials=500, trial_seconds=0.2)).effort
    made = len(effort["trials"])
    assert 1 <= made < 500
    assert effort["cut"] == f"{made} of 500 trials were made within the limit of 0.2 s."


def test_a_model_file_holds_no_trials_so_their_times_cannot_change_it(small: Panel, tmp_path):
    model = train(small, replace(TUNED, candidates=("lightgbm",))).model
    assert isinstance(model, ChurnModel) and model.estimator.effort["trials"]
    loaded = load_model(tmp_path, save_model(model, tmp_path))
    assert "trials" not in loaded.estimator.effort
    assert loaded.estimator.text == model.estimator.text

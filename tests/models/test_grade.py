"""Verdicts from made-up measurements: a value and its resamples."""

from __future__ import annotations

import numpy as np
import pytest

from models.grade import Verdict, judge
from models.panel import FloatArray

RULES = ("prevalence", "tenure", "best_single_feature")


def drawn(auc: float, spread: float, seed: int) -> FloatArray:
    return np.append(auc, auc + spread * np.random.default_rng(seed).normal(size=200))


def verdict(last: dict[str, float], everywhere: dict[str, float], spread: float = 0.01, churns: int = 100) -> Verdict:
    """``model`` against the rules; the last fold is as wide as told, all validated cutoffs are narrow."""
    here = {name: drawn(auc, spread, place) for place, (name, auc) in enumerate(last.items())}
    all_of_them = {name: drawn(auc, 0.005, place) for place, (name, auc) in enumerate(everywhere.items())}
    for draws in (here, all_of_them):
        draws["prevalence"] = np.full(201, 0.5)
    shown = {"best_single_feature": "best_single_feature (events_4w)"}
    reference = max(("tenure", "best_single_feature"), key=lambda name: everywhere[name])
    return judge("model", reference, RULES, here.__getitem__, all_of_them.__getitem__, churns,
                 lambda name: shown.get(name, name))  # fmt: skip


@pytest.mark.parametrize(("auc", "grade"), [(0.90, "A"), (0.75, "B")])
def test_a_model_surely_beyond_the_best_rule_is_graded_by_its_own_auc(auc: float, grade: str) -> None:
    aucs = {"model": auc, "tenure": 0.6, "best_single_feature": 0.65}
    found = verdict(aucs, aucs)
    assert (found.chosen, found.grade, found.reference) == ("model", grade, "best_single_feature")
    assert "beyond the best simple rule, best_single_feature (events_4w)" in found.reason


def test_a_model_that_is_ahead_but_not_provably_is_not_called_no_better() -> None:
    found = verdict(
        {"model": 0.72, "tenure": 0.6, "best_single_feature": 0.70},
        {"model": 0.699, "tenure": 0.6, "best_single_feature": 0.70},
        spread=0.03,
    )
    assert (found.chosen, found.grade) == ("best_single_feature", "C")
    assert "is not surely better than the simple rule best_single_feature (events_4w)" in found.reason
    behind = verdict({"model": 0.66, "tenure": 0.6, "best_single_feature": 0.70},
                     {"model": 0.66, "tenure": 0.6, "best_single_feature": 0.70})  # fmt: skip
    assert "is no better than" in behind.reason


def test_a_model_that_few_churns_of_the_last_fold_cannot_tell_from_chance_scores_as_a_hint() -> None:
    everywhere = {"model": 0.7, "tenure": 0.6, "best_single_feature": 0.55}
    found = verdict({**everywhere, "model": 0.71}, everywhere, spread=0.15, churns=7)
    assert (found.chosen, found.grade) == ("model", "C")
    assert "the last fold has 7 churns, too few to tell" in found.reason and "as a hint" in found.reason


def test_a_rule_that_few_churns_of_the_last_fold_cannot_tell_from_chance_does_not_score() -> None:
    everywhere = {"model": 0.65, "tenure": 0.7, "best_single_feature": 0.55}
    found = verdict({**everywhere, "tenure": 0.71}, everywhere, spread=0.15, churns=7)
    assert (found.chosen, found.grade) == ("prevalence", "none")
    assert "too few to tell tenure" in found.reason and "The scorecard is used" in found.reason


def test_what_many_churns_of_the_last_fold_call_chance_is_not_used_any_more() -> None:
    everywhere = {"model": 0.65, "tenure": 0.7, "best_single_feature": 0.55}
    found = verdict({"model": 0.5, "tenure": 0.51, "best_single_feature": 0.5}, everywhere, churns=100)
    assert (found.chosen, found.grade) == ("prevalence", "none")
    assert "No longer a signal" in found.reason and "The scorecard is used" in found.reason


def test_no_signal_anywhere_is_said() -> None:
    aucs = {"model": 0.5, "tenure": 0.501, "best_single_feature": 0.5}
    found = verdict(aucs, aucs)
    assert (found.chosen, found.grade) == ("prevalence", "none")
    assert "No signal" in found.reason

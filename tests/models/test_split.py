from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import HistoryError, LeakyFoldError
from models.split import Fold, thin, time_folds

WEEKLY = [date(2024, 1, 1) + timedelta(weeks=week) for week in range(60)]


@given(
    st.integers(2, 80), st.integers(1, 6), st.integers(1, 120), st.integers(0, 40),
    st.sampled_from(["expanding", "sliding"]),
)  # fmt: skip
def test_every_fold_leaves_horizon_and_grace_between_training_and_validation(count, folds, horizon, grace, window):
    cutoffs = [date(2024, 1, 1) + timedelta(weeks=week) for week in range(count)]
    try:
        made = time_folds(cutoffs, horizon, grace, folds, window)
    except HistoryError:
        assert (cutoffs[-1] - cutoffs[0]).days < horizon + grace
        return
    assert len(made) <= folds
    for fold in made:
        assert (min(fold.validation) - max(fold.train)).days >= horizon + grace
    validated = [day for fold in made for day in fold.validation]
    assert validated == cutoffs[-len(validated) :]


def test_a_smaller_gap_is_refused_and_says_what_would_be_valid():
    with pytest.raises(LeakyFoldError) as caught:
        Fold((date(2024, 1, 1),), (date(2024, 1, 29),), gap_days=30)
    assert "leaves 28 days" in str(caught.value)
    assert "Train up to 2023-12-30" in str(caught.value)


def test_a_sliding_window_never_grows_and_an_expanding_one_never_forgets():
    sliding = time_folds(WEEKLY, 28, 7, 4, "sliding")
    expanding = time_folds(WEEKLY, 28, 7, 4, "expanding")
    assert len({len(fold.train) for fold in sliding}) == 1
    assert {fold.train[0] for fold in expanding} == {WEEKLY[0]}
    assert [fold.validation for fold in sliding] == [fold.validation for fold in expanding]


def test_no_cutoff_far_enough_from_another_is_too_little_history():
    with pytest.raises(HistoryError, match="none 90 days"):
        time_folds(WEEKLY[:5], 90, 0, 3)


def test_thinning_keeps_whole_cutoffs_and_the_latest_one():
    rows = dict.fromkeys(WEEKLY, 1000)
    kept = thin(WEEKLY, rows, 15_000)
    assert kept == tuple(WEEKLY[::-1][::4][::-1])
    assert thin(WEEKLY, rows, 100_000) == tuple(WEEKLY)
    assert thin(WEEKLY, rows, 10) == (WEEKLY[-1],)

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.calibration import Calibration, calibrate


def _drawn(a: float, b: float, count: int = 40_000) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(2)
    log_odds = random.normal(-2, 1.2, size=count)
    return log_odds, random.random(count) < 1 / (1 + np.exp(-(a * log_odds + b)))


def test_a_known_slope_and_shift_are_found_again():
    log_odds, y = _drawn(0.6, -0.4)
    found = calibrate(log_odds, y, churns=1000)
    assert (found.a, found.b) == (pytest.approx(0.6, abs=0.05), pytest.approx(-0.4, abs=0.1))


def test_below_fifty_churns_only_the_shift_is_fitted():
    log_odds, y = _drawn(0.6, -0.4)
    found = calibrate(log_odds, y, churns=49)
    assert found.a == 1.0
    assert np.mean(1 / (1 + np.exp(-found.apply(log_odds)))) == pytest.approx(y.mean(), abs=1e-4)


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.floats(-3, 3))
def test_the_slope_is_above_zero_even_where_the_ranking_is_upside_down(seed, slope):
    random = np.random.default_rng(seed)
    log_odds = random.normal(size=200)
    y = random.random(200) < 1 / (1 + np.exp(-slope * log_odds))
    assert calibrate(log_odds, y, churns=100).a > 0


def test_a_slope_of_zero_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        Calibration(0.0, 1.0)

from __future__ import annotations

import numpy as np
import pytest

from models.censoring import censored

NEVER = np.nan


def test_who_was_touched_first_stands_for_nobody_and_those_left_untouched_stand_for_it_too():
    """Six alike: one leaves on day 10, one is called on day 20, one leaves on day 30, three stay to day 90."""
    left = np.array([10, NEVER, 30, NEVER, NEVER, NEVER])
    touched = np.array([NEVER, 20, NEVER, NEVER, NEVER, NEVER])
    found = censored(left, touched, np.arange(6.0), 90)
    assert found.weights == pytest.approx([1, 0, 1.25, 1.25, 1.25, 1.25])
    assert found.weights.sum() == pytest.approx(6), "all are spoken for"
    assert found.untouched == pytest.approx(0.8)


def test_who_is_touched_on_the_day_it_leaves_has_left_and_who_is_touched_after_the_horizon_stayed():
    found = censored(np.array([5.0, NEVER, NEVER]), np.array([5.0, 90.0, NEVER]), np.zeros(3), 90)
    assert found.weights.tolist() == [1.0, 1.0, 1.0]
    assert found.untouched == 1.0


def test_accounts_of_like_risk_stand_for_one_another_and_for_nobody_else():
    """A hundred of low risk whom nobody calls, a hundred of high risk of whom 96 are called."""
    risk, alone = np.repeat([0.0, 1.0], 100), np.arange(200) % 25 == 0
    touched = np.where((risk > 0) & ~alone, 30.0, NEVER)
    found = censored(np.full(200, NEVER), touched, risk, 90)
    assert found.weights[:100].tolist() == [1.0] * 100
    assert found.weights[(risk > 0) & alone] == pytest.approx([25.0] * 4)
    assert found.untouched == pytest.approx(0.04)

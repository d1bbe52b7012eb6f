from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.scale import Scale


@given(st.floats(-8, 2), st.floats(-10, 5))
def test_ten_points_lower_doubles_the_odds(z0, z):
    scale = Scale(z0)
    doubled = scale.score(np.array([z, z + np.log(2)]))
    assert doubled[0] - doubled[1] == pytest.approx(10)


def test_sixty_is_the_usual_account_and_says_its_probability():
    z = np.array([-5.0, -3.0, -1.0])
    scale = Scale.freeze(z)
    assert scale.score(z)[1] == 60
    assert scale.probability_at(60) == pytest.approx(1 / (1 + np.exp(3)))
    odds = scale.probability_at(50) / (1 - scale.probability_at(50))
    assert odds == pytest.approx(2 * np.exp(-3))


def test_bands_open_at_their_edges_and_health_is_cut_at_0_and_100():
    scale = Scale(0.0, red=40, amber=55)
    score = np.array([-20.0, 39.999, 40.0, 54.999, 55.0, 140.0])
    assert scale.band(score).tolist() == ["red", "red", "amber", "amber", "green", "green"]
    assert scale.health(score)[[0, -1]].tolist() == [0, 100]


def test_bands_in_the_wrong_order_are_refused():
    with pytest.raises(ValueError, match="red must be below amber"):
        Scale(0.0, red=60, amber=55)

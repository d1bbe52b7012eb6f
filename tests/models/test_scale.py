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


def test_red_begins_at_the_average_chance_where_leavers_are_easy_to_tell():
    z = np.array([-9.0] * 95 + [2.0] * 5)
    average = np.mean(1 / (1 + np.exp(-z)))
    scale = Scale.freeze(z, red=40)
    assert scale.probability_at(40) == pytest.approx(average)
    assert scale.score(z)[0] > 60 and scale.band(scale.score(z)).tolist() == ["green"] * 95 + ["red"] * 5


@given(st.lists(st.floats(-800, 800), min_size=1), st.floats(0, 54))
def test_who_is_less_likely_to_leave_than_the_average_is_never_red_on_the_day_of_freezing(odds, red):
    z = np.array(odds)
    with np.errstate(over="ignore"):
        p = 1 / (1 + np.exp(-z))
    below = z[p < p.mean() * (1 - 1e-9)]
    assert "red" not in Scale.freeze(z, red=red).band(Scale.freeze(z, red=red).score(below))


def test_bands_open_at_their_edges_and_health_is_cut_at_0_and_100():
    scale = Scale(0.0, red=40, amber=55)
    score = np.array([-20.0, 39.999, 40.0, 54.999, 55.0, 140.0])
    assert scale.band(score).tolist() == ["red", "red", "amber", "amber", "green", "green"]
    assert scale.health(score)[[0, -1]].tolist() == [0, 100]


def test_bands_in_the_wrong_order_are_refused():
    with pytest.raises(ValueError, match="red must be below amber"):
        Scale(0.0, red=60, amber=55)

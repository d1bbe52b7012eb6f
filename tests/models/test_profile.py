from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from models.profile import Profile, profile_of, shifts, stability


def drawn(count: int, seed: int, shift: float = 0.0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    values = {f"f{place}": random.normal(size=count) for place in range(60)}
    values["f0"] = values["f0"] + shift
    frame = pd.DataFrame(values)
    frame["zero"] = np.where(random.random(count) < 0.9, 0.0, random.random(count))
    frame["region"] = pd.array(random.choice(["eu", "us"], count), dtype="string")
    return frame


@pytest.mark.parametrize("count", [30, 300, 5000])
def test_two_samples_of_one_population_are_no_shift_however_small(count: int):
    profile = profile_of(drawn(count, 1), count)
    assert [shift.feature for shift in shifts(profile, drawn(count, 2)) if shift.psi > 0] == []


def test_f44_a_shift_is_found_where_it_is_and_measured_without_what_chance_adds():
    profile = profile_of(drawn(4000, 1), 4000)
    found = shifts(profile, drawn(4000, 2, shift=0.5))
    assert [shift.feature for shift in found if shift.psi > 0.1] == ["f0"]
    assert found[0].psi == pytest.approx(0.25, abs=0.05), "a shift by d standard deviations is about d squared"


def test_the_index_of_a_small_sample_is_that_of_a_large_one_on_average():
    small = [shifts(profile_of(drawn(400, seed), 400), drawn(400, 100 + seed, shift=1.0))[0].psi for seed in range(8)]
    assert np.mean(small) == pytest.approx(0.95, abs=0.2)


def test_what_chance_adds_on_average_is_taken_off():
    then, now = np.array([0.5, 0.5]), np.array([0.8, 0.2])
    assert stability(then, now, 10**9, 10**9) == pytest.approx(0.3 * np.log(4), rel=1e-3)
    smoothed = (40.5 / 51 - 0.5) * np.log(40.5 / 10.5)
    assert stability(then, now, 50, 50) == pytest.approx(smoothed - 2 / 50, abs=1e-6)


def test_missing_values_and_categories_never_seen_are_told():
    profile = profile_of(drawn(500, 1), 500)
    now = drawn(500, 2)
    now.loc[:249, "f3"] = np.nan
    now.loc[:99, "region"] = "asia"
    told = {shift.feature: shift for shift in shifts(profile, now)}
    assert (told["f3"].missing_then, told["f3"].missing_now) == (0.0, 0.5)
    assert told["region"].new_share == pytest.approx(0.2)
    assert told["f3"].psi > 0.25
    assert told["region"].psi > 0.1


def test_a_feature_without_a_value_or_with_one_value_only_is_a_shape_too():
    frame = pd.DataFrame({"empty": [np.nan] * 40, "same": [1.0] * 40})
    profile = profile_of(frame, 40)
    assert {shift.feature: shift.psi for shift in shifts(profile, frame)} == {"empty": 0.0, "same": 0.0}
    assert shifts(profile, frame.head(0)) == []


def test_a_profile_is_the_same_after_it_was_written_and_read():
    profile = profile_of(drawn(50, 1), 50, {"f0": 0.4}).seen(drawn(50, 2))
    assert Profile.from_dict(json.loads(json.dumps(profile.to_dict()))) == profile

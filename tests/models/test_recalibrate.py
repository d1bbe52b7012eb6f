from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from models.panel import Panel
from models.recalibrate import recalibrate, recalibrated
from models.train import Trained
from tests.models.worlds import World

AS_OF = date(2026, 6, 1)


def _realised(accounts: int, shift: float, base: float = -2.0, cutoff: str = "2026-03-02") -> pd.DataFrame:
    random = np.random.default_rng(4)
    z = random.normal(base, 1.0, accounts)
    y = random.random(accounts) < 1 / (1 + np.exp(-(z + shift)))
    names = [f"a{row}" for row in range(accounts)]
    return pd.DataFrame(
        {
            "account_id": names,
            "cutoff": pd.Timestamp(cutoff),
            "z": z,
            "left_after": np.where(y, random.uniform(0, 90, accounts), np.nan),
            "touched_after": np.nan,
        }
    )


def test_a_shift_of_all_odds_is_found_again():
    found = recalibrate(_realised(20_000, 0.7), AS_OF, 90)
    assert (found.calibration.a, found.calibration.b) == (pytest.approx(1, abs=0.07), pytest.approx(0.7, abs=0.1))


def test_below_fifty_churns_only_the_shift_and_below_ten_only_a_warning():
    few, hardly = recalibrate(_realised(80, 2.0), AS_OF, 90), recalibrate(_realised(25, 1.5), AS_OF, 90)
    assert 10 <= few.churns < 50 and few.calibration.a == 1.0 and "only the shift" in few.text
    assert hardly.churns < 10 and hardly.calibration is None and hardly.needed
    assert "10 churns are needed" in hardly.text
    assert hardly.checks == ()


def test_a_shift_is_told_with_its_figures_and_chance_is_not_called_one():
    shifted, same = recalibrate(_realised(900, 1.5), AS_OF, 90), recalibrate(_realised(900, 0.0), AS_OF, 90)
    assert shifted.needed and f"{shifted.churns} of 900 untouched accounts of 2026-03-02 left" in shifted.text
    assert f"{shifted.realised:.1%}; {shifted.predicted:.1%} was predicted" in shifted.text
    assert not same.needed and "the calibration stays" in same.text


def test_the_gate_asks_accounts_that_the_new_calibration_did_not_learn_from():
    passes, stays = recalibrate(_realised(900, 1.5), AS_OF, 90), recalibrate(_realised(900, 0.0), AS_OF, 90)
    assert passes.verdict("old").passed
    assert [check.name for check in passes.checks] == ["better", "calibrated"]
    assert not stays.verdict("old").passed, "what is no better beyond noise stays outside"


def test_a_world_whose_base_rate_shifted_is_calibrated_again_on_the_next_horizon(trained: Trained):
    """A champion asked about its world with three times the odds: one horizon to learn from, one to see."""
    later = World(base=-1.9, seed=8).panel()
    first, second = (later.at([day]) for day in (later.cutoffs[0], later.cutoffs[2]))
    model = trained.model
    rows = pd.DataFrame({"account_id": first.account_id, "cutoff": pd.Timestamp(later.cutoffs[0])})
    rows["left_after"], rows["touched_after"] = np.where(first.y, 3.0, np.nan), np.nan
    rows["z"] = model.score(first.X)["z"].to_numpy()
    found = recalibrate(rows, AS_OF, 28)
    new = recalibrated(model, found)
    assert found.needed and found.verdict(model.version).passed
    assert new.scale == model.scale, "60 means what it meant"
    assert model.metadata["base_rate"] < new.metadata["base_rate"] < 1
    expected = {name: each.score(second.X)["churn_probability"].sum() for name, each in (("old", model), ("new", new))}
    assert expected["old"] < 0.6 * second.y.sum()
    assert expected["new"] == pytest.approx(second.y.sum(), rel=0.25)


def test_accounts_touched_at_the_cutoff_are_left_out_so_that_saves_do_not_look_like_false_alarms():
    frame = _realised(20_000, 0.0)
    listed = frame["z"] > -1
    saved = frame.assign(
        left_after=frame["left_after"].where(~listed), touched_after=np.where(listed, 0.0, frame["touched_after"])
    )
    found = recalibrate(saved, AS_OF, 90)
    assert found.calibration.b == pytest.approx(0, abs=0.3)
    assert found.left_out == int(listed.sum())


def _called(share: float, seed: int) -> pd.DataFrame:
    """True probabilities; some are called on a day of their own, the likelier to leave the more, and who is called
    stays. Who leaves before that day was never called."""
    frame, random = _realised(20_000, 0.0), np.random.default_rng(seed)
    called = random.random(len(frame)) < np.clip(share * (1 + (frame["z"] + 2) / 3), 0, 0.97)
    day = np.where(called, random.uniform(1, 90, len(frame)), np.nan)
    saved = frame["left_after"] > day
    return frame.assign(
        left_after=frame["left_after"].where(~saved), touched_after=np.where(frame["left_after"] <= day, np.nan, day)
    )


def test_leavers_who_had_less_time_to_be_called_do_not_make_true_probabilities_look_too_low():
    frame = _called(0.45, seed=5)
    alone = frame[frame["touched_after"].isna()]
    naive = alone["left_after"].notna().mean() / (1 / (1 + np.exp(-alone["z"]))).mean()
    assert naive > 1.25, "the share among those never called is that much too high"
    found = recalibrate(frame, AS_OF, 90)
    assert found.realised == pytest.approx(found.predicted, rel=0.06)
    assert not found.needed and found.calibration.b == pytest.approx(0, abs=0.1)
    assert found.touched_later == int(frame["touched_after"].notna().sum())
    assert "those touched later counted until then" in found.text


def test_a_shift_is_still_found_among_accounts_that_were_called_later():
    frame = _called(0.45, seed=6).assign(z=lambda rows: rows["z"] - 0.8)
    found = recalibrate(frame, AS_OF, 90)
    assert found.needed and found.calibration.b == pytest.approx(0.8, abs=0.15)
    assert found.verdict("old").passed


def test_where_nearly_all_were_touched_before_the_end_it_only_warns():
    frame = _called(0.9, seed=7).assign(z=lambda rows: rows["z"] - 1.5)
    found = recalibrate(frame, AS_OF, 90)
    assert found.needed and found.calibration is None and found.checks == ()
    assert "too many were touched before the end" in found.text


def test_the_latest_week_whose_horizon_has_passed_is_taken_and_no_later_one():
    weeks = ("2026-01-05", "2026-03-02", "2026-03-09")
    found = recalibrate(pd.concat([_realised(900, 0.0, cutoff=day) for day in weeks]), AS_OF, 90)
    assert found.cutoff == date(2026, 3, 2)
    nothing = recalibrate(_realised(900, 0.0, cutoff="2026-05-04"), AS_OF, 90)
    assert nothing.calibration is None and "No published week" in nothing.text


def test_a_recalibrated_model_has_another_version_and_its_points_still_add_up(trained: Trained, panel: Panel):
    model = recalibrated(trained.model, recalibrate(_realised(20_000, 0.7), AS_OF, 90))
    scores, points = model.score_and_points(panel.X.head(50))
    assert model.version != trained.model.version
    assert np.abs(60 + scores["points_base"] + points.sum(axis=1) - scores["score"]).max() < 1e-6
    assert (scores["churn_probability"] > trained.model.score(panel.X.head(50))["churn_probability"]).mean() > 0.9

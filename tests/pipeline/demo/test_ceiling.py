"""The truth: probabilities that come true as often as they say, and the ceiling that follows from them."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.demo import ceiling
from pipeline.demo.ceiling import auc
from pipeline.errors import ConfigError, StorageError

END = date(2026, 11, 16)
FIRST = date(2024, 11, 18)
GRID = [FIRST + timedelta(weeks=4 * number) for number in range(1, 22)]


@pytest.fixture(scope="module")
def rows(truth: Path) -> pd.DataFrame:
    hazard = pd.read_parquet(truth / "hazard.parquet")
    hidden = pd.read_parquet(truth / "accounts.parquet")
    joined = hazard.merge(hidden, on="account_id")
    joined["cutoff"] = pd.to_datetime(joined["cutoff"])
    return joined


@pytest.mark.parametrize("days", [30, 60, 91])
def test_true_probabilities_come_true_as_often_as_they_say(rows: pd.DataFrame, days: int) -> None:
    known = rows[rows["cutoff"] + timedelta(days=days) <= pd.Timestamp(END)]
    left = (known["churned_at"] - known["cutoff"]) < timedelta(days=days)
    surplus = (left - known[f"probability_{days}d"]).groupby(known["account_id"]).sum()
    assert abs(surplus.sum()) < 3.5 * np.sqrt((surplus**2).sum())


def test_only_customers_who_have_not_given_notice_have_a_probability(rows: pd.DataFrame) -> None:
    assert (rows["cutoff"] > rows["started_at"]).all()
    assert (rows["notice_at"].isna() | (rows["cutoff"] <= rows["notice_at"])).all()
    assert not rows.duplicated(["account_id", "cutoff"]).any()


def test_a_longer_horizon_is_never_less_likely(rows: pd.DataFrame) -> None:
    chances = rows[["probability_30d", "probability_60d", "probability_91d"]].to_numpy()
    assert (chances >= 0).all() and (chances <= 1).all()
    assert (np.diff(chances, axis=1) >= -1e-12).all()


@pytest.mark.parametrize("days", [60, 91])
def test_leaving_can_be_foretold_well_but_not_perfectly(truth: Path, days: int) -> None:
    found = ceiling(truth, days, [day for day in GRID if day + timedelta(days=days) <= END])
    assert 0.82 < found["auc"] < 0.97
    assert found["expected_auc"] == pytest.approx(found["auc"], abs=0.06)
    assert found["churns"] > 30


def test_the_area_is_the_share_of_pairs_in_order() -> None:
    random = np.random.default_rng(5)
    score, left = random.integers(0, 6, 40) / 5.0, random.random(40)
    pairs = [(i, j) for i, j in product(range(40), repeat=2)]
    weight = {pair: left[pair[0]] * (1 - left[pair[1]]) for pair in pairs}
    wins = sum(weight[i, j] * ((score[i] > score[j]) + 0.5 * (score[i] == score[j])) for i, j in pairs)
    assert auc(score, left) == pytest.approx(wins / (left.sum() * (1 - left).sum()))


def test_a_horizon_without_truth_and_a_missing_truth_are_errors_that_say_so(truth: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="45 days"):
        ceiling(truth, 45, GRID)
    with pytest.raises(StorageError, match="could not be read"):
        ceiling(tmp_path, 91, GRID)

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.hazard import COLUMNS, DAYS, Survival, fit_survival, follow_up
from models.panel import BoolArray, FloatArray, Panel, panel_from
from models.train import Trained
from tests.models.known_hazards import HORIZON, Known, bound_by_terms, free_to_leave
from tests.models.worlds import SETTINGS, START, World


@pytest.fixture(scope="module")
def survival(trained: Trained) -> Survival:
    assert trained.model.survival is not None
    return trained.model.survival


def test_the_curve_agrees_with_the_champion_at_its_horizon(trained: Trained, survival: Survival, panel: Panel):
    scores = trained.model.score(panel.X)
    left = survival.curves(scores["z"].to_numpy(), np.full(len(panel), 12.0), np.array([28.0]))
    assert np.abs(left[:, 0] - scores["churn_probability"]).max() < 1e-9


def test_the_curve_never_falls_and_stays_within_0_and_1(survival: Survival):
    z, renews = np.linspace(-12, 12, 60), np.linspace(-30, 200, 60)
    left = survival.curves(z, renews, np.arange(1.0, 182.0))
    assert (np.diff(left, axis=1) >= 0).all()
    assert ((left >= 0) & (left <= 1)).all()


def test_a_likelier_leaver_leaves_sooner(survival: Survival):
    table = survival.table(np.array([0.0, 2.0, 4.0]), pd.DataFrame(index=range(3)))
    assert table["churn_30d"].is_monotonic_increasing
    assert table["weeks_to_leaving"].is_monotonic_decreasing


def test_beyond_what_was_watched_nothing_is_said(survival: Survival):
    short = replace(survival, reach_days=60)
    table = short.table(np.array([-4.0, 5.0]), pd.DataFrame(index=range(2)))
    assert table[["churn_90d", "churn_180d"]].isna().all(axis=None)
    assert table[["churn_30d", "churn_60d"]].notna().all(axis=None)
    assert table["weeks_to_leaving"].isna().tolist() == [True, False]


def test_an_account_is_followed_through_later_rows_but_not_over_a_gap():
    days = [0, 28, 56, 0, 84]
    labels = pd.DataFrame({
        "account_id": ["a", "a", "a", "b", "b"], "cutoff": START + pd.to_timedelta(days, unit="D"),
        "label": [False, False, True, False, True], "churned_at": START + pd.to_timedelta([0, 0, 63, 0, 91], unit="D"),
    })  # fmt: skip
    panel = panel_from(pd.DataFrame({"x": np.arange(5.0)}), labels)
    weeks, left = follow_up(panel, 28)
    told = dict(zip(panel.X["x"].astype(int), zip(weeks, left, strict=True), strict=True))
    assert told == {0: (9.0, True), 1: (5.0, True), 2: (1.0, True), 3: (4.0, False), 4: (1.0, True)}


@pytest.mark.parametrize("world", [free_to_leave, bound_by_terms])
def test_the_odds_of_any_number_of_days_are_within_noise_of_the_truth(world: Callable[[FloatArray], Known]):
    """Over all, by thirds of risk and by days to the end of the term; noise is that of the churns there were."""
    known = world(np.array(DAYS, dtype=np.float64))
    found = fit_survival(known.panel, known.z, replace(SETTINGS, horizon_days=HORIZON))
    told = found.curves(known.z, known.renews_in, np.array(DAYS, dtype=np.float64))
    for rows in _parts(known):
        for place, days in enumerate(DAYS):
            left = known.panel.account_id[rows & (known.gone < days)]
            expected = float(known.truth[rows, place].mean())
            noise = 3 * expected / np.sqrt(max(1, len(np.unique(left)))) + 0.003
            assert abs(told[rows, place].mean() - expected) < noise, (days, int(rows.sum()))


def _parts(known: Known) -> Iterator[BoolArray]:
    """All rows, thirds of risk, and rows by days to the end of their term, as far as there are any."""
    low, high = np.quantile(known.z, [1 / 3, 2 / 3])
    ends = [known.renews_in < 31, (known.renews_in >= 31) & (known.renews_in < 91), known.renews_in >= 91]
    parts = [known.z > -np.inf, known.z <= low, (known.z > low) & (known.z <= high), known.z > high, *ends]
    yield from (rows for rows in parts if rows.any())


def test_who_leaves_at_the_end_of_the_term_is_expected_to_leave_then():
    panel = _leaving_at_the_term()
    found = fit_survival(panel, np.full(len(panel), -1.0), replace(SETTINGS, horizon_days=84))
    left = found.curves(np.array([-1.0]), np.array([50.0]), np.array([48.0, 57.0, 84.0]))[0]
    assert left[1] - left[0] > 0.5 * left[2]


def _leaving_at_the_term() -> Panel:
    """A third of accounts leaves, each on the day its term ends."""
    random, count = np.random.default_rng(3), 600
    ends, leaves = random.integers(0, 84, count), random.random(count) < 0.33
    labels = pd.DataFrame({
        "account_id": [f"a{row:04d}" for row in range(count)], "cutoff": START, "label": leaves,
        "churned_at": START + pd.to_timedelta(ends, unit="D"),
    })  # fmt: skip
    return panel_from(pd.DataFrame({"days_to_renewal": ends.astype(float)}), labels)


def test_too_few_churns_give_no_curve_and_the_scores_say_nothing(trained: Trained, panel: Panel):
    small = World(accounts=40, cutoffs=3).panel()
    assert fit_survival(small.take(~small.y), np.zeros(int((~small.y).sum())), SETTINGS) is None
    scores = replace(trained.model, survival=None).score(panel.X.head(3))
    assert scores[list(COLUMNS)].isna().all(axis=None)


def test_scores_carry_the_curve(trained: Trained, panel: Panel):
    scores = trained.model.score(panel.X)
    known = [f"churn_{days}d" for days in DAYS if days <= trained.model.survival.reach_days]
    assert len(known) >= 2
    assert (scores[known].diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from models.backtest import backtest
from models.evaluate import Evaluation
from models.panel import Panel, panel_from
from models.sample import sampled
from tests.models.worlds import SETTINGS, World


def test_as_many_accounts_as_are_held_stay_whole_at_every_cutoff_and_the_same_ones_every_time() -> None:
    names = pd.Series([f"a{number}" for number in range(4000)] * 5)
    kept = sampled(names, max_rows=2500)
    assert abs(kept.sum() - 5000) < 300, "twice the rows that one model may learn from"
    assert (pd.Series(kept).groupby(names).nunique() == 1).all(), "an account is kept with all its rows or not at all"
    order = np.random.default_rng(1).permutation(len(names))
    again = sampled(names.iloc[order].astype("string"), max_rows=2500)
    assert set(names.iloc[order][again]) == set(names[kept])
    assert sampled(names, max_rows=10_000).all()


def test_a_larger_part_holds_the_smaller_one_so_that_next_weeks_training_knows_the_same_accounts() -> None:
    names = pd.Series([f"a{number}" for number in range(4000)])
    assert set(names[sampled(names, 500)]) < set(names[sampled(names, 700)])


def test_a_backtest_of_a_part_says_of_how_many_accounts(panel: Panel) -> None:
    found = backtest(replace(panel, drawn_from=9000), replace(SETTINGS, candidates=("logistic",), folds=2))
    assert any(f"{panel.accounts} of 9,000 accounts are learned from" in note for note in found.notes)


def test_weights_a_few_columns_at_a_time_give_the_same_figures(panel: Panel, monkeypatch) -> None:
    z = np.random.default_rng(2).normal(-3, 1, len(panel))
    whole = Evaluation(panel, 40, 1, 28).drawn(z)
    monkeypatch.setattr("models.evaluate._HELD", 500)
    parts = Evaluation(panel, 40, 1, 28).drawn(z)
    for name, values in whole.items():
        np.testing.assert_allclose(parts[name], values, rtol=1e-12)


def test_a_panel_of_rows_in_any_order_is_sorted_and_leaves_out_what_has_no_label() -> None:
    X, labels = World(accounts=50, cutoffs=3).draw()
    labels["label"] = labels["label"].astype("boolean")
    labels.loc[labels.index[::7], "label"] = pd.NA
    order = np.random.default_rng(3).permutation(len(X))
    mixed = panel_from(X.iloc[order], labels.iloc[order])
    assert mixed.digest() == panel_from(X, labels).digest()
    assert len(mixed) == labels["label"].notna().sum()

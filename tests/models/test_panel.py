from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.errors import OneClassError, PanelError
from models.panel import Panel, panel_from
from tests.models.worlds import World


def test_order_of_input_rows_changes_nothing():
    X, labels = World(accounts=60, cutoffs=4).draw()
    mixed = np.random.default_rng(3).permutation(len(X))
    straight, shuffled = panel_from(X, labels), panel_from(X.iloc[mixed], labels.iloc[mixed])
    pd.testing.assert_frame_equal(straight.X, shuffled.X)
    assert straight.digest() == shuffled.digest()


def test_a_churner_seen_from_many_weekly_cutoffs_counts_once():
    cutoffs = pd.date_range("2024-01-01", periods=13, freq="7D")
    labels = pd.DataFrame(
        {"account_id": "a", "cutoff": cutoffs, "label": True, "churned_at": pd.Timestamp("2024-04-01")}
    )
    assert panel_from(pd.DataFrame({"f": range(13)}), labels).churns == 1


def test_rows_whose_window_is_not_complete_are_left_out_and_never_count_as_stayed():
    labels = pd.DataFrame(
        {"account_id": ["a", "b", "c"], "cutoff": pd.Timestamp("2024-01-01"),
         "label": pd.array([True, None, False], dtype="boolean"), "churned_at": pd.Timestamp("2024-01-05")}
    )  # fmt: skip
    panel = panel_from(pd.DataFrame({"f": [1, 2, 3]}), labels)
    assert panel.account_id.tolist() == ["a", "c"]
    assert panel.y.tolist() == [True, False]
    assert panel.X["f"].tolist() == [1.0, 3.0]


def test_a_repeated_account_and_cutoff_is_refused():
    labels = pd.DataFrame({"account_id": ["a", "a"], "cutoff": pd.Timestamp("2024-01-01"), "label": [False, False]})
    with pytest.raises(PanelError, match="repeat in 1 rows"):
        panel_from(pd.DataFrame({"f": [1, 2]}), labels)


def test_arrays_of_another_length_are_all_named():
    panel = World(accounts=20, cutoffs=2).panel()
    with pytest.raises(PanelError) as caught:
        Panel(panel.X, panel.account_id[1:], panel.cutoff, panel.y[1:], panel.churn_day, panel.renewal_in_horizon)
    assert [text.split()[0] for text in caught.value.problems] == ["account_id", "y"]


@pytest.mark.parametrize(("left", "words"), [(False, "nobody left"), (True, "everybody left")])
def test_one_class_is_refused_with_words(left, words):
    labels = pd.DataFrame({"account_id": ["a", "b"], "cutoff": pd.Timestamp("2024-01-01"), "label": left})
    with pytest.raises(OneClassError, match=words):
        panel_from(pd.DataFrame({"f": [1, 2]}), labels).both_classes()

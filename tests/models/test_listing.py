from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.evaluate import Evaluation
from models.listing import compare_lists, lead_time, measure_list, plain_ranking, stability
from models.panel import Panel, panel_from

DAYS = pd.to_datetime(["2024-01-01", "2024-02-05", "2024-03-04"])


def panel(left: dict[tuple[str, int], str], accounts: str = "abcd") -> Panel:
    """Accounts at three cutoffs; ``left``: (account, cutoff) to the day on which it left within the horizon."""
    keys = [(name, place) for place in range(3) for name in accounts]
    labels = pd.DataFrame(
        {
            "account_id": [name for name, _ in keys],
            "cutoff": [DAYS[place] for _, place in keys],
            "label": [key in left for key in keys],
            "churned_at": [pd.Timestamp(left[key]) if key in left else pd.NaT for key in keys],
        }
    )
    return panel_from(pd.DataFrame({"x": np.zeros(len(keys))}), labels)


def on(made: Panel, *listed: str) -> np.ndarray:
    """One text of account letters for each cutoff."""
    days = {day.date(): names for day, names in zip(DAYS, listed, strict=True)}
    return np.array([name in days[day.item()] for name, day in zip(made.account_id, made.cutoff, strict=True)])


def test_precision_recall_lift_and_revenue_are_worked_out_within_each_cutoff_and_averaged() -> None:
    made = panel({("a", 0): "2024-01-20", ("b", 0): "2024-01-21", ("c", 1): "2024-02-20"})
    revenue = np.tile([100.0, 300.0, 50.0, 50.0], 3)
    found = measure_list(Evaluation(made, 20, 1, 28), on(made, "ad", "cd", "d").astype(float), revenue)
    assert found["precision"][0] == pytest.approx((1 / 2 + 1 / 2 + 0) / 3), "a cutoff without churns counts as well"
    assert found["recall"][0] == pytest.approx((1 / 2 + 1) / 2), "of nobody no share can be caught"
    assert found["lift"][0] == pytest.approx((1 + 2) / 2)
    assert found["revenue_caught"][0] == pytest.approx((100 / 400 + 1) / 2)


def test_unknown_revenue_counts_as_the_usual_one_and_no_revenue_at_all_is_not_measured() -> None:
    made = panel({("a", 0): "2024-01-20", ("b", 0): "2024-01-21"})
    listed = on(made, "a", "a", "a").astype(float)
    some = np.tile([100.0, np.nan, 100.0, 100.0], 3)
    assert measure_list(Evaluation(made, 5, 1, 28), listed, some)["revenue_caught"][0] == pytest.approx(0.5)
    none = compare_lists(Evaluation(made, 5, 1, 28), listed, np.zeros(12), np.full(12, np.nan))
    assert none["published"]["revenue_caught"]["value"] is None


def test_the_plain_ranking_is_as_long_and_shares_out_a_tie_at_its_end() -> None:
    made = panel({("a", 0): "2024-01-20"})
    z = np.tile([3.0, 1.0, 1.0, 0.0], 3)
    ranked = plain_ranking(made, z, on(made, "bd", "d", "").astype(float))
    np.testing.assert_allclose(ranked, [1, 0.5, 0.5, 0, 1, 0, 0, 0, 0, 0, 0, 0])


def test_lead_time_runs_from_the_last_time_it_came_on_the_list_and_counts_a_churn_once() -> None:
    left = {("a", 1): "2024-03-24", ("a", 2): "2024-03-24", ("b", 2): "2024-03-10", ("c", 2): "2024-03-10"}
    made = panel(left)
    found = lead_time(made, on(made, "ab", "a", "ad"))
    assert (found["churns"], found["listed"]) == (3, 2)
    days = sorted([(pd.Timestamp("2024-03-24") - DAYS[0]).days, (pd.Timestamp("2024-03-10") - DAYS[0]).days])
    assert found["median_days"] == pytest.approx(np.mean(days))
    again = lead_time(made, on(made, "b", "", "b"))
    assert again["median_days"] == (pd.Timestamp("2024-03-10") - DAYS[2]).days, "it had been off the list in between"


def test_who_has_left_is_no_change_of_the_list() -> None:
    made = panel({})
    rows = ~((made.account_id == "a") & (made.cutoff > np.datetime64("2024-01-15")))
    asked, listed = made.take(rows), on(made, "ab", "b", "d")[rows]
    assert stability(asked, listed) == {"kept": pytest.approx(0.5), "steps": 2}

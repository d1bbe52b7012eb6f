from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from pipeline.config.settings import ListSettings, ScaleSettings
from pipeline.lists.policy import PastScores, past_lists

WEEKS, MONTHS = (7, 14, 21, 28), (28, 56, 84, 112)


def scores(**health: float) -> pd.DataFrame:
    """Health by account, all of one manager; who is red is three times as likely to leave as usual."""
    frame = pd.DataFrame({"account_id": list(health), "health": list(health.values()), "owner": "Ana", "arr": 100.0})
    red = frame["health"] < 40
    return frame.assign(band=np.where(red, "red", "green"), churn_probability=np.where(red, 0.15, 0.02))


def listed(days: tuple[int, ...], *each: pd.DataFrame, capacity: int = 8) -> list[set[str]]:
    weeks = [PastScores(date.fromordinal(738_000 + day), scored, 0.05) for day, scored in zip(days, each, strict=False)]
    found = past_lists(weeks, ListSettings(capacity=capacity), ScaleSettings())
    return [set(past.accounts) for past in found.values()]


@pytest.mark.parametrize("days", [WEEKS, MONTHS])
def test_who_was_listed_leaves_after_two_good_lists_however_far_apart_they_are(days: tuple[int, ...]) -> None:
    found = listed(days, scores(oak=30, elm=70), scores(oak=70, elm=70), scores(oak=70, elm=70), scores(oak=39, elm=70))
    assert found == [{"oak"}, {"oak"}, set(), {"oak"}]


def test_a_manager_has_no_more_rows_than_the_capacity_and_all_who_could_be_listed_are_counted() -> None:
    weeks = [PastScores(date(2024, 1, 1), scores(oak=10, elm=20, ash=30, fir=80), 0.05)]
    found = past_lists(weeks, ListSettings(capacity=2), ScaleSettings())[date(2024, 1, 1)]
    assert len(found.accounts) == 2
    assert found.eligible == 3

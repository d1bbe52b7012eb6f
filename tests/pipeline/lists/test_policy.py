from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from pipeline.config.settings import ListSettings, ScaleSettings
from pipeline.lists.policy import PastList, PastScores, past_lists

WEEKS, MONTHS = (7, 14, 21, 28), (28, 56, 84, 112)


def scores(**health: float) -> pd.DataFrame:
    """Health by account, all of one manager; who is red is three times as likely to leave as usual."""
    frame = pd.DataFrame({"account_id": list(health), "health": list(health.values()), "owner": "Ana", "arr": 100.0})
    red = frame["health"] < 40
    band = np.select([red, frame["health"] < 55], ["red", "amber"], "green")
    return frame.assign(band=band, churn_probability=np.where(red, 0.15, 0.02))


def past(days: tuple[int, ...], *each: pd.DataFrame, cool_down: int) -> list[PastList]:
    weeks = [PastScores(date.fromordinal(738_000 + day), scored, 0.05) for day, scored in zip(days, each, strict=False)]
    return list(past_lists(weeks, ListSettings(cool_down_days=cool_down), ScaleSettings()).values())


def listed(days: tuple[int, ...], *each: pd.DataFrame, cool_down: int = 14) -> list[set[str]]:
    return [set(each.accounts) for each in past(days, *each, cool_down=cool_down)]


@pytest.mark.parametrize("days", [WEEKS, MONTHS])
def test_who_was_listed_leaves_after_two_good_lists_however_far_apart_they_are(days: tuple[int, ...]) -> None:
    weeks = [scores(oak=health, elm=70) for health in (30, 50, 50, 39)]
    found = listed(days, *weeks, cool_down=0)
    assert found == [{"oak"}, {"oak"}, set(), {"oak"}]


def test_a_manager_has_no_more_rows_than_the_capacity_and_all_who_could_be_listed_are_counted() -> None:
    weeks = [PastScores(date(2024, 1, 1), scores(oak=10, elm=20, ash=30, fir=80), 0.05)]
    found = past_lists(weeks, ListSettings(capacity=2), ScaleSettings())[date(2024, 1, 1)]
    assert len(found.accounts) == 2
    assert found.eligible == 3


def test_who_was_listed_counts_as_called_and_rests_for_the_days_of_the_configuration() -> None:
    red = [scores(oak=30, elm=70)] * 4
    assert listed(WEEKS, *red, cool_down=14) == [{"oak"}, set(), {"oak"}, set()]
    assert listed(WEEKS, *red, cool_down=21) == [{"oak"}, set(), set(), {"oak"}]
    assert listed(WEEKS, *red, cool_down=0) == [{"oak"}] * 4
    assert listed(MONTHS, *red, cool_down=14) == [{"oak"}] * 4, "a month later nobody rests any more"


def test_who_rests_leaves_a_place_to_others_and_still_counts_as_eligible() -> None:
    weeks = [scores(oak=10, elm=20), scores(oak=10, elm=20, ash=30)]
    first, second = past(WEEKS, *weeks, cool_down=14)
    assert (set(first.accounts), set(first.resting)) == ({"oak", "elm"}, set())
    assert (set(second.accounts), set(second.resting), second.eligible) == ({"ash"}, {"oak", "elm"}, 3)


def test_who_became_clearly_worse_or_must_decide_soon_is_listed_all_the_same() -> None:
    assert listed(WEEKS, scores(oak=30), scores(oak=24)) == [{"oak"}, {"oak"}]
    soon = scores(oak=30).assign(renewal_date=pd.Timestamp.fromordinal(738_000 + 20), notice_days=0.0)
    assert listed(WEEKS, soon.assign(term_months=12.0), soon.assign(term_months=12.0)) == [{"oak"}, {"oak"}]
    assert listed(WEEKS, soon.assign(term_months=1.0), soon.assign(term_months=1.0)) == [{"oak"}, set()]

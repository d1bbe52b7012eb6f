from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.minimums import churns_per_week, minimums, short_of
from tests.models.worlds import SETTINGS, World


def test_the_weeks_that_are_missing_follow_from_the_rate_of_distinct_churns() -> None:
    panel = World(accounts=200, cutoffs=13).panel()
    weeks = 12 * 4 + 4
    assert churns_per_week(panel, SETTINGS) == pytest.approx(panel.churns / weeks)
    need = panel.churns + 30
    first = minimums(panel, replace(SETTINGS, min_churns=need))[0]
    assert (first.have, first.need, first.enough) == (panel.churns, need, False)
    assert first.weeks_more == int(np.ceil(30 / (panel.churns / weeks)))


def test_nothing_is_missing_where_there_is_enough() -> None:
    panel = World().panel()
    found = minimums(panel, SETTINGS, tested_churns=80)
    assert short_of(found, "learning", "testing", "certainty") == []
    assert {each.weeks_more for each in found} == {0}


def test_a_history_too_short_to_test_is_named_and_waiting_does_not_bring_accounts() -> None:
    panel = World(accounts=40, cutoffs=2, base=-1.0).panel()
    missing = {each.name: each for each in short_of(minimums(panel, SETTINGS), "testing")}
    assert missing["days of history between the first and last cutoff"].weeks_more == 4
    assert missing["accounts"].weeks_more is None

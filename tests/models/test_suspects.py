from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.panel import Panel
from models.suspects import suspects, written_by_leaving
from tests.models.worlds import World


@pytest.fixture(scope="module")
def panel() -> Panel:
    return World(accounts=300, cutoffs=10).panel()


def beside(panel: Panel, **columns: object) -> Panel:
    return replace(panel, X=panel.X.assign(**columns))


def test_an_honest_world_raises_no_suspicion(panel: Panel) -> None:
    assert suspects(panel, 28) == []


@pytest.mark.parametrize("kind", ["number", "text", "gap"])
def test_a_feature_that_alone_tells_who_leaves_is_named(panel: Panel, kind: str) -> None:
    number = np.where(panel.y, 1.0, 0.0) + np.random.default_rng(1).normal(0, 0.1, len(panel))
    planted = {"number": number, "text": np.where(panel.y, "leaving", "fine").astype(object)}
    planted["gap"] = np.where(panel.y, 5.0, np.nan)
    found = suspects(beside(panel, planted=planted[kind]), 28)
    assert [(each.feature, each.kind) for each in found] == [("planted", "separates")]
    assert "planted alone nearly tells who leaves" in str(found[0])
    assert suspects(beside(panel, planted=planted[kind]), 28, exempt=["planted"]) == []


def test_a_feature_that_is_worth_nothing_one_horizon_earlier_is_named(panel: Panel) -> None:
    signal = np.where(panel.y, 1.0, 0.0) + np.random.default_rng(1).normal(0, 0.45, len(panel))
    found = suspects(beside(panel, late=signal), 28)
    assert [(each.feature, each.kind) for each in found] == [("late", "collapses")]
    assert found[0].delayed < 0.65 < 0.85 < found[0].auc


def test_a_lasting_trait_is_worth_as_much_one_horizon_earlier(panel: Panel) -> None:
    draw, names = np.random.default_rng(2), np.unique(panel.account_id)
    prone = pd.Series(draw.random(len(names)) < 0.1, names).loc[panel.account_id].to_numpy()
    y = prone & (draw.random(len(panel)) < 0.6)
    again = replace(panel, y=y, churn_day=np.where(y, panel.cutoff, np.datetime64("NaT", "D")))
    trait = prone + draw.normal(0, 0.3, len(panel))
    assert suspects(beside(again, trait=trait), 28) == []


def test_what_tells_who_has_left_by_now_was_written_by_leaving(panel: Panel) -> None:
    left = pd.Series(panel.churn_day[panel.y], panel.account_id[panel.y]).groupby(level=0).last()
    day = left.reindex(panel.account_id).dt.strftime("%Y-%m-%d").to_numpy(dtype=object)
    gone = np.isin(panel.account_id, left.index)
    planted = {
        "attr_day": day,
        "attr_day_or_no": np.where(pd.isna(day), "No", day),
        "attr_reason": np.where(gone, "price", None),
        "attr_status": np.where(gone, "closed", "active").astype(object),
        "attr_active": np.where(gone, 0.0, 1.0),
    }
    honest = {
        "attr_region": np.array([["eu", "us"][int(name[1:]) % 2] for name in panel.account_id], object),
        "attr_name": panel.account_id,
        "attr_mostly": np.where(gone & (panel.account_id > "a0040"), "risky", "fine").astype(object),
    }
    made = beside(panel, **planted, **honest)
    assert written_by_leaving(made, [*planted, *honest]) == list(planted)

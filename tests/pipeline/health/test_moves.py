import json

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from pipeline.features.base import REGISTRY
from pipeline.features.plan import make_plan
from pipeline.health.moves import (
    BASE,
    CONFIGURATION,
    CUSTOMER,
    MODEL,
    calendar_sums,
    called,
    cause_sums,
    drivers,
    moves,
    told,
)
from pipeline.texts import catalogue
from tests.pipeline.features import worlds

ACCOUNTS = pd.Index([f"a{at}" for at in range(6)], name="account_id")


def points(seed: int, *names: str, accounts: pd.Index = ACCOUNTS) -> pd.DataFrame:
    """Points by feature and of the base, some of them 0."""
    draw = np.random.default_rng(seed)
    values = draw.normal(0, 7, (len(accounts), len(names))) * draw.integers(0, 2, (len(accounts), len(names)))
    return pd.DataFrame(values, accounts, list(names)).assign(**{BASE: draw.normal()})


def score(frame: pd.DataFrame) -> pd.Series:
    return 60 + frame.sum(axis=1)


@given(st.integers(0, 10_000))
def test_the_causes_add_up_to_the_change(seed: int) -> None:
    then, now = points(seed, "x", "y"), points(seed + 3, "y", "z")
    steps = [(CONFIGURATION, points(seed + 1, "x", "y")), (MODEL, points(seed + 2, "y", "z")), (CUSTOMER, now)]
    table = moves(then, steps, {"x": "usage", "y": "support", "z": "effort"})
    sums = cause_sums(table, ACCOUNTS, ACCOUNTS)
    np.testing.assert_allclose(sums.sum(axis=1), score(now) - score(then), atol=1e-6)
    parts = told(table, ACCOUNTS).map(lambda text: sum(each["points"] for each in json.loads(text or "[]")))
    np.testing.assert_allclose(parts.astype(float), score(now) - score(then), atol=1e-6)


def test_each_cause_has_what_its_own_step_changed() -> None:
    then = pd.DataFrame({"x": [1.0], BASE: [0.0]}, ["a0"])
    bridge = pd.DataFrame({"x": [4.0], BASE: [0.5]}, ["a0"])
    now = pd.DataFrame({"x": [-6.0], BASE: [0.5]}, ["a0"])
    table = moves(then, [(MODEL, bridge), (CUSTOMER, now)], {"x": "usage"})
    assert table.to_dict("split")["data"] == [
        ["a0", CUSTOMER, "usage", "x", -10.0],
        ["a0", MODEL, "", BASE, 0.5],
        ["a0", MODEL, "usage", "x", 3.0],
    ]


def test_what_the_calendar_did_by_itself_is_told_within_what_the_customer_changed() -> None:
    then = pd.DataFrame({"x": [1.0], "days_to_renewal": [2.0], BASE: [0.0]}, ["a0"])
    bridge = pd.DataFrame({"x": [1.0], "days_to_renewal": [1.0], BASE: [0.0]}, ["a0"])
    now = pd.DataFrame({"x": [-6.0], "days_to_renewal": [-20.0], BASE: [0.0]}, ["a0"])
    table = moves(then, [(MODEL, bridge), (CUSTOMER, now)], {"x": "usage", "days_to_renewal": "timing"})
    accounts = pd.Index(["a0", "b"])
    sums, calendar = cause_sums(table, accounts, then.index), calendar_sums(table, accounts, then.index)
    assert sums.loc["a0"].tolist() == [-28.0, -1.0, 0.0]
    assert calendar["a0"] == -21.0 and np.isnan(calendar["b"]), "of the customer's alone; not known of who is new"


def test_who_was_not_there_then_has_no_moves_and_who_did_not_move_has_zeros() -> None:
    then = points(1, "x", accounts=ACCOUNTS[:3])
    table = moves(then, [(CUSTOMER, then)], {})
    sums = cause_sums(table, ACCOUNTS, then.index)
    assert table.empty
    assert (sums.iloc[:3] == 0).all(axis=None) and sums.iloc[3:].isna().all(axis=None)
    assert told(table, ACCOUNTS).tolist() == [""] * 6


def test_every_feature_has_a_name_that_people_know() -> None:
    """Only events and attributes are called as the company calls them."""
    known = catalogue()["reasons"]["names"]
    plan = make_plan(REGISTRY, worlds.SETTINGS, {declared.source for declared in REGISTRY.declarations}, worlds.LEVELS)
    own = [info.name for info in plan.features if not info.name.startswith(("event_", "attr_", "level_"))]
    names = {name: called(name)[0] for name in own}
    assert len(names) > 100
    assert {name for name, told in names.items() if told not in known.values()} == set()
    assert not [told for told in names.values() if "_" in told]


def test_what_moved_a_score_is_told_in_words_with_its_window() -> None:
    named = {"logins_1w": -3.14, "use_before_13w": 2.0, "renewal_in_4w": -6.1, "event_task_completed_4w": 1.0}
    frame = pd.DataFrame({"a": named}).T
    table = moves(frame * 0, [(CUSTOMER, frame)], {})
    assert drivers(table, frame.index, count=4).loc["a"].tolist() == [
        "a renewal within 4 weeks \u22126.1",
        "logins (1 week) \u22123.1",
        "use (13 weeks before that) +2.0",
        "task completed (4 weeks) +1.0",
    ]

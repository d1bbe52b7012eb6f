from __future__ import annotations

import pandas as pd

from models.explain import reasons


def test_correlated_features_share_one_reason_named_by_the_heaviest():
    points = pd.DataFrame(
        {"logins_4w": [-6.0, 1.0], "logins_13w": [-7.0, 2.0], "tickets_4w": [-9.0, -0.5], "tenure": [4.0, 3.0]},
        index=["acme", "beta"],
    )
    found = reasons(points, {"logins_4w": "logins", "logins_13w": "logins"})
    assert found.to_dict("list") == {
        "row": ["acme", "acme", "beta"],
        "rank": [1, 2, 1],
        "group": ["logins", "tickets_4w", "tickets_4w"],
        "feature": ["logins_13w", "tickets_4w", "tickets_4w"],
        "points": [-13.0, -9.0, -0.5],
    }


def test_a_group_that_cannot_be_put_in_words_is_no_reason():
    points = pd.DataFrame({"a_rank": [-9.0], "a": [-1.0], "b": [-5.0]})
    found = reasons(points, {"a_rank": "a"}, eligible={"a"})
    assert found[["group", "feature", "points"]].to_numpy().tolist() == [["a", "a", -10.0]]


def test_at_most_as_many_reasons_as_asked_for_and_none_for_no_rows():
    points = pd.DataFrame([[-1.0, -2.0, -3.0, -4.0, -5.0]], columns=list("abcde"))
    assert reasons(points, {}, top=3)["feature"].tolist() == ["e", "d", "c"]
    assert reasons(points.iloc[:0], {}).empty

from __future__ import annotations

import numpy as np
import pandas as pd

from models.explain import reasons
from models.panel import Panel
from models.train import Trained


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


def test_neutralising_the_first_reason_moves_the_score_more_than_neutralising_another(
    each_trained: Trained, panel: Panel
):
    """By deletion: for the forty unhealthiest accounts of the last cutoff, each value in turn becomes the usual one."""
    model, latest = each_trained.model, panel.at(panel.cutoffs[-1:]).X
    scores, points = model.score_and_points(latest)
    listed = scores["score"].nsmallest(40).index
    first = reasons(points.loc[listed], {}, top=1).set_index("row")["feature"]
    usual = {name: panel.X[name].median() if name != "region" else panel.X[name].mode()[0] for name in panel.X}
    moved = pd.DataFrame({name: (model.score(latest.loc[listed].assign(**{name: value}))["score"]
                                 - scores.loc[listed, "score"]).abs() for name, value in usual.items()})  # fmt: skip
    own = np.array([moved.loc[row, first[row]] for row in listed])
    others = np.array([moved.loc[row].drop(first[row]).sample(random_state=3).iloc[0] for row in listed])
    assert (own > others).mean() >= 0.9

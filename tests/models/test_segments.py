from __future__ import annotations

import numpy as np
import pytest

from models.evaluate import Evaluation
from models.panel import Panel
from models.segments import by_segment, segment_warnings
from tests.models.worlds import World


@pytest.fixture(scope="module")
def panel() -> Panel:
    return World(accounts=500, cutoffs=8).panel()


def truth(panel: Panel) -> np.ndarray:
    known = panel.X[["f0", "f1"]].fillna(0).to_numpy()
    return -3.0 + 1.5 * (known[:, 0] - known[:, 1] + 0.5 * (panel.X["region"] == "eu").to_numpy())


def of_account(panel: Panel) -> np.ndarray:
    return np.array([["north", "south"][int(name[1:]) % 2] for name in panel.account_id], object)


def test_a_segment_that_is_ranked_by_lot_is_named_and_its_fellow_is_not(panel: Panel) -> None:
    where = of_account(panel)
    z = np.where(where == "north", truth(panel), np.random.default_rng(1).permutation(truth(panel)))
    found = {each["segment"]: each for each in by_segment(Evaluation(panel, 100, 1, 28), z, {"side": where})}
    assert found["south"]["worse"] and not found["north"]["worse"]
    assert found["south"]["difference"]["high"] < 0
    assert "side south is ranked markedly worse" in segment_warnings(list(found.values()))[0]


def test_a_segment_whose_probabilities_are_too_low_is_misjudged_though_well_ranked(panel: Panel) -> None:
    where = of_account(panel)
    z = truth(panel) - 1.5 * (where == "south")
    found = {each["segment"]: each for each in by_segment(Evaluation(panel, 100, 1, 28), z, {"side": where})}
    assert found["south"]["misjudged"] and not found["south"]["worse"]
    assert found["south"]["realised"] > 1.5 * found["south"]["predicted"]
    assert not found["north"]["misjudged"]


def test_of_forty_eight_segments_of_a_true_model_none_is_warned_of_though_one_is_low_by_chance() -> None:
    weak = World(signal=0.5, accounts=400, cutoffs=8).panel()
    z, draw = -3 + (truth(weak) + 3) / 3, np.random.default_rng(1)
    names = {name: place for place, name in enumerate(np.unique(weak.account_id))}
    lots = {f"lot {n}": draw.integers(0, 4, len(names))[[names[a] for a in weak.account_id]] for n in range(12)}
    found = by_segment(Evaluation(weak, 100, 1, 28), z, {by: values.astype(str) for by, values in lots.items()})
    assert len(found) == 48
    assert segment_warnings(found) == []
    assert any(each["difference"]["high"] < 0 or each["gap"]["high"] < 0 for each in found)


def test_the_same_division_under_two_names_is_looked_at_once_and_rare_segments_together(panel: Panel) -> None:
    where = of_account(panel)
    many = np.array([name[-2:] for name in panel.account_id], object)
    found = by_segment(Evaluation(panel, 10, 1, 28), truth(panel), {"plan": where, "segment": where, "town": many})
    assert {each["by"] for each in found} == {"plan", "town"}
    towns = [each["segment"] for each in found if each["by"] == "town"]
    assert len(towns) == 9 and "other" in towns


def test_a_segment_is_held_against_the_others_together_where_each_of_them_holds_few_churns() -> None:
    few = World(accounts=120, cutoffs=4, base=-4.0).panel()
    third = np.array([["small", "medium", "large"][int(name[1:]) % 3] for name in few.account_id], object)
    found = by_segment(Evaluation(few, 100, 1, 28), truth(few), {"size": third})
    assert all(0 < each["churns"] < 20 for each in found)
    for each in found:
        weights = [other["churns"] for other in found if other is not each]
        pooled = np.average([other["auc"]["value"] for other in found if other is not each], weights=weights)
        assert each["others"]["value"] == pytest.approx(pooled)
        assert each["difference"]["low"] < each["difference"]["value"] < each["difference"]["high"]


def test_a_segment_without_another_that_can_be_ranked_says_that_and_not_that_it_has_one_class(panel: Panel) -> None:
    stays = np.where(panel.y | (np.arange(len(panel)) % 3 > 0), "some left", "nobody left").astype(object)
    told = {each["segment"]: each for each in by_segment(Evaluation(panel, 20, 1, 28), truth(panel), {"side": stays})}
    assert told["some left"]["auc"]["value"] is not None
    assert told["some left"]["difference"]["note"] == "no other segment holds both classes at any cutoff"
    assert told["nobody left"]["auc"]["note"] == "no cutoff with both classes"
    assert told["nobody left"]["others"]["value"] == told["some left"]["auc"]["value"]

import numpy as np
import pandas as pd

from pipeline.health.peers import ALIKE, FEWEST_PEERS, HERE, Peers, Typical

FEW = FEWEST_PEERS - 1


def peers(small: int, large: int) -> Peers:
    """So many small accounts of 10 logins, and large ones of 90; one account of no known segment."""
    logins = pd.Series([10.0] * small + [90.0] * large + [50.0])
    segments = pd.Series(["Small"] * small + ["Large"] * large + [None])
    return Peers.of(pd.DataFrame({"logins": logins}), segments)


def test_an_account_is_held_against_its_own_segment() -> None:
    found = peers(9, 8)
    assert found.like(0)["logins"] == Typical(10.0, ALIKE)
    assert found.like(9)["logins"] == Typical(90.0, ALIKE)


def test_a_segment_of_less_than_a_handful_is_held_against_everybody_and_so_is_an_unknown_one() -> None:
    found = peers(FEW, 20)
    assert found.like(0)["logins"] == Typical(90.0, HERE)
    assert found.like(FEW + 20)["logins"] == Typical(90.0, HERE)


def test_less_than_a_handful_of_accounts_or_of_values_tell_nothing() -> None:
    assert peers(2, 2).like(0) == {}
    answers = pd.DataFrame({"nps": [3.0] * FEW + [np.nan] * 20})
    assert Peers.of(answers, pd.Series(["Small"] * (FEW + 20))).like(0) == {}


def test_medians_of_a_training_are_told_as_nobodys() -> None:
    assert Peers.in_training({"logins": 12.0}, 2).like(1) == {"logins": Typical(12.0, None)}

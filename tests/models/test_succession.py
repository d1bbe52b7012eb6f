from __future__ import annotations

import json
from pathlib import Path

import pytest

from models import succession
from models.errors import LibraryError, NoChampionError, TamperedModelError
from models.registry import CHAMPION, champion_entry, load_champion, save_model
from models.succession import challenge, challenger, crown, former, retire, rollback
from models.train import Trained, refit
from tests.models.worlds import SETTINGS

Pair = tuple[dict, dict]


@pytest.fixture(scope="module")
def models(trained: Trained) -> tuple:
    """Two models of one backtest: the second learned from fewer rows."""
    found = trained.backtest
    from dataclasses import replace

    return trained.model, refit(found.panel, replace(SETTINGS, max_rows=1500), found, trained.model.scale).model


@pytest.fixture
def pair(models: tuple, tmp_path: Path) -> Pair:
    """The first is champion, the second waits."""
    first, second = (save_model(model, tmp_path) for model in models)
    crown(tmp_path, first)
    challenge(tmp_path, second)
    return first, second


def test_a_crowned_challenger_scores_and_no_longer_waits(pair: Pair, tmp_path: Path):
    crown(tmp_path, pair[1])
    assert load_champion(tmp_path).version == pair[1]["version"]
    assert challenger(tmp_path) is None
    assert former(tmp_path) == [pair[0]]


def test_f49_rollback_restores_the_former_champion_with_its_hash_and_can_be_undone(pair: Pair, tmp_path: Path):
    before = (tmp_path / CHAMPION).read_bytes()
    crown(tmp_path, pair[1])
    rollback(tmp_path)
    assert (tmp_path / CHAMPION).read_bytes() == before
    assert load_champion(tmp_path).version == pair[0]["version"]
    assert challenger(tmp_path) == {**pair[1], "rolled_back": True}
    crown(tmp_path, challenger(tmp_path))
    assert load_champion(tmp_path).version == pair[1]["version"]


def test_without_a_former_champion_there_is_nothing_to_go_back_to(pair: Pair, tmp_path: Path):
    with pytest.raises(NoChampionError, match="no former champion"):
        rollback(tmp_path)
    assert champion_entry(tmp_path) == pair[0]


def test_f64_a_former_champion_whose_file_was_altered_is_not_restored(pair: Pair, tmp_path: Path):
    crown(tmp_path, pair[1])
    (tmp_path / pair[0]["file"]).write_bytes(b"something else")
    with pytest.raises(TamperedModelError):
        rollback(tmp_path)
    assert load_champion(tmp_path).version == pair[1]["version"]


def test_f50_a_former_champion_of_other_libraries_is_not_restored(pair: Pair, tmp_path: Path):
    crown(tmp_path, {**pair[0], "libraries": {"numpy": "1.0"}, "version": "old"})
    crown(tmp_path, pair[1])
    with pytest.raises(LibraryError):
        rollback(tmp_path)
    assert load_champion(tmp_path).version == pair[1]["version"]


def test_a_retired_champion_can_be_brought_back(pair: Pair, tmp_path: Path):
    retire(tmp_path)
    assert not (tmp_path / CHAMPION).exists()
    assert rollback(tmp_path) == pair[0]


@pytest.mark.parametrize("killed_after", [1, 2])
def test_f53_a_step_that_is_killed_half_way_loses_no_model_and_can_be_done_again(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_after: int
):
    write, written = succession.write_json, []

    def dies(path: Path, value: object) -> None:
        if len(written) == killed_after:
            raise KeyboardInterrupt
        written.append(path.name)
        write(path, value)

    for step, scores in ((lambda: crown(tmp_path, pair[1]), 1), (lambda: rollback(tmp_path), 0)):
        written.clear()
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(succession, "write_json", dies)
            step()
            raise KeyboardInterrupt
        assert load_champion(tmp_path).version in (pair[0]["version"], pair[1]["version"])
        known = {champion_entry(tmp_path)["version"], *(entry["version"] for entry in former(tmp_path))}
        waiting = challenger(tmp_path)
        assert {pair[0]["version"], pair[1]["version"]} <= known | {waiting["version"] if waiting else ""}
        if champion_entry(tmp_path)["version"] != pair[scores]["version"]:
            step()
        assert champion_entry(tmp_path)["version"] == pair[scores]["version"]


@pytest.mark.parametrize("text", ["{", "3", '["x"]'])
def test_a_torn_list_of_former_champions_is_an_error_in_words(pair: Pair, tmp_path: Path, text: str):
    (tmp_path / succession.FORMER).write_text(text)
    with pytest.raises(TamperedModelError, match=r"champions\.json"):
        rollback(tmp_path)
    assert json.loads((tmp_path / CHAMPION).read_text()) == pair[0]

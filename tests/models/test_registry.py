from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pandas as pd
import pytest
from skops import io as skops_io

from models.errors import LibraryError, NoChampionError, TamperedModelError
from models.panel import Panel
from models.registry import CHAMPION, export_champion, load_champion
from models.train import Trained


class Planted:
    """A type that no churn model has."""


@pytest.fixture
def exported(trained: Trained, tmp_path: Path) -> Path:
    export_champion(trained.model, tmp_path)
    return tmp_path


def _rewrite(folder: Path, **changes: object) -> None:
    entry = json.loads((folder / CHAMPION).read_text())
    (folder / CHAMPION).write_text(json.dumps({**entry, **changes}))


def test_every_kind_of_model_scores_the_same_after_export_and_load(each_trained: Trained, panel: Panel, tmp_path: Path):
    export_champion(each_trained.model, tmp_path)
    loaded = load_champion(tmp_path)
    pd.testing.assert_frame_equal(
        loaded.score(panel.X.head(200)), each_trained.model.score(panel.X.head(200)), check_exact=True
    )
    assert loaded.version == each_trained.model.version


def test_no_champion_says_what_to_run(tmp_path: Path):
    with pytest.raises(NoChampionError, match="holdfast train"):
        load_champion(tmp_path)


def test_f64_an_altered_model_file_is_never_opened(exported: Path):
    file = next(exported.glob("*.skops"))
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))
    with pytest.raises(TamperedModelError, match="swapped or altered"):
        load_champion(exported)


def test_f64_a_swapped_model_file_is_never_opened(exported: Path, each_trained: Trained):
    other = skops_io.dumps(each_trained.model)
    next(exported.glob("*.skops")).write_bytes(other)
    with pytest.raises(TamperedModelError, match="swapped or altered"):
        load_champion(exported)


def test_f65_a_file_that_asks_for_other_types_is_refused_even_with_a_fitting_hash(exported: Path):
    data = skops_io.dumps({"model": Planted(), "run": os.system})
    (exported / "evil.skops").write_bytes(data)
    _rewrite(exported, file="evil.skops", sha256=hashlib.sha256(data).hexdigest(), trusted=["posix.system"])
    with pytest.raises(TamperedModelError, match="types that no churn model has") as caught:
        load_champion(exported)
    assert "Planted" in str(caught.value)


def test_a_file_that_holds_something_else_of_allowed_types_is_refused(exported: Path, trained: Trained):
    data = skops_io.dumps(trained.model.scale)
    (exported / "scale.skops").write_bytes(data)
    _rewrite(exported, file="scale.skops", sha256=hashlib.sha256(data).hexdigest())
    with pytest.raises(TamperedModelError, match="does not hold version"):
        load_champion(exported)


def test_a_file_outside_the_folder_is_refused(exported: Path):
    _rewrite(exported, file="../elsewhere.skops")
    with pytest.raises(TamperedModelError, match=r"only a \.skops file beside it"):
        load_champion(exported)


def test_f50_other_library_versions_are_refused_by_name(exported: Path):
    entry = json.loads((exported / CHAMPION).read_text())
    _rewrite(exported, libraries={**entry["libraries"], "lightgbm": "3.0.0"})
    with pytest.raises(LibraryError, match=r"saved with lightgbm 3\.0\.0"):
        load_champion(exported)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"file": "x.skops"}'])
def test_a_torn_champion_file_is_an_error_in_words(exported: Path, text: str):
    (exported / CHAMPION).write_text(text)
    with pytest.raises(TamperedModelError, match=r"champion\.json"):
        load_champion(exported)


def test_exporting_a_second_model_leaves_no_traces_of_writing(exported: Path, each_trained: Trained):
    export_champion(each_trained.model, exported, {"as_of": "2024-01-01"})
    assert not list(exported.glob(".*"))
    assert json.loads((exported / CHAMPION).read_text())["as_of"] == "2024-01-01"

from __future__ import annotations

from pathlib import Path

import jupytext
import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_and_its_text_say_the_same(path: Path) -> None:
    cells = [(cell.cell_type, cell.source) for cell in nbformat.read(path, as_version=4).cells]
    paired = jupytext.read(path.with_suffix(".py"))
    assert cells == [(cell.cell_type, cell.source) for cell in paired.cells]

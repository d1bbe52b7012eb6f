"""One published week of the small company, made once; each test works on a copy of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.commands.command import Company, holdfast
from tests.commands.small_company import write_company


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    write_company(folder)
    result = holdfast("run", folder)
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture
def company(published: Path, tmp_path: Path) -> Company:
    """The company with its published week, free to be broken."""
    folder = tmp_path / "company"
    shutil.copytree(published, folder, symlinks=True)
    return Company(folder)


@pytest.fixture
def fresh(tmp_path: Path) -> Company:
    """The company before anything was run."""
    write_company(tmp_path)
    return Company(tmp_path)

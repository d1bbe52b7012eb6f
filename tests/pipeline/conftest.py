"""Small canonical tables and real engines for the tests of the pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.engine import DuckDB, open_engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckDB]:
    with open_engine("duckdb", tmp_path / "scratch", "1GB", 1) as opened:
        yield opened

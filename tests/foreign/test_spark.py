"""One text, two engines: every cell of novacrm's feature table is the same on Spark and on DuckDB."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.foreign.conftest import holdfast


def test_spark_and_duckdb_give_the_same_features_cell_by_cell(example: Callable[[str], Path]) -> None:
    if shutil.which("java") is None:
        if "java" in os.environ.get("HOLDFAST_REQUIRE", ""):
            pytest.fail("Spark needs Java 17, and HOLDFAST_REQUIRE asks for it")
        pytest.skip("Spark needs Java 17")
    tables = {}
    for engine in ("duckdb", "spark"):
        config = example("novacrm")
        config.write_text(config.read_text() + f"engine: {{kind: {engine}}}\n")
        tables[engine] = pd.read_parquet(holdfast("features", config)["path"])
    assert len(tables["duckdb"]) > 10_000
    pd.testing.assert_frame_equal(tables["spark"], tables["duckdb"], check_exact=True)

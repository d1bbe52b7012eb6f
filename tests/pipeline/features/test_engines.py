"""One text, many engines."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.engine import DuckDB, open_engine
from tests.pipeline.features import worlds
from tests.pipeline.features.test_time_travel import CUTOFFS, differing, features


@pytest.mark.xdist_group("spark")
def test_spark_gives_every_cell_that_duckdb_gives(tmp_path: Path) -> None:
    if shutil.which("java") is None:
        if "java" in os.environ.get("HOLDFAST_REQUIRE", ""):
            pytest.fail("HOLDFAST_REQUIRE asks for java, and there is none.")
        pytest.skip("no java on this machine: Spark needs Java 17")
    rows = worlds.world(17, size=20)
    with open_engine("duckdb", tmp_path / "duckdb", "1GB", 2) as engine:
        expected = features(engine, rows, CUTOFFS[1:4])
    with open_engine("spark", tmp_path / "spark", "1GB", 2) as engine:
        found = features(engine, rows, CUTOFFS[1:4])
    assert differing(expected, found.cast(expected.schema)) == []


def test_what_is_released_is_gone_and_the_rest_stays(engine: DuckDB) -> None:
    kept = engine.frame(pa.table({"n": [1, 2]}))
    gone = engine.settle(kept.mutate(twice=kept.n * 2))
    rest = engine.settle(gone.select("twice"))
    engine.release(gone)
    assert pa.Table.from_batches(engine.batches(rest)).to_pylist() == [{"twice": 2}, {"twice": 4}]
    with pytest.raises(Exception, match="does not exist"):
        list(engine.batches(gone))

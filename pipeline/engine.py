"""The engines that run the feature expressions. The only file that names one.

An engine reads canonical Parquet as Ibis tables and writes expressions back; everything between is one text for all.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from ibis.expr.operations import DatabaseTable

from pipeline.errors import ConfigError


class Engine(Protocol):
    """What the stages ask of an engine."""

    name: str

    def read(self, path: Path) -> ir.Table:
        """The Parquet file or folder at ``path`` as a table."""
        ...

    def frame(self, table: pa.Table) -> ir.Table:
        """A small table of our own, such as the cutoffs."""
        ...

    def settle(self, table: ir.Table) -> ir.Table:
        """``table`` computed once, for expressions that use it more than once."""
        ...

    def layer(self, table: ir.Table) -> ir.Table:
        """``table`` under a name of its own, computed when it is read: expressions above it are not merged into it."""
        ...

    def release(self, table: ir.Table) -> None:
        """Give back what ``settle`` holds: nothing reads ``table`` any more."""
        ...

    def write(self, table: ir.Table, path: Path) -> int:
        """Write ``table``, in its order, as one Parquet file at ``path``; the number of rows."""
        ...

    def batches(self, table: ir.Table) -> Iterator[pa.RecordBatch]:
        """``table`` in Arrow batches, in its order."""
        ...

    def close(self) -> None:
        """Give back memory, files and processes."""
        ...


class DuckDB:
    """The embedded engine: one process, spills to ``scratch`` beyond ``memory_limit``."""

    name = "duckdb"

    def __init__(self, scratch: Path, memory_limit: str = "4GB", threads: int | None = None) -> None:
        scratch.mkdir(parents=True, exist_ok=True)
        self._folder = Path(tempfile.mkdtemp(prefix="duckdb-", dir=scratch))
        self._con = ibis.duckdb.connect(
            threads=threads or os.cpu_count(),
            memory_limit=memory_limit,
            temp_directory=str(self._folder),
            autoinstall_known_extensions=False,
            autoload_known_extensions=False,
            # what is held has no order to keep, and keeping one costs time and memory; what is written says its own
            preserve_insertion_order=False,
        )
        self._names = (f"settled_{number}" for number in itertools.count())

    def read(self, path: Path) -> ir.Table:
        source = str(path / "*.parquet") if path.is_dir() else str(path)
        return self._con.read_parquet(source, table_name=next(self._names))

    def frame(self, table: pa.Table) -> ir.Table:
        return self._con.create_table(next(self._names), table, temp=True)

    def settle(self, table: ir.Table) -> ir.Table:
        return self._con.create_table(next(self._names), table, temp=True)

    def layer(self, table: ir.Table) -> ir.Table:
        name = next(self._names)
        self._con.raw_sql(f"CREATE TEMP VIEW {name} AS {self._con.compile(table)}")
        return self._con.table(name, database="temp.main")

    def release(self, table: ir.Table) -> None:
        held = table.op()
        assert isinstance(held, DatabaseTable)
        self._con.drop_table(held.name)

    def write(self, table: ir.Table, path: Path) -> int:
        path.parent.mkdir(parents=True, exist_ok=True)
        query = self._con.compile(table)
        target = str(path).replace("'", "''")
        cursor = self._con.raw_sql(f"COPY ({query}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
        return int(cursor.fetchone()[0])

    def batches(self, table: ir.Table) -> Iterator[pa.RecordBatch]:
        yield from self._con.to_pyarrow_batches(table)

    def close(self) -> None:
        self._con.disconnect()
        shutil.rmtree(self._folder, ignore_errors=True)


class Spark:
    """Spark in local mode; the same expressions, for whoever has a cluster."""

    name = "spark"

    def __init__(self, scratch: Path, memory_limit: str = "4g", threads: int | None = None) -> None:
        try:
            from pyspark.sql import SparkSession
        except ImportError as missing:
            raise ConfigError(
                "engine.kind is spark, but pyspark is not installed.",
                hint="Install holdfast[spark], or set engine.kind to duckdb.",
            ) from missing
        scratch.mkdir(parents=True, exist_ok=True)
        self._folder = Path(tempfile.mkdtemp(prefix="spark-", dir=scratch))
        self._session = (
            SparkSession.builder.master(f"local[{threads or os.cpu_count()}]")
            .appName("holdfast")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.memory", memory_limit.lower().removesuffix("b"))
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.sql.shuffle.partitions", "8")
            .config("spark.sql.warehouse.dir", str(self._folder / "warehouse"))
            .config("spark.local.dir", str(self._folder))
            .config("spark.sql.execution.arrow.pyspark.enabled", "true")
            .config("spark.sql.timestampType", "TIMESTAMP_NTZ")
            .config("spark.sql.parquet.inferTimestampNTZ.enabled", "true")
            .getOrCreate()
        )
        self._session.sparkContext.setLogLevel("ERROR")
        self._con = ibis.pyspark.connect(self._session)
        self._names = (f"settled_{number}" for number in itertools.count())

    def read(self, path: Path) -> ir.Table:
        return self._con.read_parquet(str(path), table_name=next(self._names))

    def frame(self, table: pa.Table) -> ir.Table:
        path = self._folder / f"{next(self._names)}.parquet"
        pq.write_table(table, path, coerce_timestamps="us")
        return self.read(path)

    def settle(self, table: ir.Table) -> ir.Table:
        path = self._folder / next(self._names)
        self._frame_of(table).write.parquet(str(path))
        return self.read(path)

    def layer(self, table: ir.Table) -> ir.Table:
        name = next(self._names)
        self._frame_of(table).createOrReplaceTempView(name)
        return self._con.table(name)

    def release(self, table: ir.Table) -> None:
        # its files lie in the folder that goes when the engine is closed; memory it has none
        return None

    def write(self, table: ir.Table, path: Path) -> int:
        path.parent.mkdir(parents=True, exist_ok=True)
        parts = self._folder / next(self._names)
        # Spark names its part files in row order, so that reading them by name keeps the order
        self._frame_of(table).write.parquet(str(parts))
        dataset = ds.dataset(sorted(map(str, parts.glob("*.parquet"))), format="parquet")
        rows = 0
        with pq.ParquetWriter(path, dataset.schema, compression="zstd") as writer:
            for batch in dataset.to_batches():
                writer.write_batch(batch)
                rows += batch.num_rows
        return rows

    def batches(self, table: ir.Table) -> Iterator[pa.RecordBatch]:
        yield from self._con.to_pyarrow_batches(table)

    def close(self) -> None:
        self._session.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _frame_of(self, table: ir.Table):  # type: ignore[no-untyped-def]
        return self._session.sql(self._con.compile(table))


@contextlib.contextmanager
def open_engine(
    kind: str, scratch: Path, memory_limit: str = "4GB", threads: int | None = None
) -> Iterator[DuckDB | Spark]:
    """The engine of that kind (``duckdb`` or ``spark``), closed at the end; ConfigError for another kind."""
    kinds: dict[str, type[DuckDB] | type[Spark]] = {"duckdb": DuckDB, "spark": Spark}
    if kind not in kinds:
        raise ConfigError(f"engine.kind is {kind!r}; valid are {', '.join(kinds)}.")
    engine = kinds[kind](scratch, memory_limit, threads)
    try:
        yield engine
    finally:
        engine.close()

"""Parquet: typed columns stay typed, and a damaged file is refused before anything is loaded."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import ContractError
from pipeline.sources.files import InputFile
from pipeline.sources.landing import Landed, LandedFile, check_header
from pipeline.sources.scratch import Scratch, ident, text


def land(scratch: Scratch, files: list[InputFile], needed: list[str], where: str) -> Landed:
    """A view over Parquet files. Raises ContractError for damage, missing columns or types that differ by file."""
    schemas = [_schema(file, where) for file in files]
    for file, (schema, _) in zip(files, schemas, strict=True):
        check_header(schema.names, needed, file.name, where)
    _same_types(files, [schema for schema, _ in schemas], needed, where)
    paths = ", ".join(text(str(file.path)) for file in files)
    view = scratch.name("landed")
    listed = "".join(f"{ident(column)}, " for column in needed)
    scratch.run(
        f"CREATE VIEW {view} AS SELECT {listed}CAST(file_index AS INTEGER) AS _file, file_row_number + 1 AS _row "
        f"FROM read_parquet([{paths}], union_by_name=true, hive_partitioning=false)"
    )
    types = {name: kind for name, kind in scratch.columns(view).items() if name in needed}
    landed = [
        LandedFile(file.name, file.sha256, file.size, records=rows)
        for file, (_, rows) in zip(files, schemas, strict=True)
    ]
    return Landed(view, types, landed, sorted({name for schema, _ in schemas for name in schema.names}), True)


def _schema(file: InputFile, where: str) -> tuple[pa.Schema, int]:
    try:
        with pq.ParquetFile(file.path) as parquet:
            schema, rows = parquet.schema_arrow, parquet.metadata.num_rows
            last = max((_end(parquet.metadata.row_group(i)) for i in range(parquet.metadata.num_row_groups)), default=0)
    except (pa.ArrowException, OSError) as error:
        told = str(error).splitlines()[0]
        raise ContractError(f"{where}: {file.name} is damaged or no Parquet file: {told}. Export it again") from None
    if last > file.size:
        raise ContractError(f"{where}: {file.name} is cut short: {file.size:,} bytes, its index names {last:,}")
    if rows == 0:
        raise ContractError(f"{where}: {file.name} has columns but no rows")
    return schema, rows


def _end(group: pq.RowGroupMetaData) -> int:
    """The byte after a row group's last page."""
    columns = [group.column(i) for i in range(group.num_columns)]
    starts = [c.dictionary_page_offset or c.data_page_offset for c in columns]
    ends: list[int] = [start + c.total_compressed_size for start, c in zip(starts, columns, strict=True)]
    return max(ends, default=0)


def _same_types(files: list[InputFile], schemas: list[pa.Schema], needed: list[str], where: str) -> None:
    problems = []
    for column in needed:
        found: dict[str, str] = {}
        for file, schema in zip(files, schemas, strict=True):
            found.setdefault(str(schema.field(column).type), file.name)
        if len(found) > 1:
            told = ", ".join(f"{kind} in {name}" for kind, name in found.items())
            problems.append(f"{where}: the type of {column!r} changes between files: {told}")
    if problems:
        raise ContractError(*problems)

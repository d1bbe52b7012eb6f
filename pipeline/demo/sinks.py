"""Where exports are written: CSV and Parquet files that grow block by block, with bounded memory."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.demo.catalogue import EVENTS
from pipeline.demo.traits import moment

Row = Sequence[object]
Ints = npt.NDArray[np.int64]

FOREVER = "9999-12-31 23:59:59"
"""What the connector writes as the end of a version that still holds."""
TRACKS = pa.schema(
    [
        ("id", pa.string()),
        ("event", pa.string()),
        ("user_id", pa.string()),
        ("anonymous_id", pa.string()),
        ("timestamp", pa.timestamp("us", tz="UTC")),
        ("received_at", pa.timestamp("us", tz="UTC")),
        ("context_group_id", pa.string()),
    ]
)
_ROW_GROUP = 500_000
_ACCOUNTS_PER_FILE = 500
_HEX = np.array([f"{number:04x}" for number in range(1 << 16)], dtype="S4")
_ID_BITS = 48


def stamp(second: int | None) -> str:
    """A moment as exports write it, UTC without offset; empty for None."""
    return "" if second is None else moment(second).isoformat(" ")


class CsvSink:
    """One CSV file: a header, then rows as they come."""

    def __init__(self, path: Path, header: Sequence[str]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w", encoding="utf-8", newline="")
        self._csv = csv.writer(self._file, lineterminator="\n")
        self._csv.writerow(header)
        self.rows = 0
        self.last: Row = ()

    def write(self, rows: Iterable[Row]) -> None:
        """Appends rows; ``last`` is the latest of them."""
        several = list(rows)
        self._csv.writerows(several)
        self.last = several[-1] if several else self.last
        self.rows += len(several)

    def close(self) -> None:
        """Ends the file."""
        self._file.close()


class ParquetSink:
    """One Parquet file of a fixed schema, a row group for each write."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        texts = [name for name in schema.names if schema.field(name).type == pa.string() and name != "id"]
        self._writer = pq.ParquetWriter(
            path, schema, compression="zstd", use_dictionary=texts, store_schema=False, write_statistics=True
        )

    def write(self, table: pa.Table) -> None:
        """Appends a row group."""
        self._writer.write_table(table, row_group_size=max(len(table), 1))

    def close(self) -> None:
        """Ends the file."""
        self._writer.close()


@dataclass(frozen=True)
class Tracks:
    """One account's usage events; times in microseconds.

    ``user``, ``device`` and ``group`` index ``users``, ``devices`` and ``groups``; user is -1 where nobody signed in.
    """

    ids: Ints
    event: Ints
    user: Ints
    device: Ints
    group: Ints
    timestamp: Ints
    received_at: Ints
    users: tuple[str, ...]
    devices: tuple[str, ...]
    groups: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)


class TracksSink:
    """``tracks-00000.parquet`` and so on: a fixed number of accounts a file, so blocks cannot change the bytes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._waiting: list[Tracks] = []
        self._accounts = 0
        self._file: ParquetSink | None = None
        self.rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end_file()

    def write(self, tracks: Tracks) -> None:
        """Appends the next account's events."""
        if self._accounts and self._accounts % _ACCOUNTS_PER_FILE == 0:
            self._end_file()
        self._accounts += 1
        self._waiting.append(tracks)
        self.rows += len(tracks)
        if sum(map(len, self._waiting)) >= _ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        number = (self._accounts - 1) // _ACCOUNTS_PER_FILE
        self._file = self._file or ParquetSink(self._folder / f"tracks-{number:05}.parquet", TRACKS)
        self._file.write(_table(self._waiting))
        self._waiting = []

    def _end_file(self) -> None:
        if self._waiting:
            self._flush()
        if self._file:
            self._file.close()
        self._file = None


def hex_ids(numbers: Ints) -> pa.Array:
    """Numbers of 48 bits as texts of 12 hexadecimal digits, whole columns at a time."""
    parts = [_HEX[(numbers >> shift) & 0xFFFF] for shift in (32, 16, 0)]
    text = np.ascontiguousarray(np.stack(parts, axis=1))
    offsets = np.arange(len(numbers) + 1, dtype=np.int32) * 12
    return pa.StringArray.from_buffers(len(numbers), pa.py_buffer(offsets), pa.py_buffer(text))


def scrambled(numbers: Ints, key: int) -> Ints:
    """A one-to-one shuffle of 48-bit numbers, so that ids look like ids and never meet."""
    mask = np.uint64((1 << _ID_BITS) - 1)
    value = (numbers.astype(np.uint64) + np.uint64(key * 0x9E3779B97F % (1 << _ID_BITS))) & mask
    for factor in (0x5851F42D4C95, 0x2545F4914F6D):
        value = (value * np.uint64(factor)) & mask
        value ^= value >> np.uint64(23)
    return value.astype(np.int64)


def _table(several: Sequence[Tracks]) -> pa.Table:
    event = np.concatenate([tracks.event for tracks in several])
    columns = [
        hex_ids(np.concatenate([tracks.ids for tracks in several])),
        _named(event, EVENTS),
        _joined([(tracks.user, tracks.users) for tracks in several]),
        _joined([(tracks.device, tracks.devices) for tracks in several]),
        pa.array(np.concatenate([tracks.timestamp for tracks in several]), TRACKS.field("timestamp").type),
        pa.array(np.concatenate([tracks.received_at for tracks in several]), TRACKS.field("received_at").type),
        _joined([(tracks.group, tracks.groups) for tracks in several]),
    ]
    return pa.Table.from_arrays(columns, schema=TRACKS)


def _joined(parts: Sequence[tuple[Ints, tuple[str, ...]]]) -> pa.Array:
    """Several indexed columns, each with texts of its own, as one column of texts."""
    starts = np.cumsum([0, *(len(texts) for _, texts in parts)])
    index = [part + np.where(part >= 0, start, 0) for (part, _), start in zip(parts, starts, strict=False)]
    return _named(np.concatenate(index), [text for _, texts in parts for text in texts])


def _named(index: Ints, texts: Sequence[str]) -> pa.Array:
    indices = pa.array(index.astype(np.int32), mask=index < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array(texts, pa.string())).dictionary_decode()

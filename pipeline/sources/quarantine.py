"""Where rejected records are kept: file, line, column, rule, value and raw text, one Parquet file for each table."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from pipeline.sources.landing import Reject, Sink
from pipeline.sources.scratch import Scratch, text

SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("file", pa.string()),
        ("line", pa.int64()),
        ("column", pa.string()),
        ("rule", pa.string()),
        ("value", pa.string()),
        ("raw", pa.string()),
    ]
)
_BATCH = 10_000
_SHOWN = 10_000


class Quarantine:
    """Rejected records of one canonical table on their way to its file."""

    def __init__(self, scratch: Scratch, table: str) -> None:
        self._scratch = scratch
        self._name = scratch.name(f"quarantine_{table}")
        self._waiting: list[tuple[object, ...]] = []
        scratch.run(
            f'CREATE TABLE {self._name} (source VARCHAR, file VARCHAR, line BIGINT, "column" VARCHAR, rule VARCHAR, '
            "value VARCHAR, raw VARCHAR)"
        )

    def sink(self, source: str) -> Sink:
        """Where the rejects of one source go."""

        def add(reject: Reject) -> None:
            value = reject.value[:_SHOWN] if reject.value else reject.value
            self._waiting.append(
                (
                    source,
                    reject.file,
                    reject.line,
                    reject.column,
                    reject.rule,
                    _shown(value),
                    _shown(reject.raw[:_SHOWN]),
                )
            )
            if len(self._waiting) >= _BATCH:
                self._flush()

        return add

    def _flush(self) -> None:
        if self._waiting:
            columns = zip(*self._waiting, strict=True)
            arrays = [pa.array(column, kind) for column, kind in zip(columns, SCHEMA.types, strict=True)]
            self._scratch.append(self._name, pa.Table.from_arrays(arrays, schema=SCHEMA))
            self._waiting = []

    def rules(self, source: str) -> dict[str, int]:
        """How many records of a source broke which rule, the most frequent first."""
        self._flush()
        found = self._scratch.rows(
            f"SELECT coalesce(\"column\" || ' ', '') || rule, count(*) FROM {self._name} WHERE source = {text(source)} "
            "GROUP BY 1 ORDER BY 2 DESC, 1"
        )
        return dict(found)

    def write(self, path: Path) -> int:
        """Write all records to ``path``, replacing it; how many there are."""
        self._flush()
        partial = path.with_suffix(".partial")
        order = 'source, file, line, "column", rule, raw'
        self._scratch.run(
            f"COPY (SELECT * FROM {self._name} ORDER BY {order}) TO {text(str(partial))} (FORMAT parquet)"
        )
        partial.replace(path)
        return int(self._scratch.one(f"SELECT count(*) FROM {self._name}")[0])


def _shown(raw: str | None) -> str | None:
    """Text that Arrow can hold: bytes that were no UTF-8 are shown as escapes."""
    return raw if raw is None else raw.encode("utf-8", "backslashreplace").decode("utf-8")

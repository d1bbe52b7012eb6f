"""Where every record of a dirty file went, counted without ingest."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from tests.pipeline.sources import counting
from tests.pipeline.sources.dirty import WRITERS, Dirty, dirty, write
from tests.pipeline.sources.exports import Exports, assert_every_record_is_accounted_for

SIZES = (
    *("landing._BATCH", "quarantine._BATCH", "checking._BATCH", "databases._BATCH"),
    *("files._CHUNK", "archives._CHUNK"),
)


@pytest.fixture(scope="module")
def tickets() -> Dirty:
    return dirty()


@pytest.mark.parametrize("kind", WRITERS)
def test_each_record_of_a_dirty_file_of_any_kind_is_where_it_belongs(
    exports: Exports, tickets: Dirty, kind: str
) -> None:
    report = exports.ingest({"tickets": write(exports, kind, tickets.records)})
    (source,) = report.tables["tickets"].sources
    (file,) = source.files
    assert file.records == counting.count(exports.data / file.name) == len(tickets.records)
    assert (file.filtered, file.quarantined, file.duplicates) == (
        len(tickets.filtered),
        len(tickets.quarantined),
        len(tickets.repeated),
    )
    gone = {*tickets.filtered, *tickets.quarantined, *tickets.repeated}
    kept = [tuple(record[:3]) for place, record in enumerate(tickets.records) if place not in gone]
    assert exports.rows("tickets", "ticket_id, account_id, category") == sorted(kept)
    header = 0 if kind in ("jsonl", "parquet", "sqlite") else 1
    lines = [place + 1 + header for place in tickets.quarantined]
    assert [line for (line,) in exports.rejected("tickets", "line")] == lines
    assert_every_record_is_accounted_for(report)


@pytest.mark.parametrize("kind", WRITERS)
def test_how_many_records_are_handled_at_once_changes_nothing(
    exports: Exports, tickets: Dirty, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write(exports, kind, tickets.records)
    if kind in ("csv", "jsonl"):
        # lines that no record can be made of, so that the whole file goes the slower way
        path = exports.data / f"tickets.{kind}"
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(line + "\nbroken,line\n" * (at % 30 == 8) for at, line in enumerate(lines)))
    expected = left_by_ingest(exports, source)
    for size in (1, 7, 1_000):
        for name in SIZES:
            monkeypatch.setattr(f"pipeline.sources.{name}", size)
        assert left_by_ingest(exports, source) == expected, size


def left_by_ingest(exports: Exports, source: dict[str, Any]) -> tuple[object, ...]:
    """The report, the table and the quarantine of a first ingest."""
    for folder in ("warehouse", "quarantine"):
        shutil.rmtree(exports.folder / folder, ignore_errors=True)
    (report,) = exports.ingest({"tickets": source}).tables["tickets"].sources
    assert report.total("quarantined") > 20
    return report, exports.rows("tickets", "*"), exports.rejected("tickets", "*")

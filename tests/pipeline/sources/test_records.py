"""The engine's CSV parser and ours agree wherever the engine takes a file."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.pipeline.sources.exports import HEADER, TICKETS, Exports, assert_every_record_is_accounted_for

CELLS = st.text(alphabet='ab1",\n\r é', max_size=6)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.lists(st.lists(CELLS, min_size=3, max_size=5), min_size=1, max_size=6))
def test_every_record_of_any_text_is_accepted_or_quarantined(tmp_path: Path, body: list[list[str]]) -> None:
    exports = Exports(tmp_path)
    text = "1,a,2024-05-01,0\n" + "\n".join(",".join(cells) for cells in body) + "\n"
    exports.write("tickets.csv", HEADER + text)
    columns = {key: value for key, value in TICKETS["columns"].items() if key != "reopens"}
    report = exports.ingest({"tickets": TICKETS | {"columns": columns}})
    assert_every_record_is_accounted_for(report)
    assert report.total("accepted") == len(exports.rows("tickets", "ticket_id"))
    assert report.total("quarantined") == len(exports.rejected("tickets"))

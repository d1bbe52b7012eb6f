"""The engine's CSV parser and ours agree wherever the engine takes a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.config import Place
from pipeline.sources import delimited
from pipeline.sources.files import InputFile, look
from pipeline.sources.landing import Reject, text_table
from pipeline.sources.scratch import Scratch
from tests.pipeline.sources.exports import HEADER, TICKETS, Exports, assert_every_record_is_accounted_for

CELLS = st.text(alphabet='ab1",\n\r é', max_size=6)
PIECES = ["1", "é", ",", ",", "\n", "\r\n", "\r", '"', '""', ' "', '" ', "  ", "\t", "\a", "'", "\\", ";", "#"]
FOUND = {
    "a blank after a closing quote": '2,"b" ,x,0\n',
    "a blank between two quoted halves": '2,"" "",x,0\n',
    "blanks after the quote of the last cell": '2,b,x,"0"  \n',
    "blanks before the quote of the first cell": '  "2",b,x,0\n',
    "blanks before the quote of another cell": '2,  "b",x,0\n',
    "a closing quote and a blank at the file's end": '2,b,x,"0" ',
    "a carriage return alone that would end a record": "2,b,x,0\r3,c,y,0\n",
    "a carriage return alone before a record": "\r2,b,x,0\n",
    "a carriage return alone within quotes": '2,b,"x\ry",0\n',
    "the sign that stands for null": "2,b,\a,0\n",
    "a quote within a cell": '2,b,x"y,0\n',
    "a letter after a closing quote": '2,b,"x"y,0\n',
    "an escape that is none": '2,b,"x\\"y",0\n',
    "too few fields": "2,b\n",
    "too many fields": "2,b,x,0,more\n",
    "empty fields too many": '2,b,x,0,,""\n',
    "a line of blanks": "   \n2,b,x,0\n",
    "empty lines": "\n\n2,b,x,0\n\n",
    "empty lines with other ends": "\r\n2,b,x,0\r\n\r\n",
    "a cell of more than a million letters": f"2,b,{'x' * 1_100_000},0\n3,c,y,0\n",
    "a quote that is not closed": '2,b,"x,0\n3,c,y,0\n',
}


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


Read = tuple[list[tuple[object, ...]], list[Reject], int]


class Readers:
    """The two readers of CSV files, each on its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scratch = Scratch(folder / "scratch", [folder], "1GB", 1)

    def read(self, content: str, place: Place, engine: bool) -> Read:
        """The records with their lines and texts, the rejected ones, and how many there are."""
        path = self.folder / "tickets.csv"
        path.write_bytes(content.encode())
        file = InputFile(path, path.name, "csv", path.stat().st_size, "")
        names = ["id", "account", "created", "reopens"]
        table = text_table(self.scratch, names, "text")
        rejected: list[Reject] = []
        with pytest.MonkeyPatch.context() as patch:
            if not engine:
                patch.setattr(delimited, "_fast", lambda *told: False)
            landed, _ = delimited.land(self.scratch, table, 0, file, place, names, rejected.append, "sources.tickets")
        rows = self.scratch.rows(f"SELECT id, account, created, reopens, coalesce(_line, rowid) FROM {table}")
        assert landed.locate is not None
        places = landed.locate([row[-1] for row in rows])
        self.scratch.drop(table)
        return [(*row[:-1], *places[row[-1]]) for row in rows], rejected, landed.records

    def assert_alike(self, body: str, **place: str) -> None:
        content, where = (
            f"{HEADER}1,a,x,0\n{body}".replace(",", place.get("delimiter", ",")),
            Place(files=("t",), **place),
        )
        assert self.read(content, where, engine=True) == self.read(content, where, engine=False)


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Readers]:
    both = Readers(tmp_path_factory.mktemp("readers"))
    yield both
    both.scratch.close()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("body", FOUND.values(), ids=FOUND)
def test_both_readers_make_the_same_of_what_can_be_taken_in_two_ways(
    readers: Readers, body: str, delimiter: str
) -> None:
    readers.assert_alike(body, delimiter=delimiter)


@settings(max_examples=400)
@given(pieces=st.lists(st.sampled_from(PIECES), max_size=8))
def test_both_readers_make_the_same_of_any_text(readers: Readers, pieces: list[str]) -> None:
    readers.assert_alike(f"2,{''.join(pieces)},x,0\n9,i,x,0\n")


def test_the_engine_reads_sound_files(readers: Readers, monkeypatch: pytest.MonkeyPatch) -> None:
    content = HEADER + '2,"b ""b"" c, d",x y,0\n3,"c\n",x y," 0 0"\n'
    monkeypatch.setattr(delimited, "_slow", lambda *told: pytest.fail("was read in Python"))
    for text in (content, content.replace("\n", "\r\n")):
        found, rejected, records = readers.read(text, Place(files=("t",)), engine=True)
        assert (len(found), rejected, records) == (2, [], 2)


@pytest.mark.parametrize("odd", ['"b"     ,', ',     "b"', "\r2", "\a", '"b" '])
def test_what_is_odd_is_seen_wherever_the_parts_end_in_which_a_file_is_looked_at(
    tmp_path: Path, odd: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.sources.files._CHUNK", 4)
    odd_in, path = delimited._odd(Place(files=("t",))), tmp_path / "t.csv"
    for shift in range(4):
        sound = '1,"a ""b"" c    ","    d",e\r\n' + "x" * shift
        path.write_bytes(sound.encode())
        assert not look(path, odd_in).has_oddity
        path.write_bytes((sound + odd).encode())
        assert look(path, odd_in).has_oddity

"""Workbooks that came back: written by us, changed as people change them, read again."""

import warnings
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.deliver.managers import write_managers
from pipeline.deliver.returned import KEY, Returned, read_returned
from pipeline.errors import ContractError
from tests.pipeline.company import AS_OF, delivery

Change = Callable[[openpyxl.Workbook], None]
FIRST_ROW = 5


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("out")
    write_managers(delivery(120), place)
    return place / "ana-ruiz.xlsx"


@pytest.fixture
def come_back(handed_out: Path, tmp_path: Path) -> Callable[[Change], Returned]:
    """What is read of the workbook after somebody changed it."""

    def changed(change: Change) -> Returned:
        book = openpyxl.load_workbook(handed_out)
        change(book)
        path = tmp_path / "back.xlsx"
        book.save(path)
        return read_returned(path)

    return changed


def fill(sheet: Worksheet, row: int, **said: object) -> str:
    """Write into a row as a manager does, by the names of the columns; its account."""
    names = [cell.value for cell in sheet[3]]
    for name, value in said.items():
        sheet.cell(row, names.index(name) + 1).value = value  # type: ignore[assignment]
    return str(sheet.cell(row, names.index("account_id") + 1).value)


def test_what_was_filled_in_is_read_with_its_week_and_account(come_back: Callable[[Change], Returned]) -> None:
    accounts: list[str] = []

    def change(book: openpyxl.Workbook) -> None:
        sheet = book["Act now"]
        day = datetime(2026, 12, 1)
        accounts.append(fill(sheet, 5, action="contacted", verdict="real", snooze_until=day, notes="away, then back"))
        accounts.append(fill(sheet, 6, verdict="False Alarm"))
        accounts.append(fill(book["Good news"], 5, action="met"))

    found = come_back(change)
    assert [(said.week, said.account_id) for said in found.said] == [(AS_OF.isoformat(), each) for each in accounts]
    first, second, third = (dict(said.values) for said in found.said)
    days = {"snooze_until": "2026-12-01", "notes": "away, then back"}
    assert first == {"action": "contacted", "verdict": "real", **days}
    assert (second, third) == ({"verdict": "false alarm"}, {"action": "met"})
    assert found.keyed > 3 and found.findings == []


def test_renamed_moved_and_added_columns_and_sheets_survive(come_back: Callable[[Change], Returned]) -> None:
    def change(book: openpyxl.Workbook) -> None:
        sheet = book["Act now"]
        fill(sheet, 5, action="met", verdict="wrong reason", notes="they merged")
        for cell in sheet[4]:
            cell.value = f"Renamed {cell.column}"
        sheet.insert_cols(1, 2)
        sheet.cell(5, 1).value = "my own column"
        sheet.title = "Monday"
        book.create_sheet("Private", 0)["A1"] = "shopping"

    (said,) = come_back(change).said
    assert said.values == {"action": "met", "verdict": "wrong reason", "notes": "they merged"}


def test_without_the_hidden_names_the_headings_are_enough(come_back: Callable[[Change], Returned]) -> None:
    def change(book: openpyxl.Workbook) -> None:
        fill(book["Act now"], 5, action="planned", notes="x")
        for sheet in book.worksheets:
            sheet.delete_rows(3)

    assert [dict(said.values) for said in come_back(change).said] == [{"action": "planned", "notes": "x"}]


def test_sorted_and_half_deleted_rows_keep_their_accounts(come_back: Callable[[Change], Returned]) -> None:
    accounts: list[str] = []

    def change(book: openpyxl.Workbook) -> None:
        sheet = book["Act now"]
        accounts.append(fill(sheet, 7, verdict="real"))
        sheet.move_range(f"A7:{sheet.cell(7, sheet.max_column).column_letter}7", rows=40)
        sheet.delete_rows(5)

    assert [said.account_id for said in come_back(change).said] == accounts


def test_what_cannot_be_understood_is_told_with_its_place_and_the_rest_is_kept(
    come_back: Callable[[Change], Returned],
) -> None:
    cells: list[str] = []

    def change(book: openpyxl.Workbook) -> None:
        fill(book["Act now"], 5, action="phoned them twice", verdict="real", snooze_until="next spring")
        cells.extend(
            cell.coordinate for cell in book["Act now"][5] if cell.value in ("phoned them twice", "next spring")
        )

    found = come_back(change)
    assert [dict(said.values) for said in found.said] == [{"verdict": "real"}]
    first, second = found.findings
    assert f"back.xlsx, sheet Act now, cell {cells[0]}: unknown action 'phoned them twice'" in first
    assert "no reply" in first
    assert f"cell {cells[1]}: snooze_until 'next spring' is no day" in second


def test_a_snooze_without_a_reason_is_told(come_back: Callable[[Change], Returned]) -> None:
    found = come_back(lambda book: str(fill(book["Act now"], 5, snooze_until=date(2026, 12, 1))) and None)
    assert "without a reason in notes" in found.findings[0]


def test_what_the_reader_does_not_keep_is_nobodys_warning(handed_out: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_returned(handed_out).keyed > 0


def test_a_sheet_that_lost_its_keys_is_told(come_back: Callable[[Change], Returned]) -> None:
    def change(book: openpyxl.Workbook) -> None:
        sheet = book["Act now"]
        sheet.delete_cols([cell.value for cell in sheet[3]].index(KEY) + 1)

    assert "row_key is gone" in come_back(change).findings[0]


def test_a_workbook_with_nobody_in_it_says_nothing(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["A4"] = "None this week."
    book.save(tmp_path / "ada.xlsx")
    assert read_returned(tmp_path / "ada.xlsx") == Returned("ada.xlsx")


def test_a_file_that_is_none_of_ours_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.xlsx"
    openpyxl.Workbook().save(other)
    (tmp_path / "text.xlsx").write_text("no workbook")
    (tmp_path / "list.csv").write_text("row_key,action")
    refused = {
        other: "no row has a key",
        tmp_path / "text.xlsx": "not a readable workbook",
        tmp_path / "list.csv": "save it as .xlsx",
        tmp_path: "is a folder: name the workbooks in it",
    }
    for path, words in refused.items():
        with pytest.raises(ContractError, match=words):
            read_returned(path)

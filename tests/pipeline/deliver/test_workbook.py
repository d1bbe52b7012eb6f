from dataclasses import replace
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.deliver import write
from pipeline.deliver.words import deciding
from pipeline.deliver.workbook import write_workbook
from tests.pipeline.company import delivery
from tests.pipeline.deliver.hostile import hostile, living


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> openpyxl.Workbook:
    return openpyxl.load_workbook(write_workbook(delivery(60), tmp_path_factory.mktemp("book") / "at_risk.xlsx"))


def column(sheet: Worksheet, heading: str) -> list[object]:
    headings = [cell.value for cell in sheet[4]]
    return [row[headings.index(heading)] for row in sheet.iter_rows(min_row=5, values_only=True)]


def test_the_sheets_are_what_a_manager_looks_for(book: openpyxl.Workbook) -> None:
    assert book.sheetnames == ["Act now", "Leaving", "Health", "About"]


@pytest.mark.parametrize("name", ["Act now", "Leaving", "Health"])
def test_each_list_is_a_table_with_filters_and_frozen_headings(book: openpyxl.Workbook, name: str) -> None:
    sheet = book[name]
    (table,) = sheet.tables.values()
    assert table.autoFilter is not None and sheet.freeze_panes is not None
    assert sheet.page_setup.orientation == "landscape" and sheet.print_title_rows == "$4:$4"


def test_days_and_amounts_are_days_and_amounts(book: openpyxl.Workbook) -> None:
    sheet = book["Act now"]
    assert all(isinstance(value, datetime) for value in column(sheet, "Due"))
    assert all(isinstance(value, int | float) for value in column(sheet, "Worth a year"))
    place = [cell.value for cell in sheet[4]].index("Worth a year")
    assert sheet.cell(5, place + 1).number_format == '"€"#,##0'


def test_a_band_has_a_colour_and_a_word(book: openpyxl.Workbook) -> None:
    sheet = book["Health"]
    place = [cell.value for cell in sheet[4]].index("Band")
    seen = {sheet.cell(row, place + 1).value: sheet.cell(row, place + 1).fill.fgColor.rgb for row in range(5, 50)}
    assert set(seen) == {"Red", "Amber", "Green"} and len(set(seen.values())) == 3


def test_the_reasons_stand_in_one_cell_a_line_each(book: openpyxl.Workbook) -> None:
    week = delivery(60)
    first = week.at_risk.rows.iloc[0]
    told = [first[f"reason_{at}"] for at in (1, 2, 3) if first[f"reason_{at}"]]
    assert column(book["Act now"], "Why")[0] == "\n".join(told)


def test_a_long_name_wraps_and_its_row_is_high_enough(tmp_path: Path) -> None:
    week = delivery(60)
    rows = week.at_risk.rows.assign(**{f"reason_{at}": "" for at in (1, 2, 3)}, play="Call", tags="", contact="")
    long = rows.assign(account_name=["Pinecrest Architects International Holdings", *rows["account_name"].iloc[1:]])
    found = replace(week, at_risk=replace(week.at_risk, rows=long))
    sheet = openpyxl.load_workbook(write_workbook(found, tmp_path / "at_risk.xlsx"))["Act now"]
    assert sheet["B5"].alignment.wrap_text and (sheet.row_dimensions[5].height or 0) >= 30


def test_f62_no_cell_is_a_formula_or_a_link(tmp_path: Path) -> None:
    path = write_workbook(hostile(), tmp_path / "at_risk.xlsx")
    assert living(path) == []
    sheet = openpyxl.load_workbook(path)["Act now"]
    assert {cell.data_type for row in sheet.iter_rows(min_row=5) for cell in row} <= {"s", "n", "d", "inlineStr"}


def test_f62_what_a_spreadsheet_would_run_is_found_where_it_is(tmp_path: Path) -> None:
    writes = {
        "formula": lambda sheet: sheet.write_formula(0, 0, "=1+1"),
        "array": lambda sheet: sheet.write_array_formula(0, 0, 1, 0, "{=A1}"),
        "text": lambda sheet: sheet.write_formula(0, 0, "=UPPER(B1)", None, "X"),
        "link": lambda sheet: sheet.write_url(0, 0, "https://evil.example"),
        "dde": lambda sheet: sheet.write_formula(0, 0, "=cmd|'/C calc'!A0"),
    }
    for name, write_cell in writes.items():
        with xlsxwriter.Workbook(tmp_path / f"{name}.xlsx") as made:
            write_cell(made.add_worksheet())
        assert living(tmp_path / f"{name}.xlsx"), name


def test_the_same_week_gives_the_same_bytes(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
        write(delivery(40), folder)
    for path in sorted(path for path in folders[0].rglob("*") if path.is_file()):
        assert path.read_bytes() == (folders[1] / path.relative_to(folders[0])).read_bytes(), path.name


def test_a_week_without_anybody_opens_too(tmp_path: Path) -> None:
    week = delivery(40)
    nobody = replace(
        week,
        health=week.health.head(0),
        leaving=week.leaving.head(0),
        at_risk=replace(week.at_risk, rows=week.at_risk.rows.head(0), left_out={}),
    )
    book = openpyxl.load_workbook(write_workbook(nobody, tmp_path / "at_risk.xlsx"))
    assert [book[name]["A4"].value for name in ("Act now", "Leaving", "Health")] == ["None this week."] * 3


def test_a_day_that_has_passed_does_not_look_like_any_other() -> None:
    assert [deciding(left) for left in (12, 1, 0, -21)] == ["in 12 days", "in 1 day", "today", "passed 21 days ago"]
    assert deciding(float("nan")) == ""

import zipfile
from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from openpyxl.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.deliver.managers import ManagerSheets, file_names, write_managers
from pipeline.deliver.operations import write_operations
from pipeline.deliver.returned import KEY
from pipeline.lists.signals import SIGNALS
from pipeline.loop.feedback import ACTIONS, SAID, VERDICTS
from tests.pipeline.company import delivery, resting
from tests.pipeline.deliver.hostile import hostile, living

SHEETS = ["Act now", "Renewals", "Good news"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("books")
    write_managers(delivery(200), place)
    write_operations(delivery(200), place / "operations.xlsx")
    return place


@pytest.fixture(scope="module")
def book(folder: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(folder / "ana-ruiz.xlsx")


def columns(sheet: Worksheet) -> list[object]:
    """The hidden names of a sheet's columns."""
    return [cell.value for cell in sheet[3]]


def test_every_manager_has_a_workbook_of_three_sheets(folder: Path, book: openpyxl.Workbook) -> None:
    names = ["ana-ruiz", "bjorn-akesson", "chidi-okafor", "dana-levi", "operations", "unassigned"]
    assert sorted(path.stem for path in folder.iterdir()) == names
    assert book.sheetnames == SHEETS


def test_managers_with_names_alike_do_not_share_a_file() -> None:
    names = file_names(["Ana Ruiz", "ana  ruiz", "さくら", "Operations", "Ben"])
    assert len(set(names.values())) == 5 and names["Ben"] == "ben.xlsx"
    assert names["さくら"].endswith(".xlsx") and names["Operations"] != "operations.xlsx"
    assert names["Ana Ruiz"] == file_names(["ana  ruiz", "Ana Ruiz"])["Ana Ruiz"], "order does not matter"


def test_an_account_stands_once_in_a_managers_workbook(folder: Path) -> None:
    paths = [*folder.glob("*-*.xlsx")]
    assert paths
    for path in paths:
        keys = Counter()  # type: ignore[var-annotated]
        for sheet in openpyxl.load_workbook(path).worksheets:
            at = columns(sheet).index(KEY) + 1 if KEY in columns(sheet) else 0
            keys.update(sheet.cell(row, at).value for row in range(5, sheet.max_row + 1) if at)
        assert keys and max(keys.values()) == 1, path.name


def test_what_one_cannot_call_in_a_week_is_counted_above_the_list(tmp_path: Path) -> None:
    week = delivery(200)
    write_managers(replace(week, at_risk=replace(week.at_risk, left_out={"Ana Ruiz": 4})), tmp_path)
    book = openpyxl.load_workbook(tmp_path / "ana-ruiz.xlsx")
    shown = {str(row[0].value).partition("|")[2] for sheet in book.worksheets for row in keys_of(sheet)}
    warnings = [signal.name for signal in SIGNALS if signal.kind == "warning"]
    mine = week.signal_rows[(week.signal_rows["owner"] == "Ana Ruiz") & week.signal_rows["list"].isin(warnings)]
    left = {*mine["account_id"]} - {*shown, *week.at_risk.eligible_ids, *week.leaving["account_id"]}
    lead = str(book["Act now"]["A2"].value)
    assert left and f"4 more at risk, {len(left)} more with a warning; the web page has them." in lead, lead


def test_who_rests_is_named_above_the_list_with_the_reason_and_the_day(tmp_path: Path) -> None:
    week = delivery(60)
    mine = week.actions[week.actions["owner"] == "Ana Ruiz"].head(5)
    names = dict(zip(mine["account_id"], mine["account_name"], strict=True))
    write_managers(resting(week, *names), tmp_path)
    lead = str(openpyxl.load_workbook(tmp_path / "ana-ruiz.xlsx")["Act now"]["A2"].value)
    first = names[min(names)]
    assert f"Not called this week: {first} (contacted on 10 Nov 2026; until 23 Nov 2026); " in lead
    assert "and 2 more" in lead and lead.count("contacted on") == 3


def keys_of(sheet: Worksheet) -> list[tuple[Cell, ...]]:
    """The cells that hold the keys of a sheet's rows."""
    at = columns(sheet).index(KEY) + 1
    return list(sheet.iter_rows(min_row=5, min_col=at, max_col=at))


def test_a_row_names_one_tip_and_how_many_more_there_are() -> None:
    week = delivery(60)
    tips = (
        week.health["tags"]
        .where(week.health["tags"].str.contains("unused features"), "")
        .map(lambda tags: "timeline: plan together\nexports: schedule one\nteams: invite one" if tags else "")
    )
    act, *_ = ManagerSheets(replace(week, health=week.health.assign(tips=tips))).of("Ana Ruiz")
    told = act.loc[act["tags"].str.contains("unused features"), "what_now"]
    assert len(told) and told.str.endswith("Tip: timeline: plan together (+ 2 more)").all()


def test_what_is_asked_has_its_own_columns_with_choices_and_the_key_is_hidden(book: openpyxl.Workbook) -> None:
    sheet = book["Act now"]
    names = columns(sheet)
    assert [name for name in names if name in SAID] == list(SAID)
    letters = {name: sheet.cell(1, at).column_letter for at, name in enumerate(names, 1)}
    assert sheet.row_dimensions[3].hidden and sheet.column_dimensions[letters[KEY]].hidden
    lists = {
        str(each.sqref)[0 : len(letters["action"])]: each.formula1 for each in sheet.data_validations.dataValidation
    }
    assert lists[letters["action"]] == f'"{",".join(ACTIONS)}"'
    assert lists[letters["verdict"]] == f'"{",".join(VERDICTS)}"'
    kinds = {each.type for each in sheet.data_validations.dataValidation}
    assert kinds == {"list", "date"}


def test_tables_have_filters_frozen_panes_bars_and_paper(book: openpyxl.Workbook, folder: Path) -> None:
    sheet = book["Act now"]
    (table,) = sheet.tables.values()
    assert table.autoFilter is not None and sheet.freeze_panes == "C5"
    assert sheet.page_setup.orientation == "landscape" and sheet.print_title_rows == "$4:$4"
    assert isinstance(sheet.cell(5, columns(sheet).index("play_due") + 1).value, datetime)
    with zipfile.ZipFile(folder / "ana-ruiz.xlsx") as parts:
        assert b"dataBar" in parts.read("xl/worksheets/sheet1.xml")


def test_paper_shows_what_to_know_large_enough_and_what_to_fill_in_on_a_page_of_its_own(
    book: openpyxl.Workbook,
) -> None:
    for sheet in book.worksheets:
        first = columns(sheet).index("action")
        assert [each.id for each in sheet.col_breaks.brk] == [first]
        assert (sheet.page_setup.scale or 0) >= 60 and not sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.print_title_cols.startswith("$A:$")


def test_a_row_to_act_on_says_when_it_renews_how_it_moved_for_how_long_it_is_listed_and_who_acts(
    book: openpyxl.Workbook,
) -> None:
    week, sheet = delivery(200), book["Act now"]
    names = columns(sheet)
    told = [name for name in names if name in ("renewal_date", "change_4w", "play_role", "status")]
    assert len(told) == 4 and max(names.index(name) for name in told) < names.index("action"), "on the first page"
    rows = [dict(zip(names, row, strict=True)) for row in sheet.iter_rows(min_row=5, values_only=True)]
    wanted = week.actions[week.actions["owner"] == "Ana Ruiz"]
    assert [row["renewal_date"] for row in rows] == [day.to_pydatetime() for day in wanted["renewal_date"]]
    assert [row["change_4w"] for row in rows] == [round(each) for each in wanted["change_4w"]]
    assert [row["play_role"] for row in rows] == wanted["play_role"].tolist()
    weeks = wanted["weeks_listed"].tolist()
    told = [f"listed {count} weeks" in row["status"] for count, row in zip(weeks, rows, strict=True)]
    assert told == [count > 1 for count in weeks] and any(told)


def test_a_sheet_without_rows_asks_nobody_to_fill_it_in(tmp_path: Path) -> None:
    week = delivery(60)
    quiet = replace(
        week, actions=week.actions.head(0), leaving=week.leaving.head(0), signal_rows=week.signal_rows.head(0)
    )
    paths = write_managers(quiet, tmp_path / "books")
    assert paths
    leads = [sheet["A2"].value for sheet in openpyxl.load_workbook(paths[0]).worksheets]
    assert leads == [
        "Nobody needs a call this week.",
        "No renewal needs care this week, and nobody has given notice.",
        "Nothing to thank or to ask for this week.",
    ]


def test_operations_see_the_week_whole(folder: Path) -> None:
    book = openpyxl.load_workbook(folder / "operations.xlsx")
    assert book.sheetnames == ["Summary", "All lists", "Changes", "Data quality", "About"]
    told = [cell.value for row in book["Summary"].iter_rows() for cell in row]
    assert book["Summary"]["A2"].alignment.wrap_text and "A2:J2" in book["Summary"].merged_cells
    assert "Ana Ruiz" in told and any("no proof of effect" in str(text) for text in told)
    lists = {row[0] for row in book["All lists"].iter_rows(min_row=5, values_only=True)}
    assert {"At risk", "Leaving", "Unused features"} <= lists


def test_f62_no_cell_of_any_workbook_is_a_formula_or_a_link(tmp_path: Path) -> None:
    week = hostile(120)
    paths = [*write_managers(week, tmp_path / "books"), write_operations(week, tmp_path / "operations.xlsx")]
    assert len(paths) > 2
    for path in paths:
        assert living(path) == [], path.name


def test_a_name_of_any_script_is_a_file_in_plain_letters_and_distinct_names_are_distinct_files() -> None:
    plain = {"Işıl Çağrı": "isil-cagri", "Łukasz Ødegård": "lukasz-odegard", "Groß": "gross", "李雷": "li-lei"}
    assert file_names(plain) == {name: f"{slug}.xlsx" for name, slug in plain.items()}
    alike = ["Ada", "ada", "ADA!", "Işıl", "Isil", "!", "?", "operations"]
    files = file_names(alike)
    posing = [file.removesuffix(".xlsx") for file in files.values()]
    assert len(set(file_names([*alike, *posing]).values())) == len({*alike, *posing})


def test_good_news_is_no_longer_than_configured_and_the_sheet_says_how_much_more_there_is() -> None:
    week = delivery(400)
    whole = ManagerSheets(replace(week, about=replace(week.about, good_news=1000)))
    short = ManagerSheets(replace(week, about=replace(week.about, good_news=1)))
    for owner in whole.owners():
        every, some = whole.of(owner)[2], short.of(owner)[2]
        assert len(some) == min(1, len(every)) and whole.good_left(owner) == 0
        assert len(some) + short.good_left(owner) == len(every)
    assert max(short.good_left(owner) for owner in short.owners()) > 0

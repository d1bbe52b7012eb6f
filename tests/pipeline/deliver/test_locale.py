"""Pages for readers of another language: every figure on them is written as they expect it."""

import re
from dataclasses import replace
from pathlib import Path

import openpyxl

from pipeline.deliver.site import write_site
from pipeline.deliver.workbook import write_workbook
from pipeline.figures import written_for
from tests.pipeline.deliver.told import BOOK, told

ENGLISH = re.compile(r"\d\.\d+(?= ?%)|\b\d{1,3},\d{3}\b")


def test_every_figure_on_the_pages_follows_the_locale(tmp_path: Path) -> None:
    retention = [{**BOOK["retention"][0], "customers_then": 6374}]  # type: ignore[index]
    week = replace(told(60), book={**BOOK, "retention": retention})
    with written_for("de_DE"):
        write_site(week, tmp_path)
    pages = {name: _text(tmp_path / name) for name in ("index.html", "site/portfolio.html", "site/data.html")}
    assert [found for text in pages.values() for found in ENGLISH.findall(text)] == []
    assert "97,5 %" in pages["site/portfolio.html"] and "6.374" in pages["site/portfolio.html"]
    assert "1.200" in pages["site/data.html"]
    assert {"Okt. 2026", "Aug. 2026", "10k €"} <= {text.strip() for text in pages["site/portfolio.html"].split("  ")}


def test_amounts_in_a_workbook_have_their_currency_where_the_locale_has_it(tmp_path: Path) -> None:
    with written_for("de_DE"):
        sheet = openpyxl.load_workbook(write_workbook(told(60), tmp_path / "at_risk.xlsx"))["Act now"]
    place = [cell.value for cell in sheet[4]].index("Worth a year") + 1
    assert sheet.cell(5, place).number_format == '#,##0"\N{NO-BREAK SPACE}€"'


def _text(page: Path) -> str:
    shown = re.sub(r"(?s)<(script|style|path)\b.*?(</\1>|/>)", " ", page.read_text())
    return re.sub(r"<[^>]*>", " ", shown).replace("\N{NO-BREAK SPACE}", " ")

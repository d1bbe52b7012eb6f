"""Another office program than the one they were tried with opens the workbooks: LibreOffice, where it is there."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
from pathlib import Path

import openpyxl
import pytest

from pipeline.deliver.managers import write_managers
from pipeline.deliver.operations import write_operations
from tests.pipeline.company import delivery

SOFFICE = shutil.which("soffice")
EVERY_SHEET = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
"""A file a sheet: separator, quote, 76 for UTF-8, from the first line on; the last word, -1, takes every sheet."""
BROKEN = ("#NAME?", "#VALUE!", "#REF!", "#DIV/0!", "Err:")


def test_libreoffice_opens_every_sheet_of_every_workbook_and_no_cell_is_broken(tmp_path: Path) -> None:
    if SOFFICE is None:
        if "soffice" in os.environ.get("HOLDFAST_REQUIRE", "").split(","):
            pytest.fail("HOLDFAST_REQUIRE asks for soffice (LibreOffice), and it is not on the PATH")
        pytest.skip("soffice (LibreOffice) is not on the PATH")
    week = delivery(60)
    books = [*write_managers(week, tmp_path / "books"), tmp_path / "books" / "operations.xlsx"]
    write_operations(week, books[-1])
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    words = [str(SOFFICE), profile, "--headless", "--convert-to", EVERY_SHEET, "--outdir", str(tmp_path / "read")]
    done = subprocess.run([*words, *map(str, books)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    sheets = {f"{book.stem}-{name}.csv" for book in books for name in openpyxl.load_workbook(book).sheetnames}
    read = {path.name: path for path in (tmp_path / "read").iterdir()}
    assert set(read) == sheets
    cells = {cell for path in read.values() for row in csv.reader(path.open(encoding="utf-8")) for cell in row}
    assert set(week.at_risk.rows["account_name"]) <= cells
    assert [cell for cell in cells if cell.startswith(BROKEN)] == []

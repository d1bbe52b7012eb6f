"""A language is one file: with every text in brackets, nothing that is delivered is told outside of them."""

from __future__ import annotations

import email
import json
import re
from collections.abc import Iterator
from datetime import date
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from pipeline import texts
from pipeline.commands.week import publish
from pipeline.config import load_config
from pipeline.demo.company import simulate
from pipeline.errors import ConfigError
from pipeline.stages.context import Run
from pipeline.stages.examine import misfits
from pipeline.stages.remarks import give_override, load_remarks, read_feedback
from pipeline.warehouse import Workspace
from tests.commands.brackets import LANGUAGE, OPENED, Outside, of_message, shown, whole, wrapped, write_language
from tests.commands.test_send import Heard
from tests.pipeline.deliver.browser import chromium, watched

BEFORE, WEEK = date(2026, 11, 9), date(2026, 11, 16)
IDENTIFIERS = {
    *(
        "account_id",
        "account_name",
        "owner",
        "segment",
        "contact",
        "url",
        "as_of",
        "model",
        "band",
        "status",
        "list",
        "listed_for",
    ),
    *("tags", "main_dimension", "action", "verdict", "notes", "snooze_reason", "override_band", "override_by", "moved"),
    *("override_reason", "loyalty_type", "loyalty_ties", "loyalty_stage", "quadrant", "what", "dimension", "feature"),
    *("External_Id__c", "Churn_List__c", "Health_Band__c", "external_account_id", "churn_list", "health_band"),
}
"""Columns of what programs compare, and of what people and sources wrote: the same in any language."""
CLAIM = re.compile(rf"(^|; )[a-z ]+: (?={OPENED})")
"""What names a claim in the evidence of loyalty.csv: an identifier too."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two published weeks of forty demo customers, with what a manager and a person said between them."""
    folder = tmp_path_factory.mktemp("translated")
    simulate(folder / "exports", folder / "truth", accounts=40, weeks=60, seed=11)
    write_language(folder)
    text = Path("config.yaml").read_text(encoding="utf-8").replace("workspace/demo/exports", str(folder / "exports"))
    (folder / "config.yaml").write_text(text.replace("locale: en_GB", f"locale: de_DE\n  language: {LANGUAGE}"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(texts, "FOLDER", folder)
        publish(run(folder, BEFORE))
        filled_in(folder)
        read_feedback(run(folder, BEFORE), [folder / "back.xlsx"])
        account = pd.read_csv(published(folder) / "at_risk.csv")["account_id"].iloc[-1]
        give_override(run(folder, BEFORE), account, "green", "Ana", "Ana knows", date(2027, 1, 1))
        publish(run(folder, WEEK), approve=True)
        yield folder


@pytest.fixture(scope="module")
def outside(place: Path) -> Outside:
    return Outside(place / "workspace" / "warehouse", load_config(place / "config.yaml"), "Ana", "Ana knows")


def run(folder: Path, as_of: date) -> Run:
    return Run(load_config(folder / "config.yaml"), Workspace(folder / "workspace"), Heard(), as_of)


def published(folder: Path) -> Path:
    return folder / "workspace" / "published" / "latest"


def filled_in(folder: Path) -> None:
    """A manager's workbook that comes back, with the words of its own drop-downs."""
    owner = pd.read_csv(published(folder) / "action_list.csv")["owner"].value_counts().index[0]
    books = json.loads((published(folder) / "manifest.json").read_text(encoding="utf-8"))["digests"]
    book = openpyxl.load_workbook(published(folder) / "workbooks" / f"{books[owner]}.xlsx")
    sheet = book.worksheets[0]
    names = [cell.value for cell in sheet[3]]
    said = [{"action": "contacted"}, {"verdict": "false alarm"}, {"snooze_until": date(2026, 12, 1), "notes": "Ana"}]
    for row, values in enumerate(said, 5):
        for name, value in values.items():
            sheet.cell(row, names.index(name) + 1).value = wrapped(value) if name in ("action", "verdict") else value
    book.save(folder / "back.xlsx")


def test_no_sentence_of_a_list_is_told_outside_the_catalogue(place: Path, outside: Outside) -> None:
    found = {}
    for path in sorted(published(place).rglob("*.csv")):
        table = pd.read_csv(path, dtype=str, keep_default_na=False).replace({"True": "", "False": ""})
        told = [cell for name in table.columns if name not in IDENTIFIERS for cell in table[name].unique()]
        found[path.name] = outside(CLAIM.sub(" ", cell) if path.name == "loyalty.csv" else cell for cell in told)
    assert {name: left for name, left in found.items() if left} == {}
    assert list(misfits(LANGUAGE)) == []
    assert {"at_risk.csv", "signals.csv", "set_aside.csv", "changes.csv", "salesforce_accounts.csv"} <= set(found)


def test_what_programs_compare_is_the_same_in_any_language(place: Path) -> None:
    scores = pd.read_csv(published(place) / "health_scores.csv", dtype=str, keep_default_na=False)
    assert (
        not scores[sorted(IDENTIFIERS & set(scores.columns))]
        .apply(lambda column: column.str.contains(OPENED))
        .any()
        .any()
    )
    said = load_remarks(run(place, WEEK))
    assert {*said["action"], *said["verdict"]} == {"", "contacted", "false alarm"}
    assert set(pd.read_csv(published(place) / "set_aside.csv")["account_id"]) & set(said["account_id"])


def test_no_cell_of_a_workbook_is_told_outside_the_catalogue(place: Path, outside: Outside) -> None:
    books = [published(place) / "at_risk.xlsx", *sorted((published(place) / "workbooks").glob("*.xlsx"))]
    assert len(books) > 2
    for path in books:
        for sheet in openpyxl.load_workbook(path).worksheets:
            # the hidden line of names above the headings is for programs
            rows = [
                row
                for at, row in enumerate(sheet.iter_rows(values_only=True), 1)
                if not sheet.row_dimensions[at].hidden
            ]
            cells = [value for column in zip(*rows, strict=True) for value in column if isinstance(value, str)]
            keyed = [text for text in cells if not re.fullmatch(r"\d{4}-\d\d-\d\d\|.*|row_key", text)]
            asked = [
                text
                for each in sheet.data_validations.dataValidation
                for text in (each.formula1, each.error, each.prompt)
            ]
            foot = [re.sub("&[PN]", "", str(each.text)) for each in (sheet.oddFooter.left, sheet.oddFooter.right)]
            told = [*whole(keyed), *(text for text in asked if text), *foot, sheet.title]
            assert outside(told) == [], f"{path.name}, {sheet.title}"


def test_no_text_of_a_digest_is_told_outside_the_catalogue(place: Path, outside: Outside) -> None:
    for path in sorted((published(place) / "digests").iterdir()):
        if path.suffix == ".json":
            told = list(of_message(json.loads(path.read_text(encoding="utf-8"))))
        else:
            message = email.message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=default)
            plain, html = (message.get_body((kind,)) for kind in ("plain", "html"))
            assert plain is not None and html is not None
            told = [
                str(message["Subject"]),
                " ".join(str(plain.get_content()).split()),
                *shown(str(html.get_content())),
            ]
        assert outside(told) == [], path.name


def test_no_text_of_the_page_is_told_outside_the_catalogue(place: Path, outside: Outside) -> None:
    """The card of a model and the rules that rows broke are English: they are for those who train and read in."""
    for name in ("index", "site/lists", "site/portfolio", "site/outcome", "site/definitions", "site/account"):
        html = (published(place) / f"{name}.html").read_text(encoding="utf-8")
        assert f'<html lang="{LANGUAGE}"' in html
        assert outside(shown(html)) == [], name


def test_no_text_that_the_scripts_of_the_page_write_is_told_outside_the_catalogue(
    place: Path, outside: Outside
) -> None:
    listed = pd.read_csv(published(place) / "at_risk.csv")["account_id"].tolist()
    signals = pd.read_csv(published(place) / "signals.csv")["list"].str.replace(" ", "-").unique()
    places = [f"lists.html#list={each}" for each in ("at-risk", "leaving", "all", *signals[:3])]
    places += [f"account.html#id={account}" for account in (listed[0], listed[-1])]
    with chromium() as browser, watched(browser) as go:
        for address in places:
            tab = go(published(place) / "site", address)
            tab.wait_for_selector("#table td, #account svg[role=img]")
            # a chart is named as soon as it is drawn
            tab.wait_for_function("![...document.querySelectorAll('#account svg')].some((each) => each.role !== 'img')")
            told = tab.evaluate(SEEN)
            tab.close()
            assert len(told) > 20
            assert outside(told) == [], address


SEEN = """() => {
  const texts = document.body.innerText.split("\\n");
  document.querySelectorAll("svg text, option").forEach((each) => texts.push(each.textContent));
  for (const name of ["aria-label", "title", "placeholder"]) {
    document.querySelectorAll(`[${name}]`).forEach((each) => texts.push(each.getAttribute(name)));
  }
  return texts;
}"""


def test_a_language_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    text = Path("config.yaml").read_text(encoding="utf-8").replace("locale: en_GB", "language: klingon")
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"there are no texts in this language \(valid: .*en.*\), found 'klingon'"):
        load_config(tmp_path / "config.yaml")

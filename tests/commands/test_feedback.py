"""The loop: a workbook goes out, comes back filled in, and the next week knows what it said."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from tests.commands.command import Company

NEXT = "2026-08-03"


@pytest.fixture
def listed(company: Company) -> Company:
    """The company with a week that has accounts to call."""
    company.configure(lambda text: text + "scale: {red: 55, amber: 80}\n")
    company.json("publish")
    return company


def week(company: Company, name: str = "latest") -> Path:
    return company.folder / "workspace" / "published" / name


def table(company: Company, name: str) -> pd.DataFrame:
    return pd.read_csv(week(company) / f"{name}.csv", keep_default_na=False, dtype=str).set_index("account_id")


def filled_in(company: Company, target: str, *rows: dict[str, object]) -> tuple[str, list[str]]:
    """A copy of Ada's workbook with its first rows filled in; its path, and the accounts of the rows."""
    book = openpyxl.load_workbook(week(company) / "workbooks" / "ada.xlsx")
    sheet = book["Act now"]
    names = [cell.value for cell in sheet[3]]
    accounts = []
    for at, said in enumerate(rows, 5):
        accounts.append(str(sheet.cell(at, names.index("account_id") + 1).value))
        for name, value in said.items():
            sheet.cell(at, names.index(name) + 1).value = value  # type: ignore[assignment]
    path = company.folder / target
    book.save(path)
    return str(path), accounts


def test_what_managers_say_is_known_by_the_next_week_and_changes_no_old_one(listed: Company) -> None:
    snooze = {"snooze_until": date(2026, 8, 20), "notes": "merging, decides in August"}
    path, (met, snoozed, wrong) = filled_in(
        listed, "ada.xlsx", {"action": "met", "verdict": "real"}, snooze, {"verdict": "wrong reason"}
    )
    before = listed.published()
    told = listed.json("feedback", path, "--as-of", "2026-07-29")
    assert (told["read"], told["new"], told["conflicts"], told["findings"]) == (3, 3, [], [])
    assert listed.json("feedback", path, "--as-of", "2026-07-29")["new"] == 0
    assert listed.json("publish")["new"] is False, "the week itself knows nothing of it"
    listed.json("publish", "--as-of", NEXT)
    after = listed.published()
    assert {name: after[name] for name in before if not name.startswith("latest")} == {
        name: sha for name, sha in before.items() if not name.startswith("latest")
    }

    aside, todo = table(listed, "set_aside"), table(listed, "action_list")
    assert aside.loc[[met, snoozed], "set_aside"].tolist() == [
        "contacted, as told on 29 Jul 2026",
        "snoozed: merging, decides in August",
    ]
    assert {met, snoozed}.isdisjoint(todo.index)
    assert todo.loc[wrong, "said"] == "wrong reason"
    scores = table(listed, "health_scores")
    assert scores.loc[met, ["eligible", "assigned", "contacted"]].tolist() == ["True", "False", "True"]

    report = json.loads((week(listed) / "manifest.json").read_text())["loop"]
    (answers,) = report["weeks"]
    assert (answers["answered"], answers["acted"], answers["real"], answers["wrong_reason"]) == (3, 1, 1, 1)
    assert sum(each["wrong_reason"] for each in report["reasons"]) == 1
    assert "no proof of effect" in report["caution"]
    carried, _ = filled_in(listed, "next.xlsx", {})
    cells = [cell.value for row in openpyxl.load_workbook(carried)["Act now"].iter_rows(min_row=5) for cell in row]
    assert "wrong reason" in cells


def test_a_snooze_is_no_longer_than_the_configuration_allows_and_never_of_the_past(listed: Company) -> None:
    long = {"snooze_until": date(2031, 1, 1), "notes": "never call them"}
    past = {"snooze_until": date(2026, 7, 20), "notes": "was away"}
    path, (snoozed, called) = filled_in(listed, "ada.xlsx", long, past)
    told = listed.json("feedback", path, "--as-of", "2026-07-29")
    first, second = told["findings"]
    assert "2031-01-01 is later than lists.snooze_weeks allows; snoozed until 2026-10-26" in first
    assert "2026-07-20 is not after the week 2026-07-27" in second
    listed.json("publish", "--as-of", NEXT)
    scores = table(listed, "health_scores")
    days = ["snoozed_until", "rests_until"]
    assert scores.loc[snoozed, days].tolist() == ["2026-10-26", "2026-10-26"]
    assert scores.loc[called, [*days, "snooze_reason", "notes"]].tolist() == ["", "", "", "was away"]


def test_many_files_are_read_conflicts_are_listed_and_a_broken_one_stops_no_other(listed: Company) -> None:
    first, (account,) = filled_in(listed, "ada.xlsx", {"verdict": "real"})
    second, _ = filled_in(listed, "ben.xlsx", {"verdict": "false alarm"})
    told = listed.json("feedback", first, second, "--as-of", "2026-07-29")
    (conflict,) = told["conflicts"]
    assert (conflict["account_id"], conflict["kept"], conflict["dropped"]) == (account, "false alarm", "real")

    (listed.folder / "broken.xlsx").write_text("none")
    third, _ = filled_in(listed, "third.xlsx", {"action": "planned"})
    files = [str(listed.folder / "broken.xlsx"), third, first, second]
    result = listed.run("feedback", *files, "--as-of", "2026-07-29")
    assert result.returncode == 3 and "Traceback" not in result.stderr
    assert "not read: broken.xlsx" in result.stdout and "third.xlsx: 1 of" in result.stdout
    assert "conflict" not in result.stdout, "files that disagree do not take turns"
    kept = (listed.folder / "workspace" / "feedback" / "remarks.jsonl").read_text()
    assert '"planned"' in kept


def test_an_override_stands_beside_the_score_and_never_in_its_place(listed: Company) -> None:
    before, todo = table(listed, "health_scores"), table(listed, "action_list").index.tolist()
    account = before.index[0]
    said = ("--band", "red", "--by", "Ada", "--reason", "budget is cut", "--until", "2026-08-31")
    listed.json("override", account, *said, "--as-of", "2026-07-28")
    listed.json("publish")
    after = table(listed, "health_scores")
    told = ["override_band", "override_by", "override_reason", "override_until"]
    assert after.loc[account, told].tolist() == ["red", "Ada", "budget is cut", "2026-08-31"]
    assert after["health"].tolist() == before["health"].tolist() and after["band"].tolist() == before["band"].tolist()
    assert table(listed, "action_list").index.tolist() == todo


def test_an_override_without_author_reason_or_end_is_refused_all_at_once(listed: Company) -> None:
    said = ("--band", "blue", "--by", " ", "--reason", "", "--until", "2026-07-01")
    result = listed.run("override", "nobody", *said, "--as-of", "2026-07-28")
    assert result.returncode == 2
    for words in ("'blue' is none of red, amber, green", "by: is empty", "reason: is empty", "until:", "'nobody'"):
        assert words in result.stderr

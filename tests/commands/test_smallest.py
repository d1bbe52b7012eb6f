"""Fault 43: the smallest companies there are. Every command ends in words, with a code that means what they say."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import pytest

from pipeline.cli import app
from tests.commands.command import Company
from tests.commands.small_company import CONFIG

BROKEN = re.compile(r"Traceback|\b(nan|NaN|NaT|inf)\b|\b[A-Z]\w+(Error|Exception|Warning):")
"""What a person should never read."""
TABLES = ("accounts.csv", "subscriptions.csv", "usage.csv", "tickets.csv")
CUSTOMER = "a4"


def only(company: Company, account: str = CUSTOMER) -> None:
    """Leave the rows of one account."""
    for name in TABLES:
        company.edit(name, lambda text: _rows(text, lambda row: account in row.split(",")[:2]))


def one_event(company: Company) -> None:
    """Leave the last event of one account."""
    company.edit("usage.csv", lambda text: _rows(text, lambda row: f",{CUSTOMER}," in row))
    company.edit("usage.csv", lambda text: "".join([*text.splitlines(True)[:1], text.splitlines(True)[-1]]))


def ended(company: Company, day: str) -> None:
    """All subscriptions end on this day, or never where none is given."""
    end = re.compile(r"^(s\d+,a\d+,[^,]*),[^,]*,", re.MULTILINE)
    company.edit("subscriptions.csv", lambda text: end.sub(rf"\1,{day},", text))


def usage_alone(company: Company) -> None:
    """Nothing is told but accounts and their usage, and leaving is going quiet."""
    for name in ("subscriptions.csv", "tickets.csv"):
        (company.exports / name).unlink()
    told = CONFIG[: CONFIG.index("  subscriptions:")] + CONFIG[CONFIG.index("  usage:") : CONFIG.index("  tickets:")]
    quiet = told.replace("kinds: [cancellation]", "kinds: [going_quiet], quiet_days: 28")
    company.configure(lambda text: quiet + "spine: {active: usage}\n")


def _rows(text: str, kept: Callable[[str], bool]) -> str:
    header, *rows = text.splitlines(keepends=True)
    return header + "".join(row for row in rows if kept(row))


def one_account(company: Company) -> None:
    only(company)


def one_account_that_began_this_week(company: Company) -> None:
    only(company)
    company.edit("subscriptions.csv", lambda text: re.sub(r"a4,[^,]*,", "a4,2026-07-22,", text))


def no_churn(company: Company) -> None:
    ended(company, "")


def everybody_left(company: Company) -> None:
    ended(company, "2026-03-02")


def one_event_and_nothing_else(company: Company) -> None:
    only(company)
    one_event(company)
    usage_alone(company)


@dataclass(frozen=True)
class Smallest:
    """How the company is made, and how many customers it has."""

    make: Callable[[Company], None]
    customers: int


COMPANIES = [
    Smallest(one_account, 1),
    Smallest(one_account_that_began_this_week, 1),
    Smallest(one_event, 36),
    Smallest(no_churn, 40),
    Smallest(everybody_left, 0),
    Smallest(one_event_and_nothing_else, 0),
]


@pytest.fixture
def ends(fresh: Company, capfd: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run a command, which ends with this code and tells this; what it told."""

    def end(code: int, told: str, *command: str) -> str:
        where = ("--config", str(fresh.folder / "config.yaml"), "--workspace", str(fresh.folder / "workspace"))
        with pytest.raises(SystemExit) as ended:
            app([*command, *where])
        out, err = capfd.readouterr()
        assert ended.value.code == code, (command, out, err)
        assert not BROKEN.search(out + err), (command, out, err)
        assert re.search(told, out if code == 0 else err), (command, out, err)
        return out

    return end


@pytest.mark.parametrize("company", COMPANIES, ids=lambda each: each.make.__name__)
def test_f43_every_command_on_the_smallest_companies_ends_in_words(
    fresh: Company, ends: Callable[..., str], company: Smallest
) -> None:
    company.make(fresh)
    here = company.customers > 0
    nobody = f"No customer '{CUSTOMER}' at 2026-07-27"
    ends(0, "No week is published yet", "status")
    ends(0, "Ready: every source fits its contract", "check")
    ends(0, r"accounts +\d+ +\d+", "ingest")
    ends(0, r"features\.parquet", "features")
    ends(0, r"No model was trained: \d distinct churns? in", "train")
    ends(0, r"No model was trained: \d distinct churns? in", "backtest")
    ends(0, r"2026-07-27\.parquet", "score")
    ends(0, "Open .*index.html", "run")
    ends(0, "Open .*index.html", "publish")
    ends(0, r"2026-07-20: \d at risk", "replay", "--weeks", "1")
    ends(0, "The lists: ", "status")
    ends(*((0, CUSTOMER) if here else (2, nobody)), "explain", CUSTOMER)
    ends(5, "There is no challenger to promote", "promote")
    ends(5, "There is no former champion", "rollback")
    ends(0, "no address" if here else "has no manager to send anything to", "send", "--dry-run")
    ends(2, "Sending is off", "send")
    week = fresh.folder / "workspace" / "published" / "latest"
    managers = json.loads((week / "manifest.json").read_text())["digests"]
    assert bool(managers) == here
    for name in managers.values():
        ends(0, "0 new remarks", "feedback", str(week / "workbooks" / f"{name}.xlsx"))
    said = ("--band", "green", "--by", "Ann", "--reason", "asked them", "--until", "2099-01-01")
    ends(*((0, "") if here else (2, f"No account '{CUSTOMER}'")), "override", CUSTOMER, *said)
    ends(3, "The exports still hold what is to be erased", "erase", CUSTOMER)
    assert len(pd.read_csv(week / "health_scores.csv")) == company.customers


@pytest.mark.parametrize("name", TABLES)
def test_f43_a_source_that_is_a_header_alone_is_told_of_by_every_command_that_reads_it(
    fresh: Company, ends: Callable[..., str], name: str
) -> None:
    fresh.edit(name, lambda text: text.splitlines(keepends=True)[0])
    told = f"sources.{name.removesuffix('.csv')}: {name} has a header but no rows"
    out = ends(3, "", "check")
    assert told in out and f"Not ready: {name.removesuffix('.csv')}." in out
    for command in (
        "ingest",
        "features",
        "train",
        "backtest",
        "score",
        "publish",
        "run",
        "replay",
        f"explain {CUSTOMER}",
    ):
        ends(3, told, *command.split())
    ends(0, "No week is published yet", "status")
    ends(3, "No row was ingested, so there is no week to publish", "send", "--dry-run")
    ends(2, f"Nothing is known of an account '{CUSTOMER}'", "erase", CUSTOMER)
    assert fresh.published() == {}

"""Somebody maps exports for the first time: every answer says what to write instead, and that can be written."""

from __future__ import annotations

import pytest

from tests.commands.command import Company


def _rewritten(company: Company, name: str, cell: str) -> None:
    """Write ``cell`` into the first column of an export's rows that is a moment."""
    header, *rows = (company.exports / name).read_text().splitlines()
    at = header.split(",").index("created")
    lines = [",".join([*row.split(",")[:at], cell, *row.split(",")[at + 1 :]]) for row in rows]
    company.edit(name, lambda text: "\n".join([header, *lines]) + "\n")


@pytest.mark.parametrize(
    ("cell", "remedy"),
    [
        ("1772323200", "unit: seconds"),
        ("1772323200000", "unit: milliseconds"),
        ("08.01.26 9:30", 'format: "%d.%m.%y %H:%M"'),
        ("03/01/2026 9:30 AM", 'format: "%d/%m/%Y %I:%M %p"'),
    ],
)
def test_the_remedy_for_a_moment_reads_it_when_it_is_written(fresh: Company, cell: str, remedy: str) -> None:
    _rewritten(fresh, "tickets.csv", cell)
    told = "{column: created, " + remedy + "}"
    assert f"write {told}" in fresh.run("check").stdout
    fresh.configure(lambda text: text.replace("occurred_at: created", f"occurred_at: {told}"))
    assert "is not an ISO date" not in fresh.run("check").stdout


def test_the_remedy_for_an_attribute_reads_it_when_it_is_written(fresh: Company) -> None:
    fresh.edit("accounts.csv", lambda text: text.replace("small", '"1.234,50"').replace("large", '"9.876,00"'))
    mapped = "segment: size}\n    attributes: {revenue: "
    fresh.configure(lambda text: text.replace("segment: size}", mapped + "{column: size, kind: number}}"))
    told = '{column: size, decimal: ",", thousands: "."}'
    assert f"write {told}" in fresh.run("check").stdout
    fresh.configure(lambda text: text.replace("{column: size, kind: number}", told[:-1] + ", kind: number}"))
    assert fresh.json("check")["ok"]


def test_rows_are_not_blamed_on_accounts_that_could_not_be_read(fresh: Company) -> None:
    fresh.configure(lambda text: text.replace("name: name,", "name: name, started_at: name,"))
    told = fresh.run("check").stdout
    assert "Not ready: accounts." in told and "is not in accounts" not in told
    assert "accounts are not ready, so nobody was asked whether" in told


def test_a_mistake_is_placed_as_it_stands_in_the_file(fresh: Company) -> None:
    fresh.configure(lambda text: text.replace("files: accounts.csv", "files: accounts.csv\n    encodin: cp1252"))
    assert "sources.accounts.encodin: unknown key; did you mean encoding?" in fresh.run("check").stderr


def test_amounts_with_a_currency_may_be_as_of_the_export(fresh: Company) -> None:
    code = "history: snapshot\n    columns: {currency: {value: USD}, "
    fresh.configure(lambda text: text.replace("columns: {subscription_id", code + "subscription_id"))
    assert "subscriptions: mrr, seats are as of the export and stay out of training" in fresh.run("check").stdout
    assert fresh.run("features").returncode == 0


@pytest.mark.parametrize("told", ["2026-13-01", "01.02.2026", "yesterday"])
def test_a_wrong_day_is_told_with_the_form_that_is_valid(fresh: Company, told: str) -> None:
    result = fresh.run("check", "--as-of", told)
    assert result.returncode == 2
    assert f"'{told}' is" in result.stderr and "write year-month-day, such as 2026-02-01" in result.stderr
    fresh.configure(lambda text: text.replace("as_of: data", f"as_of: {told}"))
    written = fresh.run("check").stderr
    assert written.count("calendar.as_of: ") == 1
    assert "write year-month-day, such as 2026-02-01, or one of the words today, data" in written

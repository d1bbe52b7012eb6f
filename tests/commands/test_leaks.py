"""Leaks planted in real files: the real command stops, with the name of the feature that knows the answer."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.commands.command import Company, holdfast
from tests.commands.leaving_company import write_leaving_company

ACCOUNTS = "columns: {account_id: id, name: name, owner: owner, segment: size}"
Change = Callable[[Company], None]


def attribute(name: str, via: str, take: str) -> Change:
    """An attribute, declared never to change, that is taken from another export."""

    def change(company: Company) -> None:
        joined = f"via: {{files: {via}, on: account, key: id, take: {{{name}: {take}}}}}\n    "
        static = f"\n    attributes: {{{name}: {{static: true}}}}"
        company.configure(lambda text: text.replace(ACCOUNTS, joined + ACCOUNTS + static))

    return change


def both(*changes: Change) -> Change:
    def change(company: Company) -> None:
        for each in changes:
            each(company)

    return change


def configured(old: str, new: str) -> Change:
    return lambda company: company.configure(lambda text: text.replace(old, new))


def recorded_churns(company: Company) -> None:
    """Churns in a table of their own, which the label is read from."""
    rows = "".join(
        f"a{number},2026-0{month}-02,price,left for another\n" for number, month in ((5, 3), (11, 4), (17, 5), (23, 6))
    )
    (company.exports / "churns.csv").write_text("account,day,reason,note\n" + rows)
    source = (
        "\n  churns:\n    files: churns.csv\n    columns: {account_id: account, occurred_at: day, reason: reason}\n"
    )
    company.configure(lambda text: text.rstrip() + source)
    company.configure(lambda text: text.replace("kinds: [cancellation],", "kinds: [cancellation], source: churns,"))


LEAKS: dict[str, tuple[Change, str, str]] = {
    "the_cancellation_date_as_an_attribute": (
        attribute("left", "subscriptions.csv", "end"), "attr_left", "subscriptions.ended_at"),
    "the_cancellation_date_as_the_renewal_date": (
        configured("ended_at: end,", "ended_at: end, term_end: end,"), "subscriptions.term_end", "who leaves"),
    "the_label_s_own_table": (
        both(recorded_churns, attribute("why", "churns.csv", "note")), "attr_why", "the label's own table"),
    "a_column_known_only_later": (
        attribute("solved", "tickets.csv", "{column: solved, fold: min}"), "attr_solved", "known only after"),
    "a_snapshot_column": (
        both(configured("seats: seats}", "seats: {column: seats, history: snapshot}}"),
             attribute("size_now", "subscriptions.csv", "seats")), "attr_size_now", "snapshot"),
    "a_count_of_all_rows_the_later_ones_too": (
        attribute("asked", "tickets.csv", "{column: id, fold: count}"), "attr_asked", "tickets.csv"),
}  # fmt: skip


@pytest.mark.parametrize("leak", sorted(LEAKS))
def test_f36_a_planted_leak_stops_the_training_with_its_name(company: Company, leak: str) -> None:
    plant, name, reason = LEAKS[leak]
    plant(company)
    result = company.run("train")
    assert result.returncode == 5, result.stderr
    assert name in result.stderr and reason in result.stderr
    assert "Traceback" not in result.stderr
    assert not (company.folder / "workspace" / "models" / "champion.json").exists()


def test_f36_a_measure_of_the_label_s_own_table_stops_the_training_with_its_name(company: Company) -> None:
    recorded_churns(company)
    program = (
        "from pipeline.features.base import measure\n"
        "from pipeline.features.aggregates import Count\n"
        "@measure(source='churns', dimension='usage', windows=(4,))\n"
        "def goodbyes(row):\n"
        "    'Churns. Unit: churns.'\n"
        "    return Count()\n"
        "from pipeline.cli import app\n"
        "app()\n"
    )
    where = ("--config", str(company.folder / "config.yaml"), "--workspace", str(company.folder / "workspace"))
    command = [sys.executable, "-c", program, "train", *where]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 5, result.stderr
    assert "'goodbyes'" in result.stderr and "the label's own table" in result.stderr


def test_f36_a_copy_of_the_cancellation_date_is_found_by_what_it_holds_and_so_is_a_status(tmp_path: Path) -> None:
    """The columns have no tie to the label but their values: they tell who has left by now."""
    path = write_leaving_company(tmp_path)
    told = path.read_text().replace("column: closed_on}", "column: closed_on, static: true}")
    path.write_text(told.replace("status: {}", "status: {static: true}"))
    result = holdfast("train", tmp_path)
    assert result.returncode == 5, result.stderr
    for name in ("'attr_closed'", "'attr_status'"):
        assert f"Feature {name} tells who has left by now" in result.stderr
    assert "attr_region" not in result.stderr


@pytest.mark.parametrize(("declared", "moves"), [("size", False), ("{column: size, history: static}", True)])
def test_a_segment_is_of_the_day_of_the_export_until_it_is_declared_to_be_of_every_day(
    company: Company, declared: str, moves: bool
) -> None:
    company.configure(lambda text: text.replace("segment: size}", f"segment: {declared}}}"))
    before = pd.read_parquet(company.json("features")["path"])
    company.edit("accounts.csv", lambda text: text.replace("Ada,small", "Ada,large"))
    after = pd.read_parquet(company.json("features")["path"])
    before = before[before["cutoff"].isin(after["cutoff"])].reset_index(drop=True)
    assert before.filter(like="_peers").notna().any(axis=None)
    assert before.equals(after) is not moves

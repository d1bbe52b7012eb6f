"""Foreign companies' exports, ingested by configuration only."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.check import check
from pipeline.config import Config, load_config
from pipeline.sources.plan import used
from pipeline.sources.reports import IngestReport
from tests.pipeline.sources import counting
from tests.pipeline.sources.exports import Exports, assert_every_record_is_accounted_for, example_config

ROWS = {
    "novacrm": {"accounts": 2_000, "subscriptions": 2_000, "levels": 138_824, "tickets": 41_184, "surveys": 45_352},
    "churnsim": {"accounts": 1_960, "subscriptions": 51_576, "usage": 1_764_925, "churns": 416},
    "relax": {"accounts": 417, "usage": 207_917},
    "interconnect": {"accounts": 7_043, "subscriptions": 7_043},
    "ravenstack": {
        "accounts": 500,
        "subscriptions": 5_000,
        "usage": 25_000,
        "tickets": 2_000,
        "surveys": 2_000,
        "churns": 599,
    },
    "cloud_dirty": {
        "accounts": 80,
        "usage": 42_984,
        "levels": 720,
        "tickets": 1_000,
        "surveys": 755,
        "invoices": 240,
        "touches": 1_500,
    },
}


DIRT = {
    "usage": {"cost_usd_increment is below 0": 216},
    "nps": {"nps_score is outside of the nps scale 0 to 10": 66},
    "csat": {"csat is outside of the csat scale 1 to 5": 31},
}


REPEATED = {("Churnsim", "subscriptions"), ("RavenStack", "churns")}
"""Sources in which records stand twice."""


def assert_other_readers_count_alike(config: Config, report: IngestReport) -> None:
    configured = {name: source for _, name, source in config.sources.each()}
    for source in (source for table in report.tables.values() for source in table.sources):
        mapping = configured[source.name]
        mapped = {column for spec in mapping.columns.values() for column in used(spec)}
        for file in source.files:
            path = config.root / file.name
            assert (file.records, file.filtered) == (counting.count(path), counting.filtered(path, mapping)), file
            twice = counting.repeated(path, mapped) if (config.name, source.name) in REPEATED else 0
            assert file.duplicates == twice, file
        for file in source.lookups:
            assert file.records == counting.count(config.root / file.name), file


@pytest.mark.parametrize("name", ROWS)
def test_every_record_of_a_foreign_company_is_accounted_for(tmp_path: Path, name: str) -> None:
    report = Exports(tmp_path).example(name)
    assert {table: told.rows for table, told in report.tables.items()} == ROWS[name]
    assert_every_record_is_accounted_for(report, folded=("accounts",) if name == "relax" else ())
    assert_other_readers_count_alike(example_config(name), report)
    rules = {source.name: source.rules for table in report.tables.values() for source in table.sources if source.rules}
    assert rules == (DIRT if name == "cloud_dirty" else {})


def test_check_says_that_the_labels_of_ravenstack_disagree_and_which_rows_come_too_early() -> None:
    report = check(example_config("ravenstack"))
    assert report.ok
    told = "\n".join(report.findings)
    assert "544 of 599 churns fall on a day on which the account still had a subscription" in told
    assert "usage: 13,198 rows (52.8%) are from before their account started" in told
    assert "tickets: 1,077 rows (53.8%) are from before their account started" in told


def test_check_tells_every_problem_and_writes_nothing(exports_with_problems: Exports) -> None:
    before = sorted(path.name for path in exports_with_problems.folder.rglob("*"))
    report = check(load_config(exports_with_problems.folder / "config.yaml"))
    assert (report.ok, report.exit_code) == (False, 3)
    assert "has no column 'id'" in report.text()
    assert "no file matches 'tickets.csv'" in report.text()
    assert sorted(path.name for path in exports_with_problems.folder.rglob("*")) == before


@pytest.fixture
def exports_with_problems(tmp_path: Path) -> Exports:
    exports = Exports(tmp_path)
    exports.write("accounts.csv", "ident,name\n1,Ann\n")
    text = (
        "data_root: data\nsources:\n  accounts: {files: accounts.csv, columns: {account_id: id}}\n"
        "  tickets: {files: tickets.csv, columns: {account_id: a, ticket_id: t, occurred_at: x}}\n"
    )
    (tmp_path / "config.yaml").write_text(text)
    return exports

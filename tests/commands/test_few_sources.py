"""A company that tells no more than who its customers are and what they use: no owner, revenue, term or ticket."""

from __future__ import annotations

import email
import re
from email.policy import default
from pathlib import Path

import pandas as pd
import pytest

from tests.commands.command import Company
from tests.commands.small_company import write_company

CONFIG = """\
name: Few & Co
data_root: exports
calendar: {as_of: data, time_zone: UTC}
label: {kinds: [cancellation], horizon_days: 28, grace_days: 7}
model: {min_churns: 30}
sources:
  accounts: {files: accounts.csv, columns: {account_id: id}}
  subscriptions:
    files: subscriptions.csv
    columns: {subscription_id: id, account_id: account, started_at: start, ended_at: end}
  usage: {files: usage.csv, columns: {account_id: account, event: event, occurred_at: at}}
"""
UNTOLD = re.compile(r"\b(nan|NaT|None|null|renew\w*|ticket\w*|survey\w*|CSAT|NPS|revenue|seats?)\b", re.IGNORECASE)
"""Words that would speak of what this company never told."""


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Path:
    company = Company(tmp_path_factory.mktemp("few"))
    write_company(company.folder, CONFIG)
    # the last weeks of some customers are silent, so that there is somebody to tell of
    company.edit("usage.csv", lambda text: "".join(_quiet(text)))
    return Path(company.json("run")["path"])


def _quiet(text: str) -> list[str]:
    late = re.compile(r",a(1|2|3|4),.*,2026-0[67]-")
    return [line for line in text.splitlines(keepends=True) if not late.search(line)]


def test_a_company_of_few_sources_gets_its_lists(week: Path) -> None:
    listed = pd.read_csv(week / "at_risk.csv", dtype="string")
    assert {"a1", "a2", "a3", "a4"} <= set(listed["account_id"])
    whole = ["account_name", "owner", "health", "band", "reason_1", "play", "status", "weeks_listed", "coverage"]
    assert not listed[whole].isna().any(axis=None)


def test_no_reason_and_no_play_speaks_of_what_no_source_told(week: Path) -> None:
    listed = pd.read_csv(week / "at_risk.csv", dtype="string")
    sentences = listed[["reason_1", "reason_2", "reason_3", "play"]].stack().dropna()
    assert [text for text in sentences if UNTOLD.search(text)] == []
    for path in sorted((week / "digests").rglob("*.eml")):
        body = email.message_from_bytes(path.read_bytes(), policy=default).get_body(("plain",))
        assert body is not None
        words = body.get_content()
        assert "No contract tells when it ends" in words and "No renewal needs care" not in words
        assert UNTOLD.findall(words.partition("Renewals and notices")[0]) == []

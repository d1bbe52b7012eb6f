"""Two weeks of the demo: whoever left is counted alike in every place that tells of it."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.stages.remarks import accounts_of
from tests.commands.command import Company, holdfast

NOW = date(2026, 11, 16)
LIST = NOW - timedelta(weeks=13)
HORIZON, GRACE = timedelta(days=91), timedelta(days=30)
CONFIG = Path(__file__).parents[2] / "config.yaml"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The demo with the list of 13 weeks ago and this week's, by the rules of the scorecard."""
    folder = tmp_path_factory.mktemp("outcome")
    (folder / "config.yaml").write_text(CONFIG.read_text())
    made = Company(folder)
    assert holdfast("demo", folder, "--accounts", "200").returncode == 0
    for day in (LIST, NOW):
        made.json("publish", "--approve", "--as-of", day.isoformat())
    return made


@pytest.fixture(scope="module")
def week(company: Company) -> Path:
    return company.folder / "workspace" / "published" / NOW.isoformat()


@pytest.fixture(scope="module")
def manifest(week: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((week / "manifest.json").read_text())
    return loaded


@pytest.fixture(scope="module")
def then(company: Company) -> pd.DataFrame:
    """The scores of 13 weeks ago with the day on which each account's coverage ended, if it has."""
    workspace = company.folder / "workspace"
    scores = pd.read_parquet(workspace / "published" / LIST.isoformat() / "health_scores.parquet")
    rows = pd.read_parquet(workspace / "warehouse" / "subscriptions.parquet")
    ends = rows.sort_values(["occurred_at", "known_at"]).groupby("account_id")["ended_at"].last()
    return scores.assign(end=scores["account_id"].map(ends))


def gone(then: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Whose end lies within the horizon and long enough ago, and whose may still be taken up again."""
    ended = (then["end"] >= pd.Timestamp(LIST)) & (then["end"] < pd.Timestamp(LIST + HORIZON))
    over = then["end"] + GRACE <= pd.Timestamp(NOW)
    return ended & over, ended & ~over


def test_bands_and_lists_count_the_same_leavers_and_those_are_the_ends_of_coverage(
    manifest: dict[str, Any], then: pd.DataFrame
) -> None:
    left, ended = gone(then)
    assert left.any(), "else nothing is compared here"
    groups = {each["group"]: (each["left"], each["ended"]) for each in manifest["figures"]["realised"]}
    by_band = {band: (int(left[then["band"] == band].sum()), int(ended[then["band"] == band].sum())) for band in groups}
    assert {band: groups[band] for band in ("red", "amber", "green")} == {
        band: by_band[band] for band in ("red", "amber", "green")
    }
    became = {
        each["group"]: (each["left"], each["ended"]) for each in manifest["loop"]["became"] if each["weeks_ago"] == 13
    }
    assert (groups["listed"], groups["not listed"]) == (became["at risk"], became["not at risk"])
    everybody = (int(left.sum()), int(ended.sum()))
    for parts in (("red", "amber", "green"), ("listed", "not listed")):
        assert tuple(map(sum, zip(*(groups[name] for name in parts), strict=True))) == everybody
    for parts in (("at risk", "not at risk"), ("action list", "no action list")):
        assert tuple(map(sum, zip(*(became[name] for name in parts), strict=True))) == everybody


def test_the_portfolio_loses_those_who_left_those_who_may_come_back_and_those_who_had_given_notice(
    manifest: dict[str, Any], company: Company, then: pd.DataFrame
) -> None:
    left, ended = gone(then)
    published = company.folder / "workspace" / "published"
    noticed = set(pd.read_csv(published / LIST.isoformat() / "leaving.csv")["account_id"])
    noticed -= accounts_of(published / NOW.isoformat())
    assert noticed, "else nothing is told apart here"
    assert manifest["figures"]["lost"] == left.sum() + ended.sum() + len(noticed)


def test_the_page_says_those_numbers_and_what_is_not_counted(week: Path, manifest: dict[str, Any]) -> None:
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", (week / "site" / "outcome.html").read_text()))
    for each in manifest["figures"]["realised"]:
        name = {"listed": "On the at-risk list", "not listed": "Not on the at-risk list"}
        shown = name.get(each["group"], each["group"].capitalize())
        if each["accounts"]:
            assert re.search(rf"{shown} {each['accounts']} {each['left']} [^A-Za-z]+? {each['ended']} ", text)
    assert "ended less than 30 days ago may be taken up again" in text

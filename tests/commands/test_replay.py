"""What a replayed week may know, seen on a company that is large enough to learn from."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from tests.commands.command import Company

KNOWN_AFTER = timedelta(days=91 + 30)
"""Horizon and grace of the demo company: when what became of a cutoff's accounts is known."""


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """Five replayed weeks of a company that is large enough to learn from."""
    tmp_path = tmp_path_factory.mktemp("replayed")
    workspace = tmp_path / "workspace"
    demo = [sys.executable, "-m", "pipeline", "demo", "--accounts", "450", "--workspace", str(workspace)]
    subprocess.run(demo, check=True, capture_output=True)
    text = Path("config.yaml").read_text() + "\nmodel: {candidates: [logistic], min_churns: 20}\n"
    (tmp_path / "config.yaml").write_text(text)
    assert len(Company(tmp_path).json("replay", "--weeks", "5")["weeks"]) == 5
    return Company(tmp_path)


def test_a_replayed_week_is_scored_by_a_model_that_learned_only_what_was_known_then(replayed: Company) -> None:
    workspace, learned = replayed.folder / "workspace", {}
    for path in sorted((workspace / "published").glob("20*/manifest.json")):
        manifest = json.loads(path.read_text())
        learned[date.fromisoformat(manifest["as_of"])] = date.fromisoformat(manifest["model"]["version"][:10])
    assert len(set(learned.values())) == 2, "a model is trained every fourth week"
    assert [week for week, latest in learned.items() if latest + KNOWN_AFTER > week] == []


def test_who_is_no_customer_any_more_is_explained_in_the_last_week_that_knew_it(replayed: Company) -> None:
    weeks = sorted((replayed.folder / "workspace" / "published").glob("20*"))
    known = [set(pd.read_parquet(week / "health_scores.parquet")["account_id"]) for week in weeks]
    leaving = set(pd.read_csv(weeks[-1] / "leaving.csv")["account_id"])
    gone = min(set.union(*known) - known[-1] - leaving)
    last = max(week.name for week, accounts in zip(weeks, known, strict=True) if gone in accounts)
    result = replayed.run("explain", gone, "--as-of", weeks[-1].name)
    assert result.returncode == 2 and "Traceback" not in result.stderr
    assert f"the last published week that knows it is {last}" in " ".join(result.stderr.split())
    assert replayed.json("explain", gone, "--as-of", last)["account_id"] == gone


def test_a_replayed_week_is_explained_as_it_was_published(replayed: Company) -> None:
    week = sorted((replayed.folder / "workspace" / "published").glob("20*"))[2]
    shown = pd.read_parquet(week / "health_scores.parquet").iloc[0]
    told = replayed.json("explain", shown["account_id"], "--as-of", week.name)
    assert told["published"] == f"published/{week.name}"
    assert (told["model"], told["score"]) == (shown["model"], shown["score"])
    assert abs(60 + told["points_base"] + sum(told["points"].values()) - told["score"]) < 1e-6

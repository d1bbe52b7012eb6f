"""Another model takes over: trained on schedule, met at the gate, promoted, rolled back; and weeks that are held."""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path

import pandas as pd
import pytest

from tests.commands.command import Company, holdfast
from tests.commands.learning_company import write_learning_company

FIRST, NEXT, FRESH, STALE = "2026-01-05", "2026-01-12", "2026-02-02", "2026-05-04"

pytestmark = pytest.mark.xdist_group("succession")


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company whose first week was published by its first champion."""
    folder = tmp_path_factory.mktemp("learned")
    write_learning_company(folder)
    result = holdfast("run", folder, "--as-of", FIRST)
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture
def company(learned: Path, tmp_path: Path) -> Company:
    folder = tmp_path / "company"
    shutil.copytree(learned, folder, symlinks=True)
    return Company(folder)


def models(company: Company) -> Path:
    return company.folder / "workspace" / "models"


def manifest(company: Company, week: str = "latest") -> dict:
    return json.loads((company.folder / "workspace" / "published" / week / "manifest.json").read_text())


def nowhere(company: Company, secret: str) -> bool:
    files = [path for path in (company.folder / "workspace").rglob("*") if path.is_file()]
    return not [path for path in files if secret.encode() in path.read_bytes()]


def test_a_first_run_publishes_with_a_champion_its_training_beside_it_and_nothing_to_complain_of(company: Company):
    entry = json.loads((models(company) / "champion.json").read_text())
    assert (models(company) / entry["profile"]["file"]).exists()
    seen = manifest(company)["monitoring"]
    assert (seen["told"], seen["retrain"]["advised"], seen["approved"]) == ([], False, False)
    assert seen["inputs"]["features"] == 102


def test_f49_a_challenger_of_a_fresh_champion_is_refused_with_reasons_and_changes_nothing(
    company: Company, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "ada")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "hunter2")
    before = (models(company) / "champion.json").read_bytes()
    trained = company.json("train", "--as-of", FRESH)
    assert trained["challenger"]["gate"]["passed"] is False
    assert trained["benchmarks"] == {}, "only a backtest pays for what cannot be chosen"
    result = company.run("promote")
    assert result.returncode == 5
    assert "the champion is not stale" in result.stderr
    assert (models(company) / "champion.json").read_bytes() == before
    assert nowhere(company, "hunter2"), "f68: a secret of the environment stays there"


@pytest.mark.parametrize("fault", ["torn", "altered"])
def test_a_training_takes_the_place_of_a_champion_that_may_not_be_opened(company: Company, fault: str):
    entry = json.loads((models(company) / "champion.json").read_text())
    broken = models(company) / ("champion.json" if fault == "torn" else entry["file"])
    broken.write_bytes(broken.read_bytes()[:-9])
    assert company.run("run", "--as-of", NEXT).returncode == 5
    trained = company.json("train", "--as-of", FRESH)
    assert trained["challenger"] is None
    assert trained["champion"]["as_of"] == FRESH
    assert company.run("publish", "--as-of", FRESH).returncode == 0


def test_on_schedule_run_trains_a_challenger_and_a_person_promotes_it_and_takes_it_back(company: Company):
    before = (models(company) / "champion.json").read_bytes()
    first = json.loads(before)["version"]
    company.json("run", "--as-of", STALE)
    told = manifest(company)
    assert told["model"]["version"] == first, "the list is the champion's until somebody promotes"
    assert "17 weeks ago" in told["monitoring"]["retrain"]["reasons"][0]
    assert told["monitoring"]["retrain"]["trained"] is True
    waiting = json.loads((models(company) / "challenger.json").read_text())["version"]
    assert any(waiting in line and "holdfast promote" in line for line in told["monitoring"]["told"])
    assert waiting in company.run("status").stdout
    promoted = company.json("promote")
    assert promoted["champion"]["version"] == waiting != first
    assert company.json("rollback")["champion"]["version"] == first
    assert (models(company) / "champion.json").read_bytes() == before


def test_f61_with_the_tracking_server_down_run_trains_promotes_where_told_so_and_records_at_home(company: Company):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    more = f"tracking: {{uri: 'http://127.0.0.1:{port}'}}\n"
    company.configure(lambda text: text.replace("min_churns: 30", "min_churns: 30, promote: auto") + more)
    first = json.loads((models(company) / "champion.json").read_text())["version"]
    result = company.run("run", "--as-of", STALE, "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["new"] is True
    assert "could not be written to" in result.stderr
    assert "recorded in the workspace" in result.stderr
    entry = json.loads((models(company) / "champion.json").read_text())
    assert entry["tracked_in"] == "workspace"
    assert entry["run_id"]
    assert manifest(company)["model"]["version"] == entry["version"] != first


def test_f68_a_password_in_the_tracking_address_is_refused_and_told_nowhere(company: Company):
    company.configure(lambda text: text + "tracking: {uri: 'https://ada:hunter2@mlflow.example.com'}\n")
    result = company.run("run")
    assert result.returncode == 2
    assert "MLFLOW_TRACKING_PASSWORD" in result.stderr
    assert "hunter2" not in result.stderr + result.stdout
    assert nowhere(company, "hunter2")


def test_f42_a_week_in_which_many_change_band_is_held_until_a_person_approves_it(company: Company):
    def everybody_looks_at_bills(text: str) -> str:
        lines = text.splitlines(keepends=True)
        return "".join(
            line.replace(",login,", ",billing,") if ",2025-12-" in line or ",2026-01-0" in line else line
            for line in lines
        )

    before = company.published()
    company.edit("usage.csv", everybody_looks_at_bills)
    result = company.run("run", "--as-of", NEXT)
    assert result.returncode == 4
    assert "changed band since 2026-01-05" in result.stderr
    assert "holdfast publish --approve" in result.stderr
    assert company.published() == before
    held = company.folder / "workspace" / "held" / NEXT
    assert pd.read_csv(held / "health_scores.csv")["band"].eq("red").mean() > 0.5
    assert company.json("publish", "--approve", "--as-of", NEXT)["new"] is True
    assert manifest(company)["monitoring"]["approved"] is True
    assert not held.exists()


def test_f44_inputs_far_from_training_warn_and_hold_where_the_configuration_says_so(company: Company):
    company.configure(lambda text: text + "monitor: {drift: hold, band_change: 1}\n")
    company.edit("usage.csv", lambda text: text.replace(",login,", ",billing,"))
    result = company.run("run", "--as-of", NEXT)
    assert result.returncode == 4
    assert "shifted far since training" in result.stderr
    assert "billing" in result.stderr
    company.configure(lambda text: text.replace("drift: hold", "drift: warn"))
    assert company.run("run", "--as-of", NEXT).returncode == 0
    assert any("Inputs have shifted" in line for line in manifest(company)["monitoring"]["told"])


def test_f64_a_training_profile_that_was_altered_is_told_and_stops_nothing(company: Company):
    profile = next(models(company).glob("*.profile.json"))
    profile.write_text(profile.read_text().replace("0.1", "0.2"))
    result = company.run("run", "--as-of", NEXT)
    assert result.returncode == 0
    assert "not as it was written" in result.stderr
    assert manifest(company)["monitoring"]["inputs"] is None


def test_lists_that_came_due_are_held_against_what_happened(company: Company):
    company.json("publish", "--as-of", STALE)
    outcomes = pd.DataFrame(manifest(company)["monitoring"]["outcomes"])
    assert set(outcomes["group"]) == {"red", "amber", "green", "listed", "not listed"}
    scores = pd.read_csv(company.folder / "workspace" / "published" / FIRST / "health_scores.csv")
    ends = pd.read_csv(company.exports / "subscriptions.csv", parse_dates=["end"]).set_index("account")["end"]
    left = scores["account_id"].map(ends).between("2026-01-05", "2026-02-01")
    told = outcomes.set_index("group")
    for band in ("red", "amber", "green"):
        mine = scores["band"] == band
        assert (told.loc[band, "accounts"], told.loc[band, "left"]) == (mine.sum(), (mine & left).sum())
        assert told.loc[band, "expected"] == pytest.approx(scores.loc[mine, "churn_probability"].sum())

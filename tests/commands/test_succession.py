"""Another model takes over: trained on schedule, met at the gate, promoted, rolled back; and weeks that are held."""

from __future__ import annotations

import json
import re
import shutil
import socket
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from mlflow.tracking import MlflowClient

from models.registry import load_model
from pipeline.commands.week import run_all
from pipeline.config import load_config
from pipeline.stages.champion import champion
from pipeline.stages.context import Run
from pipeline.stages.judge import judge
from pipeline.stages.progress import Terminal
from pipeline.stages.promote import back, promote
from pipeline.stages.read import read
from pipeline.stages.tabulate import tabulate
from pipeline.stages.untouched import calibration_of
from pipeline.stages.watch import to_recalibrate, watch, weeks_come_due
from pipeline.warehouse import Workspace
from tests.commands.command import Company, holdfast
from tests.commands.learning_company import write_learning_company
from tests.commands.test_erase import texts

FIRST, NEXT, LATER, FRESH, DUE = "2026-01-05", "2026-01-12", "2026-01-19", "2026-02-02", "2026-02-09"
NEWER, STALE = "2026-03-09", "2026-05-04"

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


def aliases(company: Company) -> dict[str, int]:
    """The registered version that MLflow calls champion, and challenger."""
    store = f"sqlite:///{company.folder / 'workspace' / 'mlflow' / 'mlflow.db'}"
    (model,) = MlflowClient(store, store).search_registered_models()
    return {name: int(version) for name, version in model.aliases.items()}


def in_process(company: Company) -> Run:
    """The company's run without a process of its own."""
    return Run(load_config(company.folder / "config.yaml"), Workspace(company.folder / "workspace"), Terminal())


def waits(company: Company, **more: object) -> None:
    """Let another model wait as if the gate had let it through."""
    held = json.loads((models(company) / "champion.json").read_text())
    entry = {**held, "gate": {"passed": True, "against": held["version"], "checks": []}, **more}
    (models(company) / "challenger.json").write_text(json.dumps(entry))


def nowhere(company: Company, secret: str) -> bool:
    files = [path for path in (company.folder / "workspace").rglob("*") if path.is_file()]
    return not [path for path in files if secret.encode() in path.read_bytes()]


def test_f70_no_model_and_no_training_keeps_a_row_of_any_account(learned: Path) -> None:
    accounts, workspace = re.compile(r"(?<![\w-])a\d{1,3}(?![\w-])"), learned / "workspace"
    files = [path for name in ("models", "mlflow") for path in (workspace / name).rglob("*") if path.is_file()]
    assert any(path.suffix == ".skops" for path in files) and workspace / "mlflow" / "mlflow.db" in files
    # a picture is no text, and what is packed with a model is the program
    looked = [path for path in files if path.suffix != ".png" and "code" not in path.parts]
    assert [str(path) for path in looked for text in texts(path) if accounts.search(text)] == []
    scores = workspace / "published" / FIRST / "health_scores.parquet"
    assert any(accounts.search(text) for text in texts(scores)), "they would be found"


def test_a_first_run_publishes_with_a_champion_its_training_beside_it_and_nothing_to_complain_of(company: Company):
    entry = json.loads((models(company) / "champion.json").read_text())
    assert (models(company) / entry["profile"]["file"]).exists()
    seen = manifest(company)["monitoring"]
    assert (seen["told"], seen["retrain"]["advised"], seen["approved"]) == ([], False, False)
    assert seen["inputs"]["features"] == 103


def test_a_training_keeps_its_learning_curve_beside_the_other_plots(company: Company):
    entry = json.loads((models(company) / "champion.json").read_text())
    store = f"sqlite:///{company.folder / 'workspace' / 'mlflow' / 'mlflow.db'}"
    plots = {Path(each.path).stem for each in MlflowClient(store, store).list_artifacts(entry["run_id"], "plots")}
    assert {"reliability", "gains", "lift", "precision_recall", "segments", "learning_curve", "importance"} <= plots


def test_f49_a_challenger_of_a_fresh_champion_is_refused_with_reasons_and_changes_nothing(
    company: Company, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "ada")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "hunter2")
    before = (models(company) / "champion.json").read_bytes()
    trained = company.json("train", "--as-of", NEWER)
    assert trained["challenger"]["gate"]["passed"] is False
    assert trained["benchmarks"] == {}, "only a backtest pays for what cannot be chosen"
    result = company.run("promote")
    assert result.returncode == 5
    assert "the champion is not stale" in result.stderr
    assert (models(company) / "champion.json").read_bytes() == before
    assert nowhere(company, "hunter2"), "f68: a secret of the environment stays there"


def test_a_training_that_comes_to_the_champion_again_makes_no_challenger_and_says_that_nothing_is_new(company: Company):
    before = {path.name: path.read_bytes() for path in models(company).glob("champion*")}
    trained = company.run("train", "--as-of", FIRST)
    assert trained.returncode == 0, trained.stderr
    assert "Nothing is new" in trained.stdout and "Challenger" not in trained.stdout
    assert not (models(company) / "challenger.json").exists()
    assert {path.name: path.read_bytes() for path in models(company).glob("champion*")} == before
    assert aliases(company) == {"champion": 1}


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
    page = (company.folder / "workspace" / "published" / "latest" / "site" / "model.html").read_text()
    assert f"In use: {first}" in page and "of the last training, which came to another" not in page
    assert "The lists it would have published" in page
    assert any(waiting in line and "holdfast promote" in line for line in told["monitoring"]["told"])
    assert waiting in company.run("status").stdout
    assert aliases(company) == {"champion": 1, "challenger": 2}
    assert company.run("promote").returncode == company.run("promote", "--reason", " ").returncode == 5
    promoted = company.json("promote", "--reason", "newer data")
    assert promoted["champion"]["version"] == waiting != first
    assert aliases(company) == {"champion": 2}
    assert company.json("rollback")["champion"]["version"] == first
    assert (models(company) / "champion.json").read_bytes() == before
    assert aliases(company) == {"champion": 1, "challenger": 2}


def test_where_the_scorecard_takes_over_no_registered_model_is_called_champion_until_a_rollback(company: Company):
    assert aliases(company) == {"champion": 1}
    waits(company, version="scorecard", file=None, name="scorecard", registered_version=None)
    run = in_process(company)
    assert promote(run)["version"] == "scorecard"
    assert not (models(company) / "champion.json").exists()
    assert aliases(company) == {}
    back(run)
    assert aliases(company) == {"champion": 1}


def leave_after_the_first_week(company: Company, count: int) -> int:
    """Let so many of those whom nobody listed leave at once; how many had been listed."""
    scores = pd.read_parquet(company.folder / "workspace" / "published" / FIRST / "health_scores.parquet")
    listed = (scores["weeks_listed"] > 0) | scores["assigned"]
    gone = scores.loc[~listed, "account_id"].head(count)
    path = company.exports / "subscriptions.csv"
    rows = pd.read_csv(path, dtype="string", keep_default_na=False)
    rows.loc[rows["account"].isin(gone), "end"] = "2026-01-20"
    rows.to_csv(path, index=False)
    return int(listed.sum())


@pytest.mark.parametrize(("asked", "count"), [("advise", 25), ("challenger", 25), ("challenger", 5)])
def test_probabilities_that_did_not_come_true_among_the_untouched_are_told_with_figures_and_advice(
    company: Company, asked: str, count: int
):
    company.configure(lambda text: text.replace("min_churns: 30", f"min_churns: 30, recalibrate: {asked}"))
    listed = leave_after_the_first_week(company, count)
    run, cutoff = in_process(company), date.fromisoformat(DUE)
    read(run)
    found = watch(run, judge(run, tabulate(run, [cutoff]), cutoff, champion(run, cutoff)))
    assert found.calibration.left_out == listed > 0
    (told,) = [line for line in found.told() if "untouched accounts of 2026-01-05 left" in line]
    assert ("'model: {recalibrate: challenger}'" in told) is (asked == "advise")
    assert ("10 churns are needed to calibrate anew" in told) is (count < 10)
    assert (to_recalibrate(run, found) is not None) is (asked == "challenger" and count >= 10)


def test_who_is_contacted_in_a_later_week_tells_until_then_and_who_had_given_notice_by_then_tells_all(company: Company):
    leave_after_the_first_week(company, 25)
    run, cutoff = in_process(company), date.fromisoformat(DUE)
    read(run)
    before = calibration_of(run, weeks_come_due(run, cutoff), cutoff)
    published, log = company.folder / "workspace" / "published", "health_scores.parquet"
    shutil.copytree(published / FIRST, published / NEXT)
    scores = pd.read_parquet(published / FIRST / log)
    alone = scores.loc[~((scores["weeks_listed"] > 0) | scores["assigned"]), "account_id"]
    called = scores["account_id"].isin([alone.iloc[0], alone.iloc[-1]])
    scores.assign(weeks_listed=0, assigned=False, contacted=called).to_parquet(published / NEXT / log)
    seen = calibration_of(run, weeks_come_due(run, cutoff)[:1], cutoff)
    assert (before.left_out, before.touched_later) == (seen.left_out, 0)
    assert (seen.touched_later, before.churns - seen.churns) == (2, 1), "one of the two left after the call"
    path = run.table_paths()["subscriptions"]
    told = pd.read_parquet(path)
    first = told["account_id"] == alone.iloc[0]
    told.assign(cancel_requested_at=pd.Series(pd.Timestamp("2026-01-07"), told.index).where(first)).to_parquet(path)
    after = calibration_of(run, weeks_come_due(run, cutoff)[:1], cutoff)
    assert (after.touched_later, after.churns) == (1, before.churns), "a call after the notice changes nothing of it"


def test_a_run_calibrates_the_champion_anew_where_told_so_and_the_gate_lets_it_score(company: Company):
    more = "min_churns: 30, recalibrate: challenger, promote: auto"
    # that most bands change is what this is about, and would be held for a person
    company.configure(lambda text: text.replace("min_churns: 30", more) + "monitor: {band_change: 1}\n")
    leave_after_the_first_week(company, 25)
    before = json.loads((models(company) / "champion.json").read_text())
    scale = (models(company) / "scale.json").read_bytes()
    told = run_all(replace(in_process(company), as_of=date.fromisoformat(DUE))).data["monitoring"]
    entry = json.loads((models(company) / "champion.json").read_text())
    assert entry["recalibrated"] == {"from": before["version"], "untouched_of": FIRST}
    assert entry["version"] == manifest(company)["model"]["version"] != before["version"]
    assert (entry["registered_version"], aliases(company)) == (2, {"champion": 2})
    assert told["calibration"]["needed"] and not told["retrain"]["advised"]
    assert (models(company) / "scale.json").read_bytes() == scale
    old, new = (load_model(models(company), each) for each in (before, entry))
    assert new.scale == old.scale
    assert new.calibration.b > old.calibration.b + 1
    scores = pd.read_parquet(company.folder / "workspace" / "published" / DUE / "health_scores.parquet")
    assert scores["churn_probability"].median() > 0.1


def test_f61_with_the_tracking_server_down_run_trains_and_records_at_home_and_a_person_promotes(company: Company):
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
    assert manifest(company)["model"]["version"] == first, "what is unproven is promoted by no setting"
    waiting = json.loads((models(company) / "challenger.json").read_text())
    assert waiting["gate"]["unproven"] and waiting["tracked_in"] == "workspace" and waiting["run_id"]
    assert "'holdfast promote --reason WHY'" in manifest(company)["monitoring"]["challenger"]
    promoted = company.json("promote", "--reason", "newer data")["champion"]
    assert (promoted["version"], promoted["let_through"]) == (waiting["version"], "newer data")


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
    later = company.run("run", "--as-of", LATER)
    assert "changed band since 2026-01-05" in later.stderr, "that nobody answered is no leave to publish"
    assert company.published() == before
    company.run("run", "--as-of", NEXT)
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
        expected = scores.loc[mine, "churn_probability"].sum(min_count=1)
        assert told.loc[band, "expected"] == pytest.approx(expected, nan_ok=True), "of nobody nothing is expected"
    assert told.loc[["red", "amber", "green"], "expected"].notna().any()

"""The real backtest on real files: what it tells, and that it goes on where it was killed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mlflow.tracking import MlflowClient

from pipeline.config import load_config
from pipeline.stages.context import Run
from pipeline.stages.learn import training_panel, weekly_panel
from pipeline.stages.progress import Terminal
from pipeline.stages.tabulate import FeatureSet, tabulate
from pipeline.warehouse import Workspace
from tests.commands.command import Company
from tests.commands.leaving_company import write_leaving_company

pytestmark = pytest.mark.xdist_group("backtest")

BENCHMARKS = {"hist_gradient_boosting", "random_forest"}


@pytest.fixture(scope="module")
def leaving(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The company with its features, and no fit yet."""
    company = Company(tmp_path_factory.mktemp("leaving"))
    write_leaving_company(company.folder / "made")
    shutil.copytree(company.folder / "made", company.folder, dirs_exist_ok=True)
    company.json("features")
    return company


@pytest.fixture(scope="module")
def whole(leaving: Company, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A backtest that nothing interrupted, with its learning curve."""
    company = copy_of(leaving, tmp_path_factory.mktemp("whole"))
    return {**company.json("backtest", "--learning-curve"), "folder": company.folder}


def copy_of(company: Company, folder: Path) -> Company:
    shutil.copytree(company.folder, folder, dirs_exist_ok=True)
    return Company(folder)


def test_f57_a_killed_backtest_goes_on_where_it_stopped_and_says_the_same(
    leaving: Company, whole: dict[str, Any], tmp_path: Path
) -> None:
    company = copy_of(leaving, tmp_path / "killed")
    fits = company.folder / "workspace" / "warehouse" / "fits"
    where = ("--config", str(company.folder / "config.yaml"), "--workspace", str(company.folder / "workspace"))
    process = subprocess.Popen([sys.executable, "-m", "pipeline", "backtest", *where], stderr=subprocess.DEVNULL)
    while process.poll() is None and not list(fits.glob("*.npz")):
        time.sleep(0.01)
    process.kill()
    process.wait()
    kept = {path.name: path.stat().st_ino for path in fits.glob("*.npz")}
    assert 0 < len(kept) < 6, "it was to be killed after the first fits and before the last"
    again = company.run("backtest", "--learning-curve", "--json")
    assert f"{len(kept)} fits of an earlier run" in again.stderr
    assert {name: (fits / name).stat().st_ino for name in kept} == kept, "kept fits are not made again"
    seconds = ("stages", "tracked", "folder")  # how long each stage took and where it is recorded differ
    told, expected = (
        {key: each[key] for key in each if key not in seconds} for each in (json.loads(again.stdout), whole)
    )
    assert told == expected


def test_of_more_rows_than_can_be_held_a_part_of_the_accounts_is_read_and_lists_are_of_all_in_fewer_weeks(
    leaving: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = copy_of(leaving, tmp_path / "large")
    config, workspace = load_config(company.folder / "config.yaml"), Workspace(company.folder / "workspace")
    model = config.model.model_copy(update={"max_rows": 200})
    run, small = (Run(each, workspace, Terminal()) for each in (config, config.model_copy(update={"model": model})))
    as_of = run.cutoff()
    found, read = tabulate(run, run.grid(as_of)), []
    whole, weeks = training_panel(run, found, as_of), run.grid(as_of)
    at = FeatureSet.features_at
    monkeypatch.setattr(FeatureSet, "features_at", lambda *asked: read.append(at(*asked)) or read[-1])
    part, lists = training_panel(small, found, as_of), weekly_panel(small, found, as_of, weeks)
    assert len(read[0]) == len(part) < 600 < len(whole), "what is left out is not read"
    assert (part.cutoffs, part.drawn_from, whole.drawn_from) == (whole.cutoffs, whole.accounts, None)
    known = whole.take(np.isin(whole.account_id, part.account_id))
    assert replace(part, drawn_from=None).digest() == known.digest()
    assert len(found.features_at(weeks, ["tenure_days"], [])) == 0, (
        "where no answer is known yet, no account is asked for"
    )
    assert lists.rows_by_cutoff.items() < whole.rows_by_cutoff.items() and lists.cutoffs[-1] == whole.cutoffs[-1]


def test_a_backtest_is_a_run_with_every_plot_and_its_benchmarks_and_registers_no_model(whole: dict[str, Any]) -> None:
    store = f"sqlite:///{whole['folder'] / 'workspace' / 'mlflow' / 'mlflow.db'}"
    client = MlflowClient(store, store)
    run = client.get_run(whole["tracked"]["run_id"])
    assert (run.info.status, run.data.tags["kind"]) == ("FINISHED", "backtest")
    assert {f"{name}.auc" for name in BENCHMARKS} <= set(run.data.metrics)
    plots = {Path(each.path).stem for each in client.list_artifacts(run.info.run_id, "plots")}
    assert {"reliability", "gains", "lift", "precision_recall", "segments", "learning_curve", "importance"} <= plots
    assert client.search_registered_models() == []
    assert not (whole["folder"] / "workspace" / "models" / "champion.json").exists()


def test_the_list_is_measured_beside_a_plain_ranking_of_the_same_length(whole: dict[str, Any]) -> None:
    policy = whole["policy"]
    assert "5 rows for each manager" in policy["simulated"]
    for part in (policy["test"], policy["validated"]):
        assert 0 < part["listed"] <= 15, "three managers with five rows each"
        for side in ("published", "plain", "difference"):
            assert set(part[side]) == {"precision", "recall", "lift", "revenue_caught"}
            assert all({"value", "low", "high"} <= set(each) for each in part[side].values())
    assert policy["validated"]["published"]["lift"]["value"] > 1
    assert "called that day, and then rested for 14 days" in policy["simulated"]
    assert 0 < policy["resting"] < policy["eligible"]
    listed, followed = (policy[part]["published"]["recall"]["value"] for part in ("test", "followed"))
    assert listed < followed, "who rests after a call is on no list and not overlooked"
    lead = policy["lead_time"]
    assert 0 < lead["listed"] <= lead["churns"]
    assert lead["lower_quartile_days"] <= lead["median_days"] <= lead["upper_quartile_days"]
    assert 0 <= policy["stability"]["kept"] <= 1


def test_every_kind_of_segment_is_there_and_each_holds_distinct_churns(whole: dict[str, Any]) -> None:
    found = whole["segments"]
    assert {each["by"] for each in found} == {"size", "plan", "segment", "tenure", "region"}
    plans = [each for each in found if each["by"] == "plan"]
    assert [each["segment"] for each in plans] == ["plan 0", "plan 1"]
    assert sum(each["churns"] for each in plans) <= whole["training"]["churns"]


def test_what_is_needed_is_told_with_the_weeks_that_it_takes(whole: dict[str, Any]) -> None:
    needed = {each["name"]: each for each in whole["minimums"]}
    churns = needed["distinct churns"]
    assert (churns["have"], churns["need"], churns["weeks_more"]) == (whole["training"]["churns"], 20, 0)
    missing = needed["distinct churns in the last fold"]
    assert missing["have"] == whole["churns"] < missing["need"] == 50
    assert missing["weeks_more"] > 0 and whole["churns_per_week"] > 0


def test_unseen_accounts_and_less_data_are_asked_about_too(whole: dict[str, Any]) -> None:
    memory, curve = whole["account_disjoint"], whole["learning_curve"]
    assert memory["model"] in whole["models"] and "accounts it never saw" in memory["told"]
    churns = [point["churns"] for point in curve["by_churns"]]
    assert churns == sorted(churns) and len(churns) == 4
    assert curve["by_history"][-1]["auc"] == curve["by_churns"][-1]["auc"], "both end at all there is"


def test_the_text_fits_a_screen_and_says_what_was_tested_and_what_is_missing(leaving: Company, tmp_path: Path) -> None:
    company = copy_of(leaving, tmp_path / "text")
    company.configure(lambda text: text.replace("model: {", "model: {benchmarks: [], "))
    text = company.run("backtest").stdout
    assert not any(name in text for name in BENCHMARKS), "where they are left out nobody waits for them"
    assert text.startswith("Grade ")
    for words in ("Tested once", "The published list", "Missing for certainty", "Brackets hold 95 %"):
        assert words in text
    assert len(text.splitlines()) < 40


def test_benchmarks_are_measured_as_the_models_are(whole: dict[str, Any]) -> None:
    assert set(whole["benchmarks"]) == BENCHMARKS
    assert all(set(each) == set(whole["models"]["logistic"]) for each in whole["benchmarks"].values())
    assert whole["chosen"] not in BENCHMARKS


def test_too_few_churns_are_answered_with_the_weeks_that_are_missing(leaving: Company, tmp_path: Path) -> None:
    company = copy_of(leaving, tmp_path / "few")
    company.configure(lambda text: text.replace("min_churns: 20", "min_churns: 60"))
    told = company.json("backtest")
    assert told["chosen"] == "scorecard"
    assert "60" in told["grade_reason"] and "more weeks at the present rate" in told["grade_reason"]
    short = next(each for each in told["minimums"] if each["name"] == "distinct churns")
    assert not short["enough"] and short["weeks_more"] > 0

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import mlflow
import pandas as pd
import pytest
import yaml

from models.panel import Panel
from models.tracking import MODEL_NAME, Tracking, without_secrets
from models.train import Trained
from tests.models.worlds import SETTINGS

pytestmark = pytest.mark.xdist_group("tracking")


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory, trained: Trained, panel: Panel) -> tuple[Tracking, dict, Path]:
    elsewhere, home = tmp_path_factory.mktemp("cwd"), tmp_path_factory.mktemp("workspace") / "mlflow"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(elsewhere)
        tracking = Tracking(home, "Acme & Söhne / test")
        found = tracking.log(
            trained, panel, SETTINGS, {"name": "acme", "database": {"password": "hunter2"}}, {"as_of": "x"}
        )
    return tracking, found, elsewhere


def test_nothing_is_written_where_the_command_was_started(logged):
    assert list(logged[2].iterdir()) == []


def test_a_training_is_a_finished_run_with_metrics_folds_card_plot_and_configuration(logged, trained):
    tracking, found, _ = logged
    run = tracking.client.get_run(found["run_id"])
    assert run.info.status == "FINISHED"
    assert run.data.params["horizon_days"] == "28"
    assert run.data.tags["grade"] == trained.backtest.grade
    assert run.data.metrics["logistic.auc"] == pytest.approx(trained.backtest.models["logistic"]["auc"].value)
    assert {"logistic.auc.low", "fold.logistic.auc", "best_single_feature.log_loss"} <= set(run.data.metrics)
    names = {item.path for item in tracking.client.list_artifacts(found["run_id"])}
    assert {"model_card.md", "reliability.png", "backtest.json", "config.json", "features.json"} <= names


def test_no_secret_reaches_the_store(logged):
    tracking = logged[0]
    found = [path for path in tracking.home.rglob("*") if path.is_file() and b"hunter2" in path.read_bytes()]
    assert found == []


def test_the_registered_champion_serves_the_same_scores_and_reasons(logged, trained, panel):
    tracking, found, _ = logged
    version = tracking.client.get_model_version_by_alias(MODEL_NAME, "champion")
    assert int(version.version) == found["registered_version"]
    mlflow.set_tracking_uri(tracking.uri)
    served = mlflow.pyfunc.load_model(f"models:/{MODEL_NAME}@champion").predict(panel.X.head(20))
    own = trained.model.score(panel.X.head(20))
    pd.testing.assert_frame_equal(served[list(own.columns)], own, check_dtype=False)
    assert (served["reason_1"] != "").any()


def test_the_logged_model_pins_the_libraries_and_holds_no_pickle_and_no_rows(logged):
    folder = next(logged[0].home.rglob("MLmodel")).parent
    assert yaml.safe_load((folder / "MLmodel").read_text())["flavors"]["python_function"]["loader_module"]
    assert "lightgbm==" in (folder / "requirements.txt").read_text()
    assert not [
        path.name for path in folder.rglob("*") if path.suffix in (".pkl", ".cloudpickle") or "example" in path.name
    ]


def test_a_training_that_fails_ends_its_run_failed(tmp_path):
    tracking = Tracking(tmp_path / "mlflow")
    with pytest.raises(RuntimeError), tracking.run("doomed") as run:
        raise RuntimeError("out of luck")
    assert tracking.client.get_run(run.run_id).info.status == "FAILED"


def test_a_run_that_a_dead_process_left_open_is_ended_by_the_next(tmp_path):
    tracking = Tracking(tmp_path / "mlflow")
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        dead.wait()
    with tracking.run("alive") as alive:
        left = tracking.client.create_run(
            tracking.client.get_run(alive.run_id).info.experiment_id,
            tags={"holdfast.process": f"{socket.gethostname()}:{dead.pid}"},
        )
        assert tracking.end_orphans() == [left.info.run_id]
        assert tracking.client.get_run(alive.run_id).info.status == "RUNNING"
    assert tracking.client.get_run(left.info.run_id).info.status == "FAILED"


def test_secrets_are_hidden_by_key_and_in_addresses():
    told = without_secrets({"a": [{"api_key": 1}], "url": "postgresql://u:pw@h/db", "days": 30})
    assert told == {"a": [{"api_key": "hidden"}], "url": "postgresql://u:hidden@h/db", "days": 30}

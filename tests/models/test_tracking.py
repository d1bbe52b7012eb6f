from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import mlflow
import pandas as pd
import pytest
import yaml
from mlflow.entities import Run

from models.panel import Panel
from models.provenance import Input, Provenance, Served
from models.record import Record
from models.redact import redacted, without_secrets
from models.tracking import MODEL_NAME, Tracking, TrackingError
from models.train import Trained
from models.tuning import Trial
from pipeline.stages.register import PIPELINE, serving_files
from tests.models.worlds import SETTINGS

pytestmark = pytest.mark.xdist_group("tracking")

CATALOG = [{"name": "f0", "measure": "f0", "dimension": "support", "source": "tickets", "reason": "f0 is {value}",
            "direction": 1}]  # fmt: skip
SERVED = Served(PIPELINE / "serving.py", serving_files(), {"catalog": CATALOG})


def tuned(trained: Trained) -> Trained:
    """The same training, as if two trials had chosen LightGBM's parameters in the first fold."""
    assert trained.backtest is not None
    trials = [Trial(number, {"leaves": 15}, 0.3, "complete", (0.3,), 0.1).to_dict() for number in (0, 1)]
    first, *rest = trained.backtest.folds
    scores = {**first["scores"], "lightgbm": {**first["scores"].get("lightgbm", {}), "trials": trials}}
    return replace(trained, backtest=replace(trained.backtest, folds=({**first, "scores": scores}, *rest)))


def record_of(trained: Trained, panel: Panel, **more: object) -> Record:
    known = {
        "config": {"name": "acme", "database": {"password": "hunter2"}},
        "tags": {"as_of": "2024-01-01", "engine": "duckdb"},
        "label": {"kinds": ["cancellation"]},
        "inputs": [Input("usage", "a" * 64, 120, "2023-01-01", "2024-01-01")],
        "catalog": CATALOG,
        "snapshot_columns": ["accounts.employees"],
        "served": SERVED,
    }
    return Record(trained, panel, SETTINGS, Provenance(**{**known, **more}))


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory, trained: Trained, panel: Panel) -> tuple[Tracking, dict, Path]:
    elsewhere, home = tmp_path_factory.mktemp("cwd"), tmp_path_factory.mktemp("workspace") / "mlflow"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(elsewhere)
        tracking = Tracking(home, "Acme & Söhne / test")
        found = tracking.log(record_of(tuned(trained), panel))
    return tracking, found, elsewhere


def below(tracking: Tracking, parent: str) -> list[Run]:
    experiment = tracking.client.get_run(parent).info.experiment_id
    return tracking.client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{parent}'")


def test_nothing_is_written_where_the_command_was_started(logged):
    assert list(logged[2].iterdir()) == []


def test_a_training_is_a_finished_run_with_metrics_card_plots_features_and_configuration(logged, trained, panel):
    tracking, found, _ = logged
    run = tracking.client.get_run(found["run_id"])
    assert run.info.status == "FINISHED"
    assert (run.data.params["horizon_days"], run.data.params["rows"]) == ("28", str(len(panel)))
    assert run.data.tags["grade"] == trained.backtest.grade
    assert {"as_of", "engine", "horizon_days", "panel_hash", "registered_version"} <= set(run.data.tags)
    assert run.data.metrics["logistic.auc"] == pytest.approx(trained.backtest.models["logistic"]["auc"].value)
    assert (
        run.data.metrics["logistic.auc.low"] < run.data.metrics["logistic.auc"] < run.data.metrics["logistic.auc.high"]
    )
    names = {item.path for part in ("", "plots") for item in tracking.client.list_artifacts(found["run_id"], part)}
    assert {"model_card.md", "model_card.html", "backtest.json", "config.json", "features.json", "inputs.json"} <= names
    assert {f"plots/{name}.png" for name in ("reliability", "gains", "lift", "precision_recall", "importance")} <= names


def test_folds_and_trials_are_runs_below_their_training(logged, trained):
    tracking, found, _ = logged
    runs = {run.info.run_name: run for run in below(tracking, found["run_id"])}
    assert set(runs) == {f"fold {n}" for n in range(1, len(trained.backtest.folds) + 1)}
    assert runs["fold 1"].data.metrics["logistic.auc"] == trained.backtest.folds[0]["scores"]["logistic"]["auc"]
    assert runs["fold 1"].data.params["train.churns"] == str(trained.backtest.folds[0]["train"]["churns"])
    trials = below(tracking, runs["fold 1"].info.run_id)
    assert sorted(run.info.run_name for run in trials) == ["lightgbm trial 0", "lightgbm trial 1"]
    assert (trials[0].data.params["leaves"], trials[0].data.metrics["log_loss"]) == ("15", 0.3)
    assert {run.info.status for run in [*runs.values(), *trials]} == {"FINISHED"}


def test_a_training_names_the_tables_it_learned_from_with_hash_rows_and_span(logged, panel):
    tracking, found, _ = logged
    inputs = tracking.client.get_run(found["run_id"]).inputs.dataset_inputs
    told = {each.dataset.name: each.dataset for each in inputs}
    assert set(told) == {"usage", "panel"}
    assert json.loads(told["usage"].profile) == {"rows": "120", "first": "2023-01-01", "last": "2024-01-01"}
    assert panel.digest().startswith(told["panel"].digest)


def test_the_card_tells_data_label_folds_grade_calibration_and_limits_and_the_page_asks_for_nothing(logged):
    tracking, found, _ = logged
    folder = Path(tracking.client.download_artifacts(found["run_id"], ""))
    text, page = (folder / "model_card.md").read_text(), (folder / "model_card.html").read_text()
    for title in ("Label", "Data", "Evidence", "Folds", "Calibration", "Features", "Limits"):
        assert f"## {title}" in text
    assert "accounts.employees" in text
    assert "| usage | 120 | 2023-01-01 |" in text
    assert page.count('src="data:image/png;base64,') == 5
    assert "plots/" not in page
    assert "<table>" in page


def test_no_secret_reaches_the_store(logged):
    tracking = logged[0]
    found = [path for path in tracking.home.rglob("*") if path.is_file() and b"hunter2" in path.read_bytes()]
    assert found == []


SERVE = """
import json, sys, mlflow, pandas as pd
mlflow.set_tracking_uri(sys.argv[1]); mlflow.set_registry_uri(sys.argv[1])
X = pd.read_json(sys.argv[3], orient="split", dtype=False)
X = X.astype({name: float for name in X if name != "region"})
served = mlflow.pyfunc.load_model(sys.argv[2]).predict(X)
import pipeline, models
served.to_json(sys.argv[4], orient="split")
print(pipeline.__file__)
"""


def test_the_champion_serves_in_a_fresh_process_from_the_feature_columns_alone(logged, trained, panel, tmp_path):
    tracking, found, _ = logged
    version = tracking.client.get_model_version_by_alias(MODEL_NAME, "champion")
    assert int(version.version) == found["registered_version"]
    X = panel.X.head(40)
    X.to_json(tmp_path / "in.json", orient="split", index=False)
    command = [sys.executable, "-c", SERVE, tracking.uri, f"models:/{MODEL_NAME}@champion"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    result = subprocess.run(
        [*command, str(tmp_path / "in.json"), str(tmp_path / "out.json")],
        capture_output=True, text=True, cwd=tmp_path, env=environment, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert "/code/" in result.stdout, "the code that was logged must be what serves"
    served = pd.read_json(tmp_path / "out.json", orient="split")
    own = trained.model.score(X)
    pd.testing.assert_frame_equal(
        served[["churn_probability", "score", "health", "band"]],
        own[["churn_probability", "score", "health", "band"]].reset_index(drop=True),
        check_dtype=False,
    )
    told = served.loc[served["reason_1"] != "", "reason_1"]
    assert len(told) > 3
    assert told.str.fullmatch(r"f0 is [\d.-]+").all()


def test_the_logged_model_has_a_signature_pins_the_libraries_and_holds_no_pickle_and_no_rows(logged):
    folder = next(logged[0].home.rglob("MLmodel")).parent
    told = yaml.safe_load((folder / "MLmodel").read_text())
    assert {"churn_probability", "health", "band", "reason_3"} <= {
        column["name"] for column in json.loads(told["signature"]["outputs"])
    }
    assert "lightgbm==" in (folder / "requirements.txt").read_text()
    assert not [
        path.name for path in folder.rglob("*") if path.suffix in (".pkl", ".cloudpickle") or "example" in path.name
    ]


def test_an_alias_moves_from_one_version_to_another(logged, trained, panel):
    tracking = logged[0]
    second = tracking.log(record_of(trained, panel), alias="challenger")["registered_version"]
    tracking.name_version(second, "champion")
    aliases = {name: int(each) for name, each in tracking.client.get_registered_model(MODEL_NAME).aliases.items()}
    assert aliases == {"champion": second}


def test_a_training_that_fails_ends_its_run_failed(tmp_path):
    tracking = Tracking(tmp_path / "mlflow")
    with pytest.raises(RuntimeError), tracking.run("doomed") as run_id:
        raise RuntimeError("out of luck")
    assert tracking.client.get_run(run_id).info.status == "FAILED"


def test_a_run_that_a_dead_process_left_open_is_ended_by_the_next(tmp_path):
    tracking = Tracking(tmp_path / "mlflow")
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        dead.wait()
    with tracking.run("alive") as alive:
        left = tracking.client.create_run(
            tracking.client.get_run(alive).info.experiment_id,
            tags={"holdfast.process": f"{socket.gethostname()}:{dead.pid}"},
        )
        assert tracking.end_orphans() == [left.info.run_id]
        assert tracking.client.get_run(alive).info.status == "RUNNING"
    assert tracking.client.get_run(left.info.run_id).info.status == "FAILED"


def test_f61_a_server_that_is_down_is_one_error_in_seconds_without_its_password(trained, panel, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    tracking = Tracking(tmp_path, server=f"http://ada:hunter2@127.0.0.1:{port}")
    with pytest.raises(TrackingError) as caught:
        tracking.log(record_of(trained, panel))
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_secrets_are_hidden_by_key_and_in_addresses():
    told = without_secrets({"a": [{"api_key": 1}], "url": "postgresql://u:p@w@h/db", "days": 30})
    assert told == {"a": [{"api_key": "hidden"}], "url": "postgresql://hidden@h/db", "days": 30}
    assert redacted("GET http://u:pw@host/api failed") == "GET http://hidden@host/api failed"


def test_mlflow_is_told_to_send_no_telemetry():
    assert mlflow.__version__
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"

"""Against a real `mlflow server` on loopback: the workspace's own store shown by it, and trainings sent to it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import mlflow
import pytest

from models.panel import Panel
from models.tracking import Tracking
from models.train import Trained
from tests.models.test_tracking import record_of

pytestmark = pytest.mark.xdist_group("tracking")


@dataclass(frozen=True)
class Served:
    """A workspace with one training in it, and the server that shows it and takes others."""

    local: Tracking
    run_id: str
    address: str
    log: Path

    def get(self, route: str, **query: str) -> bytes:
        with urllib.request.urlopen(f"{self.address}{route}?{urllib.parse.urlencode(query)}", timeout=20) as answer:
            return bytes(answer.read())


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, trained: Trained, panel: Panel) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("server")
    local = Tracking(folder / "workspace" / "mlflow", "at home")
    run_id = local.log(record_of(trained, panel))["run_id"]
    port, log = free_port(), folder / "server.log"
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", local.uri, "--artifacts-destination", str(folder / "remote")]
    environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, cwd=folder, env=environment, start_new_session=True
        )
    try:
        _wait(f"http://127.0.0.1:{port}/health", process, log)
        yield Served(local, run_id, f"http://127.0.0.1:{port}", log)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=20)


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            pytest.fail(log.read_text())
        try:
            urllib.request.urlopen(address, timeout=2).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"no answer in 30 s: {log.read_text()}")


def test_the_workspace_shown_by_mlflow_opens_card_and_plots_wherever_it_was_started(served: Served):
    assert b"Churn model" in served.get("/get-artifact", path="model_card.md", run_uuid=served.run_id)
    plot = served.get("/get-artifact", path="plots/gains.png", run_uuid=served.run_id)
    assert plot.startswith(b"\x89PNG")
    assert served.run_id.encode() in served.get("/api/2.0/mlflow/runs/get", run_id=served.run_id)


def test_a_training_goes_to_a_server_whole_and_its_model_comes_back_from_there(
    served: Served, trained: Trained, panel: Panel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    remote = Tracking(tmp_path / "unused", "far away", served.address)
    capsys.readouterr()
    found = remote.log(record_of(trained, panel))
    assert capsys.readouterr().out == "", "standard output is for the command's own JSON"
    assert found["tracked_in"] == served.address
    assert not (tmp_path / "unused").exists()
    client = remote.client
    assert client.get_run(found["run_id"]).info.artifact_uri.startswith("mlflow-artifacts:")
    assert b"Churn model" in served.get("/get-artifact", path="model_card.md", run_uuid=found["run_id"])
    version = client.get_model_version_by_alias(remote.model_name, "champion")
    folder = Path(client.download_artifacts(found["run_id"], "plots", str(tmp_path)))
    assert (folder / "reliability.png").stat().st_size > 5000
    model = mlflow.pyfunc.load_model(f"models:/{remote.model_name}/{version.version}")
    assert model.predict(panel.X.head(3))["health"].between(0, 100).all()

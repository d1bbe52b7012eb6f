"""Every training in MLflow: a SQLite store in the workspace, or a tracking server that the configuration names.

Scoring never needs this: it reads ``champion.json`` (``models.registry``). Credentials of a server come from the
environment alone (``MLFLOW_TRACKING_USERNAME``, ``MLFLOW_TRACKING_PASSWORD``, ``MLFLOW_TRACKING_TOKEN``).
"""

from __future__ import annotations

import json
import logging
import os
import re
import socket
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
# standard output belongs to the command's own JSON
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
# a server that is down must be found out in seconds: a training must not wait for its record
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

import mlflow
import pandas as pd
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunStatus, RunTag
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
from sqlalchemy.exc import SQLAlchemyError

from models.churn import ChurnModel
from models.packaging import log_model
from models.provenance import Served
from models.record import Nested, Record
from models.redact import redacted

MODEL_NAME = "holdfast-churn"
CHAMPION, CHALLENGER = "champion", "challenger"
_PROCESS = "holdfast.process"
_PARENT = "mlflow.parentRunId"
_BATCH = 900


class TrackingError(Exception):
    """The tracking store could not be written to; the text names no password."""


@dataclass(frozen=True)
class Tracking:
    """The tracking store: the one in the folder ``home``, or the server at ``server``.

    Every call names its store, so no working directory matters. ``model_name``: of the registered model.
    """

    home: Path
    experiment: str = "holdfast"
    server: str | None = None
    model_name: str = MODEL_NAME

    def __post_init__(self) -> None:
        _quiet()
        if self.server is None:
            self.home.mkdir(parents=True, exist_ok=True)

    @property
    def uri(self) -> str:
        """Where MLflow finds the store."""
        return self.server or f"sqlite:///{self.home.absolute() / 'mlflow.db'}"

    @property
    def client(self) -> MlflowClient:
        """A client of this store."""
        return MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)

    @contextmanager
    def run(self, name: str, tags: Mapping[str, str] | None = None) -> Iterator[str]:
        """The id of a run that ends FINISHED, or FAILED when the block raises (interrupted too).

        Runs that a killed process left open are ended first. The process stays pointed at this store afterwards.
        """
        mlflow.set_tracking_uri(self.uri)
        mlflow.set_registry_uri(self.uri)
        self.end_orphans()
        every = {**_mark(), **(tags or {})}
        with mlflow.start_run(experiment_id=self._experiment_id(), run_name=name, tags=every) as active:
            yield str(active.info.run_id)

    def log(self, record: Record, alias: str | None = CHAMPION) -> dict[str, Any]:
        """A finished training as one run with its folds and trials below; its model registered under ``alias``.

        A backtest is a run like it and registers nothing.

        Returns where to find both. Raises TrackingError where the store cannot be written to.
        """
        with _told(), self.run(record.name, record.tags) as run_id:
            self._write(run_id, record)
            found = self._where(run_id)
            if record.registers is not None:
                rows, served = record.latest.head(50), record.provenance.served
                found |= self._register(record.registers, rows, served, run_id, alias)
        return found

    def log_version(
        self,
        model: ChurnModel,
        X: pd.DataFrame,
        served: Served,
        alias: str,
        tags: Mapping[str, str],
        params: Mapping[str, str],
        metrics: Mapping[str, float],
    ) -> dict[str, Any]:
        """A model that came of no training of its own as a run, registered under ``alias``; as ``log`` otherwise.

        ``X``: some rows of features, for the signature only.
        """
        with _told(), self.run(model.version, tags) as run_id:
            self._log(run_id, params, metrics)
            return {**self._where(run_id), **self._register(model, X, served, run_id, alias)}

    def name_version(self, version: int, alias: str) -> None:
        """Give a registered version an alias; what had it loses it, and the version loses its other one."""
        with _told():
            client = self.client
            for other in {CHAMPION, CHALLENGER} - {alias}:
                if str(client.get_registered_model(self.model_name).aliases.get(other)) == str(version):
                    client.delete_registered_model_alias(self.model_name, other)
            client.set_registered_model_alias(self.model_name, alias, str(version))

    def unname_version(self, version: int, alias: str) -> None:
        """Take an alias from a registered version; nothing where another version has it by now, or none."""
        with _told():
            if str(self.client.get_registered_model(self.model_name).aliases.get(alias)) == str(version):
                self.client.delete_registered_model_alias(self.model_name, alias)

    def end_orphans(self) -> list[str]:
        """Mark as FAILED the runs that a killed process on this machine left RUNNING; their ids."""
        open_runs = self.client.search_runs([self._experiment_id()], "attributes.status = 'RUNNING'")
        dead = [run.info.run_id for run in open_runs if _is_dead(run.data.tags.get(_PROCESS, ""))]
        for run_id in dead:
            self.client.set_terminated(run_id, RunStatus.to_string(RunStatus.FAILED))
        return dead

    def _experiment_id(self) -> str:
        """The experiment; in the workspace with an absolute artifact location: else MLflow writes ./mlruns."""
        known = self.client.get_experiment_by_name(self.experiment)
        if known is not None:
            return str(known.experiment_id)
        place = self.home.absolute() / "artifacts" / re.sub(r"[^\w.-]+", "_", self.experiment)
        location = place.as_uri() if self.server is None else None
        return str(self.client.create_experiment(self.experiment, artifact_location=location))

    def _write(self, run_id: str, record: Record) -> None:
        """Everything but the model."""
        self._log(run_id, record.params(), record.metrics())
        self.client.log_inputs(run_id, datasets=[*_datasets(record)])
        with tempfile.TemporaryDirectory() as folder:
            record.write(Path(folder))
            self.client.log_artifacts(run_id, folder)
        for below in record.nested():
            self._nest(run_id, below)

    def _nest(self, parent: str, below: Nested) -> None:
        """A run below another, and those below it."""
        tags = {**_mark(), **below.tags, _PARENT: parent}
        run = self.client.create_run(self._experiment_id(), tags=tags, run_name=below.name)
        self._log(run.info.run_id, below.params, below.metrics)
        for each in below.below:
            self._nest(run.info.run_id, each)
        self.client.set_terminated(run.info.run_id)

    def _log(self, run_id: str, params: Mapping[str, str], metrics: Mapping[str, float]) -> None:
        """Parameters and metrics, many in one step."""
        now = int(1000 * time.time())
        numbers = [Metric(_key(name), value, now, 0) for name, value in metrics.items()]
        texts = [Param(_key(name), value) for name, value in params.items()]
        for start in range(0, max(1, len(numbers)), _BATCH):
            self.client.log_batch(run_id, numbers[start : start + _BATCH], texts if start == 0 else ())

    def _where(self, run_id: str) -> dict[str, Any]:
        """Where a run is to be found."""
        place = "workspace" if self.server is None else redacted(self.server)
        return {"experiment": self.experiment, "run_id": run_id, "tracked_in": place}

    def _register(
        self, model: ChurnModel, X: pd.DataFrame, served: Served | None, run_id: str, alias: str | None
    ) -> dict[str, Any]:
        """Log the model as one that MLflow can serve, and register it; its name and version there."""
        client = self.client
        logged = log_model(model, X, served)
        if not client.search_registered_models(f"name = '{self.model_name}'"):
            client.create_registered_model(self.model_name)
        tags = {"holdfast_version": model.version}
        made = client.create_model_version(
            self.model_name, logged.model_uri, run_id, tags=tags, model_id=logged.model_id
        ).version
        if alias:
            client.set_registered_model_alias(self.model_name, alias, made)
        client.log_batch(run_id, tags=[RunTag(key, str(value)) for key, value in
                                       {**tags, "registered_version": made}.items()])  # fmt: skip
        return {"registered": self.model_name, "registered_version": int(made)}


def _datasets(record: Record) -> Iterator[DatasetInput]:
    """The tables that were learned from, and the panel made of them."""
    panel, days = record.panel, record.panel.cutoffs
    span = {"first": days[0].isoformat(), "last": days[-1].isoformat()} if days else {}
    tables: list[tuple[str, str, dict[str, Any]]] = [
        (each.name, each.digest, {"rows": each.rows, "first": each.first, "last": each.last})
        for each in record.provenance.inputs
    ]
    for name, digest, profile in (*tables, ("panel", panel.digest(), {"rows": len(panel), **span})):
        told = {key: str(value) for key, value in profile.items() if value is not None}
        source = {"table": name, "sha256": digest}
        dataset = Dataset(name, digest[:36], "code", str(source), profile=json.dumps(told, sort_keys=True))
        yield DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])


def _key(name: str) -> str:
    """``name`` as MLflow allows it."""
    return re.sub(r"[^\w\-./ ]+", "_", name)[:250]


def _mark() -> dict[str, str]:
    """Which process writes a run, so that the next one can tell whether it still lives."""
    return {_PROCESS: f"{socket.gethostname()}:{os.getpid()}"}


@contextmanager
def _told() -> Iterator[None]:
    """What goes wrong in the store, as one error whose text names no password."""
    try:
        yield
    except (MlflowException, SQLAlchemyError, OSError) as error:
        first = (str(error) or type(error).__name__).splitlines()[0]
        raise TrackingError(redacted(first)[:400]) from None


def _quiet() -> None:
    """MLflow's news about its own tables and environments is none of the user's business."""
    for name in ("mlflow", "alembic", "urllib3"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", message=".*input example was not provided.*")


def _is_dead(process: str) -> bool:
    """Whether ``host:pid`` was on this machine and is gone."""
    host, _, pid = process.rpartition(":")
    if host != socket.gethostname() or not pid.isdigit() or int(pid) == os.getpid():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False

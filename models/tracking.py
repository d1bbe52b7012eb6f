"""Every training in MLflow: a SQLite store in the workspace, artifacts beside it, nothing in the working directory.

Scoring never needs this: it reads ``champion.json`` (``models.registry``).
"""

from __future__ import annotations

import json
import logging
import os
import re
import socket
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import mlflow
from mlflow.entities import RunStatus
from mlflow.models import infer_signature
from mlflow.tracking import MlflowClient

from models import serving
from models.card import model_card
from models.churn import ChurnModel
from models.panel import Panel
from models.plots import importance, reliability_plot
from models.registry import LIBRARIES, save_model
from models.settings import TrainSettings
from models.train import Trained

MODEL_NAME = "holdfast-churn"
CHAMPION = "champion"
_PROCESS = "holdfast.process"
_SECRET = re.compile(r"pass|secret|token|credential|api_?key|dsn", re.IGNORECASE)


@dataclass(frozen=True)
class Tracking:
    """The tracking store in the folder ``home``; every call names its store, so no working directory matters."""

    home: Path
    experiment: str = "holdfast"
    uri: str = field(init=False)

    def __post_init__(self) -> None:
        _quiet()
        self.home.mkdir(parents=True, exist_ok=True)
        object.__setattr__(self, "uri", f"sqlite:///{self.home.absolute() / 'mlflow.db'}")

    @property
    def client(self) -> MlflowClient:
        """A client of this store."""
        return MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)

    @contextmanager
    def run(self, name: str, tags: Mapping[str, str] | None = None) -> Iterator[TrackedRun]:
        """A run that ends FINISHED, or FAILED when the block raises (interrupted too).

        Runs that a killed process left open are ended first. The process stays pointed at this store afterwards.
        """
        mlflow.set_tracking_uri(self.uri)
        self.end_orphans()
        every = {_PROCESS: f"{socket.gethostname()}:{os.getpid()}", **(tags or {})}
        with mlflow.start_run(experiment_id=self._experiment_id(), run_name=name, tags=every) as active:
            yield TrackedRun(self, active.info.run_id)

    def log(
        self,
        trained: Trained,
        panel: Panel,
        settings: TrainSettings,
        config: Mapping[str, Any],
        tags: Mapping[str, str] | None = None,
        snapshot_columns: Sequence[str] = (),
    ) -> dict[str, Any]:
        """A finished training as one run, its model registered as champion; where to find both."""
        name = trained.model.version if trained.model else "scorecard"
        with self.run(name, tags) as run:
            run.log_training(trained, panel, settings, config, snapshot_columns)
            found: dict[str, Any] = {"experiment": self.experiment, "run_id": run.run_id}
            if trained.model is not None:
                found |= {"registered": MODEL_NAME, "registered_version": run.register(trained.model, panel.X.head(50))}
        return found

    def end_orphans(self) -> list[str]:
        """Mark as FAILED the runs that a killed process on this machine left RUNNING; their ids."""
        open_runs = self.client.search_runs([self._experiment_id()], "attributes.status = 'RUNNING'")
        dead = [run.info.run_id for run in open_runs if _is_dead(run.data.tags.get(_PROCESS, ""))]
        for run_id in dead:
            self.client.set_terminated(run_id, RunStatus.to_string(RunStatus.FAILED))
        return dead

    def _experiment_id(self) -> str:
        """The experiment, made with an absolute artifact location: else MLflow writes ./mlruns."""
        known = self.client.get_experiment_by_name(self.experiment)
        if known is not None:
            return str(known.experiment_id)
        place = self.home.absolute() / "artifacts" / re.sub(r"[^\w.-]+", "_", self.experiment)
        return str(self.client.create_experiment(self.experiment, artifact_location=place.as_uri()))


@dataclass(frozen=True)
class TrackedRun:
    """One open run."""

    tracking: Tracking
    run_id: str

    def log_training(
        self,
        trained: Trained,
        panel: Panel,
        settings: TrainSettings,
        config: Mapping[str, Any],
        snapshot_columns: Sequence[str] = (),
    ) -> None:
        """Parameters, metrics, folds, plots, model card, features and the resolved configuration without secrets."""
        mlflow.log_params({**_short(settings.to_dict()), "features": len(panel.X.columns), "rows": len(panel)})
        mlflow.set_tags({"panel_hash": panel.digest(), "reason": trained.reason[:480]})
        mlflow.log_dict(without_secrets(config), "config.json")
        mlflow.log_dict({"features": list(panel.X.columns)}, "features.json")
        mlflow.log_text(model_card(trained, snapshot_columns), "model_card.md")
        if trained.backtest is not None:
            self._log_backtest(trained)

    def register(self, model: ChurnModel, X: Any, alias: str | None = CHAMPION) -> int:
        """Log the model as one that MLflow can serve, register it as ``holdfast-churn``; its version there.

        ``X``: some rows of features, for the signature only; no row is stored.
        """
        with tempfile.TemporaryDirectory() as folder:
            entry = save_model(model, Path(folder))
            (Path(folder) / "entry.json").write_text(json.dumps(entry, indent=2, sort_keys=True), encoding="utf-8")
            logged = mlflow.pyfunc.log_model(
                name="model",
                python_model=str(Path(serving.__file__)),
                artifacts={"model": str(Path(folder) / entry["file"]), "entry": str(Path(folder) / "entry.json")},
                code_paths=[str(Path(serving.__file__).parent)],
                pip_requirements=[f"{name}=={version(name)}" for name in ("mlflow", *LIBRARIES, "threadpoolctl")],
                signature=infer_signature(X, model.score(X)),
            )
        return self._version(model, logged.model_uri, logged.model_id, alias)

    def _version(self, model: ChurnModel, source: str, model_id: str, alias: str | None) -> int:
        """Register what was logged, and give it its alias."""
        client = self.tracking.client
        if not client.search_registered_models(f"name = '{MODEL_NAME}'"):
            client.create_registered_model(MODEL_NAME)
        tags = {"holdfast_version": model.version}
        made = client.create_model_version(MODEL_NAME, source, self.run_id, tags=tags, model_id=model_id).version
        if alias:
            client.set_registered_model_alias(MODEL_NAME, alias, made)
        mlflow.set_tags({**tags, "registered_version": str(made)})
        return int(made)

    def _log_backtest(self, trained: Trained) -> None:
        """Metrics of every model with intervals, each fold as a step, the whole result, and plots."""
        found = trained.backtest
        assert found is not None
        for name, each in {**found.models, **found.baselines}.items():
            told = {f"{name}.{metric}": interval for metric, interval in each.items() if interval.value is not None}
            mlflow.log_metrics({key: float(each.value or 0.0) for key, each in told.items()})
            mlflow.log_metrics({f"{key}.low": float(each.low or 0.0) for key, each in told.items()})
            mlflow.log_metrics({f"{key}.high": float(each.high or 0.0) for key, each in told.items()})
        for step, fold in enumerate(found.folds, 1):
            for name, scores in fold["scores"].items():
                numbers = {key: value for key, value in scores.items() if isinstance(value, int | float)}
                mlflow.log_metrics({f"fold.{name}.{key}": value for key, value in numbers.items()}, step=step)
        mlflow.set_tags({"grade": found.grade, "chosen": found.chosen})
        mlflow.log_dict(found.to_dict(), "backtest.json")
        figure = reliability_plot(found.out_of_fold(found.verdict.candidate), f"{found.verdict.candidate}, out of fold")
        mlflow.log_figure(figure, "reliability.png")
        if trained.model is not None:
            latest = found.panel.X.loc[found.panel.rows_at(found.panel.cutoffs[-1:])]
            heaviest = importance(trained.model.contributions(latest))
            mlflow.log_dict({str(name): round(value, 6) for name, value in heaviest.items()}, "importance.json")


def _quiet() -> None:
    """MLflow's news about its own tables and environments is none of the user's business."""
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", message=".*input example was not provided.*")


def without_secrets(config: Mapping[str, Any]) -> dict[str, Any]:
    """``config`` with every value hidden whose key or address tells of a secret."""
    return {str(key): "hidden" if _SECRET.search(str(key)) else _open(value) for key, value in config.items()}


def _open(value: Any) -> Any:
    if isinstance(value, Mapping):
        return without_secrets(value)
    if isinstance(value, list | tuple):
        return [_open(each) for each in value]
    if isinstance(value, str):
        return re.sub(r"(\w+://[^:/@\s]+):[^@\s]+@", r"\1:hidden@", value)
    return value if isinstance(value, int | float | bool | None) else str(value)


def _short(values: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(value)[:500] for key, value in values.items()}


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

"""What is written down of a training: parameters, metrics with intervals, folds, trials, plots, card, inputs.

Plain values and a folder of files; ``models.tracking`` sends them to MLflow.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from matplotlib.figure import Figure

from models import plots
from models.backtest import Backtest
from models.card import card_html, model_card
from models.churn import ChurnModel
from models.curves import gains_table, importance
from models.panel import Panel
from models.provenance import Provenance
from models.redact import without_secrets
from models.settings import TrainSettings
from models.train import Trained

_ENOUGH = 30
"""Distinct churns on the last fold from which a curve over it alone is more than steps."""


@dataclass(frozen=True)
class Nested:
    """A run below another: one fold, or one tuning trial of it."""

    name: str
    tags: Mapping[str, str]
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    below: tuple[Nested, ...] = ()


@dataclass(frozen=True)
class Record:
    """One training as it is kept; or one backtest, whose model is there to be looked at and is not registered."""

    trained: Trained
    panel: Panel
    settings: TrainSettings
    provenance: Provenance
    kind: Literal["training", "backtest"] = "training"

    @property
    def name(self) -> str:
        """The model's version, or that there is none."""
        version = self.trained.model.version if self.trained.model else "scorecard"
        return version if self.kind == "training" else f"backtest {version}"

    @property
    def registers(self) -> ChurnModel | None:
        """The model to be registered; None where there is none, or it was only tested."""
        return self.trained.model if self.kind == "training" else None

    @property
    def tags(self) -> dict[str, str]:
        """Those of the pipeline, and what the training came to."""
        found, tested = self.trained, self.trained.backtest
        told = {"panel_hash": self.panel.digest(), "reason": found.reason[:480]}
        told |= {"horizon_days": str(self.settings.horizon_days), "kind": self.kind}
        told |= {"grade": tested.grade, "chosen": tested.chosen} if tested else {"grade": "none"}
        return {**told, **self.provenance.tags}

    def params(self) -> dict[str, str]:
        """The settings of the training and the size of what it learned from."""
        panel = self.panel
        size = {"features": panel.X.shape[1], "rows": len(panel), "cutoffs": len(panel.cutoffs)}
        size |= {"churns": panel.churns, "accounts": panel.accounts}
        return {key: str(value)[:500] for key, value in {**self.settings.to_dict(), **size}.items()}

    def metrics(self) -> dict[str, float]:
        """Each metric on the last fold with the edges of its interval, of every model, simple rule and benchmark."""
        tested = self.trained.backtest
        told: dict[str, float] = {}
        measured = {**tested.models, **tested.baselines, **tested.benchmarks} if tested else {}
        for model, each in measured.items():
            for metric, interval in each.items():
                edges = {"": interval.value, ".low": interval.low, ".high": interval.high}
                told |= {f"{model}.{metric}{edge}": float(at) for edge, at in edges.items() if at is not None}
        return told

    def nested(self) -> tuple[Nested, ...]:
        """A run for each fold, with its trials below, and one for the trials of the last fit."""
        tested = self.trained.backtest
        trials = list(_trials(self.trained))
        folds = [_fold(number, fold, trials) for number, fold in enumerate(tested.folds, 1)] if tested else []
        final = tuple(trial for fold, trial in trials if fold == 0)
        return (*folds, *((Nested("final fit", {"kind": "fit"}, below=final),) if final else ()))

    def write(self, folder: Path) -> None:
        """Everything that is a file: configuration, features, inputs, the backtest, plots and the card."""
        _json(folder / "config.json", without_secrets(self.provenance.config))
        _json(folder / "features.json", {"features": self._features()})
        _json(folder / "inputs.json", {"inputs": [each.__dict__ for each in self.provenance.inputs]})
        if self.trained.backtest is not None:
            _json(folder / "backtest.json", self.trained.backtest.to_dict())
        if self.trained.model is not None:
            weights = importance(self.trained.model.contributions(self.latest))
            _json(folder / "importance.json", {str(name): round(value, 6) for name, value in weights.items()})
        (folder / "plots").mkdir(exist_ok=True)
        for name, figure in self.figures():
            figure.savefig(folder / "plots" / f"{name}.png", dpi=100)
        text = model_card(self.trained, self.provenance, [path.stem for path in sorted((folder / "plots").iterdir())])
        (folder / "model_card.md").write_text(text, encoding="utf-8")
        (folder / "model_card.html").write_text(card_html(text, folder), encoding="utf-8")

    @property
    def latest(self) -> Any:
        """The features at the latest training cutoff."""
        return self.panel.X.loc[self.panel.rows_at(self.panel.cutoffs[-1:])]

    def figures(self) -> Iterator[tuple[str, Figure]]:
        """Each plot by name, as far as there is something to show."""
        tested = self.trained.backtest
        if tested is None:
            return
        yield "reliability", plots.reliability_plot(tested.out_of_fold(tested.chosen), f"{tested.chosen}, out of fold")
        rows, where = (_on_test, "last fold") if tested.test["churns"] >= _ENOUGH else (_validated, "all folds")
        curves = {name: gains_table(rows(tested, name)) for name in _shown(tested)}
        yield "gains", plots.gains_plot(curves, f"Churns caught, {where}")
        yield "lift", plots.lift_plot(curves, f"Lift, {where}")
        yield "precision_recall", plots.precision_recall_plot(curves, f"Precision and recall, {where}")
        told = tested.to_dict()
        if told.get("segments"):
            yield "segments", plots.segments_plot(told["segments"], f"{tested.chosen} by segment")
        if (told.get("learning_curve") or {}).get("by_churns"):
            yield "learning_curve", plots.learning_curve_plot(told["learning_curve"], "Would more churns help?")
        if self.trained.model is not None:
            weights = importance(self.trained.model.contributions(self.latest))
            yield "importance", plots.importance_plot(weights, f"{tested.chosen}: what moves health")

    def _features(self) -> list[dict[str, Any]]:
        """Every feature the model expects, in order, with what is declared of it."""
        known = {each["name"]: each for each in self.provenance.catalog}
        keys = ("dimension", "source", "kind", "unit", "doc")
        told = [(str(name), known.get(str(name), {})) for name in self.panel.X.columns]
        return [{"name": name, **{key: info[key] for key in keys if key in info}} for name, info in told]


def _shown(found: Backtest) -> list[str]:
    """The candidate and the best simple rule."""
    return list(dict.fromkeys([found.verdict.candidate, found.verdict.reference]))


def _validated(found: Backtest, name: str) -> Any:
    """Out-of-fold rows of every fold."""
    return found.out_of_fold(name)


def _on_test(found: Backtest, name: str) -> Any:
    """Out-of-fold rows of the last fold."""
    frame = found.out_of_fold(name)
    days = frame["cutoff"].to_numpy().astype("datetime64[D]")
    first, last = (np.datetime64(str(found.test[key])) for key in ("first_cutoff", "last_cutoff"))
    return frame.loc[(days >= first) & (days <= last)]


def _fold(number: int, fold: Mapping[str, Any], trials: list[tuple[int, Nested]]) -> Nested:
    spans = {
        f"{part}.{key}": str(value) for part in ("train", "validation") for key, value in fold.get(part, {}).items()
    }
    scores = {
        f"{name}.{key}": float(value)
        for name, each in fold["scores"].items()
        for key, value in each.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    below = tuple(trial for own, trial in trials if own == number)
    return Nested(f"fold {number}", {"kind": "fold", "role": fold.get("role", "")}, spans, scores, below)


def _trials(trained: Trained) -> Iterator[tuple[int, Nested]]:
    """Each tuning trial with the fold it belongs to (0: the final fit), where there was tuning."""
    folds = trained.backtest.folds if trained.backtest is not None else ()
    for number, fold in enumerate(folds, 1):
        for name, told in fold["scores"].items():
            yield from ((number, _trial(name, trial)) for trial in told.get("trials", ()))
    if trained.model is not None:
        name, effort = trained.model.metadata.get("name", "model"), trained.model.estimator.effort
        yield from ((0, _trial(str(name), trial)) for trial in effort.get("trials", ()))


def _trial(name: str, told: Mapping[str, Any]) -> Nested:
    parameters = {key: str(value)[:500] for key, value in told["params"].items()}
    metrics = {"log_loss": float(told["value"])} if told["value"] is not None else {}
    tags = {"kind": "trial", "state": str(told["state"]), "candidate": str(told.get("member", name))}
    return Nested(f"{name} trial {told['number']}", tags, parameters, metrics)


def _json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, default=str) + "\n", encoding="utf-8")

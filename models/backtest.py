"""Candidates beside simple rules on folds in time; the last fold is read once.

Candidates are compared on the earlier folds only, and so are the simple rules; without earlier folds candidates are
compared on accounts that they did not learn from. Then the last fold is opened, once, and
the chosen candidate is measured beside the best rule. Benchmarks are measured there too; nothing is chosen by them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from models.baselines import BEST_FEATURE, CHAMPION, PREVALENCE, SCORECARD, Baselines
from models.churn import ChurnModel
from models.errors import OneClassError
from models.evaluate import Evaluation, Interval
from models.fits import Fits
from models.grade import Verdict, choose_candidate, choose_rule, judge
from models.panel import BoolArray, FloatArray, Panel
from models.progress import Progress
from models.recipe import in_last_fold
from models.settings import TrainSettings
from models.unseen import among_the_training
from models.walk import Predictions, Walk, calibration_at, usable_folds

_NO_SHOCKS = "Intervals resample accounts only; they omit shocks in time, which need at least 8 blocks of cutoffs."


@dataclass(frozen=True)
class Backtest:
    """What the walk forward found. ``models``, ``baselines`` and ``benchmarks`` hold the
    metrics on the last fold.

    ``test``: its cutoffs, churns and accounts; ``training``: those of the whole panel; ``renewals``: AUC and log loss
    of the chosen name on the last fold, for accounts with a renewal inside the horizon and for the rest. ``sections``:
    what else was found out about the chosen one (policy, segments and the like), as plain values by name.
    """

    models: dict[str, dict[str, Interval]]
    baselines: dict[str, dict[str, Interval]]
    verdict: Verdict
    folds: tuple[dict[str, Any], ...]
    renewals: dict[str, Any]
    test: dict[str, Any]
    training: dict[str, Any]
    notes: tuple[str, ...]
    predictions: Mapping[str, Predictions] = field(repr=False)
    walk: Walk = field(repr=False)
    benchmarks: dict[str, dict[str, Interval]] = field(default_factory=dict)
    sections: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def panel(self) -> Panel:
        """What was learned from and asked about."""
        return self.walk.panel

    @property
    def chosen(self) -> str:
        """Name of the candidate or simple rule to score with."""
        return self.verdict.chosen

    @property
    def title(self) -> str:
        """The chosen name, with the feature that a best single feature is."""
        return _shown(self.predictions, self.chosen)

    @property
    def by_rules(self) -> bool:
        """Whether no model is used, and the scorecard's rules score."""
        return self.chosen in (PREVALENCE, SCORECARD)

    @property
    def grade(self) -> str:
        """``A``, ``B``, ``C`` or ``none``."""
        return self.verdict.grade

    def out_of_fold(self, name: str) -> pd.DataFrame:
        """account_id, cutoff, churn_day, y, log_odds and calibrated z of one model or rule at validated rows."""
        made, panel = self.predictions[name], self.panel
        columns = {
            "account_id": panel.account_id, "cutoff": panel.cutoff, "churn_day": panel.churn_day, "y": panel.y,
            "log_odds": made.log_odds, "z": made.z,
        }  # fmt: skip
        return pd.DataFrame(columns).loc[np.isfinite(made.log_odds)].reset_index(drop=True)

    def asked_after_last_fold(self, asked: Panel) -> FloatArray:
        """Calibrated log-odds of other rows, no earlier than the last fold, by the chosen model as it stood for it."""
        fold, name = self.walk.folds[-1], self.chosen
        past = self.panel.rows_at(self.walk.training(fold))
        log_odds = self.walk.elsewhere(name, past, asked)
        return calibration_at(self.panel, self.predictions[name].log_odds, fold.train).apply(log_odds)

    def to_dict(self) -> dict[str, Any]:
        """The JSON of ``holdfast backtest``: counts are those of the last fold."""
        return {
            "models": _plain(self.models),
            "baselines": _plain(self.baselines),
            "benchmarks": _plain(self.benchmarks),
            "chosen": self.chosen,
            "title": self.title,
            "grade": self.grade,
            "grade_reason": self.verdict.reason,
            "candidate": self.verdict.candidate,
            "reference": self.verdict.reference,
            "difference": self.verdict.difference.to_dict(),
            **self.test,
            "training": self.training,
            "folds": list(self.folds),
            "renewals": self.renewals,
            "notes": list(self.notes),
            **self.sections,
        }


def backtest(
    panel: Panel,
    settings: TrainSettings,
    scorecard: FloatArray | None = None,
    progress: Progress = lambda text: None,
    fits: Fits | None = None,
    champion: ChurnModel | None = None,
) -> Backtest:
    """Walk forward over ``panel``. Raises HistoryError or OneClassError where nothing can be tested.

    ``scorecard``: its score for each row of the panel (higher is healthier), to stand among the simple rules.
    ``fits``: kept from a walk that was interrupted. ``champion``: the model in use, to stand beside on the last fold.
    """
    panel.both_classes()
    folds, notes = usable_folds(panel, settings)
    walk = Walk(panel, settings, folds, Baselines.of(panel, settings, scorecard), progress, fits)
    predictions = walk.predict()
    progress("measuring")
    found = _measure(walk, predictions, notes)
    return found if champion is None else _beside_champion(found, champion)


class _Judge:
    """All models on one set of rows, under the same weightings; each AUC is worked out once."""

    def __init__(self, walk: Walk, predictions: Mapping[str, Predictions], rows: BoolArray) -> None:
        settings = walk.settings
        self._predictions, self._rows = predictions, rows
        self.evaluation = Evaluation(walk.panel.take(rows), settings.resamples, settings.seed, settings.gap_days)
        self._aucs: dict[str, FloatArray] = {}

    def z(self, name: str) -> FloatArray:
        """Calibrated log-odds of one model at these rows."""
        return self._predictions[name].z[self._rows]

    def auc(self, name: str) -> FloatArray:
        """Mean AUC within cutoffs, with resamples."""
        if name not in self._aucs:
            self._aucs[name] = self.evaluation.auc(self.z(name))
        return self._aucs[name]

    def log_loss(self, name: str) -> float:
        """Mean log loss of the rows."""
        z, y = self.z(name), self.evaluation.panel.y
        return float(np.mean(np.logaddexp(0, z) - y * z)) if len(y) else float("nan")


def _measure(walk: Walk, predictions: dict[str, Predictions], notes: list[str]) -> Backtest:
    """Choose on the earlier folds, then open the last."""
    panel, names, rules = walk.panel, walk.settings.candidates, walk.rules.names
    earlier, last = _rows(walk, slice(0, -1)), _rows(walk, slice(-1, None))
    before, test = _Judge(walk, predictions, earlier), _Judge(walk, predictions, last)
    chooser = before if earlier.any() else _on_unseen_accounts(walk, names) or before
    candidate = choose_candidate(names, chooser.auc, chooser.log_loss)
    reference = choose_rule(rules, before.auc, test.auc)
    verdict = judge(
        candidate, reference, rules, test.auc, _Judge(walk, predictions, earlier | last).auc,
        test.evaluation.panel.churns, lambda name: _shown(predictions, name),
    )  # fmt: skip
    measured = {name: test.evaluation.measure(test.z(name)) for name in predictions}
    return Backtest(
        models={name: measured[name] for name in names},
        baselines={name: measured[name] for name in rules},
        verdict=verdict,
        folds=tuple(_fold_detail(walk, predictions, number) for number in range(len(walk.folds))),
        renewals=_renewals(walk, predictions, last, verdict.chosen),
        test=_counts(test.evaluation.panel),
        training={**_counts(panel), "rows": len(panel)},
        notes=(*notes, *_sampling(panel), *_thinning(walk), *([_NO_SHOCKS] if test.evaluation.omits_shocks else [])),
        predictions=predictions,
        walk=walk,
        benchmarks={name: measured[name] for name in walk.settings.benchmarks},
    )


def _on_unseen_accounts(walk: Walk, names: tuple[str, ...]) -> _Judge | None:
    """Who judges the candidates where there is one fold only; None where what is left of it holds one class."""
    if len(names) == 1:
        return None
    try:
        past, found = among_the_training(walk, names)
    except OneClassError:
        return None
    return _Judge(walk, found, past)


def _beside_champion(found: Backtest, champion: ChurnModel) -> Backtest:
    """With the champion, or its recipe, among the rules on the last fold, or a word why it cannot be.

    It has no part in the choice or the grade: those ask whether learning is worth it, and it was learned itself.
    """
    made, note = in_last_fold(champion, found.walk)
    found = replace(found, notes=(*found.notes, *([note] if note else [])))
    if made is None:
        return found
    judge_here = _Judge(found.walk, {CHAMPION: made}, _rows(found.walk, slice(-1, None)))
    measured = judge_here.evaluation.measure(judge_here.z(CHAMPION))
    predictions = {**found.predictions, CHAMPION: made}
    return replace(found, baselines={**found.baselines, CHAMPION: measured}, predictions=predictions)


def _shown(predictions: Mapping[str, Predictions], name: str) -> str:
    """A rule with the feature that it read on the last fold, where its name does not say it."""
    feature = predictions[name].effort[-1].get("feature")
    return f"{name} ({feature})" if name == BEST_FEATURE else name


def _rows(walk: Walk, which: slice) -> BoolArray:
    return walk.panel.rows_at(day for fold in walk.folds[which] for day in fold.validation)


def _counts(panel: Panel) -> dict[str, Any]:
    days = panel.cutoffs
    span = {"first_cutoff": days[0].isoformat(), "last_cutoff": days[-1].isoformat()}
    return {"cutoffs": len(days), "churns": panel.churns, "accounts": panel.accounts, **span}


def _fold_detail(walk: Walk, predictions: Mapping[str, Predictions], number: int) -> dict[str, Any]:
    """One fold: its span, what it learned from, each model's AUC and log loss in it, and what was tuned."""
    fold = walk.folds[number]
    rows = walk.panel.rows_at(fold.validation)
    judge_here = _Judge(walk, predictions, rows)
    scores = {name: {"auc": _number(judge_here.auc(name)[0]), "log_loss": judge_here.log_loss(name),
                     **made.effort[number]} for name, made in predictions.items()}  # fmt: skip
    return {
        "train": _counts(walk.panel.at(walk.training(fold))),
        "validation": _counts(judge_here.evaluation.panel),
        "role": "test" if number == len(walk.folds) - 1 else "selection",
        "scores": scores,
    }


def _renewals(walk: Walk, predictions: Mapping[str, Predictions], last: BoolArray, chosen: str) -> dict[str, Any]:
    """The chosen name on the last fold, apart for renewals inside the horizon and for the rest."""
    inside = walk.panel.renewal_in_horizon
    found = {}
    for name, rows in (("in_horizon", last & inside), ("rest", last & ~inside)):
        part = _Judge(walk, predictions, rows)
        measured = part.evaluation.measure(part.z(chosen))
        counts = {"rows": int(rows.sum()), "churns": part.evaluation.panel.churns}
        found[name] = {**counts, **{key: measured[key].to_dict() for key in ("auc", "log_loss", "lift_at_5pct")}}
    return found


def _sampling(panel: Panel) -> list[str]:
    """Of how many accounts those that were learned from and tested are a part."""
    if panel.drawn_from is None:
        return []
    return [f"{panel.accounts:,} of {panel.drawn_from:,} accounts are learned from and tested, at every cutoff: all of "
            "them are more rows than are held. They were drawn by a hash of their names; 'model: {max_rows}' says how "
            "many."]  # fmt: skip


def _thinning(walk: Walk) -> list[str]:
    """Which folds learned from fewer cutoffs than they could."""
    fold = walk.folds[-1]
    kept = walk.training(fold)
    if len(kept) == len(fold.train):
        return []
    days = ", ".join(day.isoformat() for day in kept)
    return [f"Training rows over {walk.settings.max_rows} were thinned by whole cutoffs; the last fold learned from "
            f"{len(kept)} of {len(fold.train)}: {days}."]  # fmt: skip


def _plain(found: Mapping[str, Mapping[str, Interval]]) -> dict[str, dict[str, Any]]:
    return {name: {key: value.to_dict() for key, value in each.items()} for name, each in found.items()}


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None

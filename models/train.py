"""Train: test in time, choose, refit on everything complete, calibrate, freeze the scale."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from models.backtest import Backtest, backtest
from models.baselines import BEST_FEATURE
from models.candidates import CANDIDATES, Estimator
from models.churn import ChurnModel
from models.errors import HistoryError, OneClassError
from models.fits import Fits
from models.hazard import fit_survival
from models.identity import identity, settings_hash
from models.logistic import fit_rule
from models.minimums import minimums, short_of
from models.panel import FloatArray, Panel, kinds_of
from models.progress import Progress, told_to
from models.scale import Scale
from models.settings import TrainSettings
from models.split import thin
from models.walk import calibration_at


@dataclass(frozen=True)
class Trained:
    """What a training came to: the model and its backtest, or why there is none, in words."""

    model: ChurnModel | None
    backtest: Backtest | None
    reason: str
    cutoffs: tuple[date, ...] = ()


def train(
    panel: Panel,
    settings: TrainSettings,
    scorecard: FloatArray | None = None,
    scale: Scale | None = None,
    progress: Progress = lambda text: None,
    fits: Fits | None = None,
    champion: ChurnModel | None = None,
) -> Trained:
    """Learn a churn model, or say why the scorecard is used instead.

    ``scorecard``: its score for each row of the panel, to stand among the simple rules. ``scale``: the frozen scale of
    the first champion; None freezes a new one at the latest training cutoff. ``fits`` and ``champion``: as in
    ``backtest``.
    """
    if panel.churns < settings.min_churns:
        return Trained(None, None, _too_few(panel, settings))
    try:
        found = backtest(panel, settings, scorecard, progress, fits, champion)
    except (HistoryError, OneClassError) as error:
        return Trained(None, None, " ".join([*error.problems, *_missing(panel, settings), "The scorecard is used."]))
    if found.by_rules:
        return Trained(None, found, found.verdict.reason)
    last = f"fitting {found.chosen} on all complete cutoffs"
    progress(last)
    with told_to(lambda text: progress(f"{last}, {text}")):
        return refit(panel, settings, found, scale)


def refit(panel: Panel, settings: TrainSettings, found: Backtest, scale: Scale | None = None) -> Trained:
    """The chosen model of a backtest, learned from every complete cutoff."""
    cutoffs = thin(panel.cutoffs, panel.rows_by_cutoff, settings.max_rows)
    rows = panel.rows_at(cutoffs)
    estimator = _fit(panel, rows, settings, found)
    model = ChurnModel(
        estimator=estimator,
        calibration=calibration_at(panel, found.predictions[found.chosen].log_odds, panel.cutoffs),
        scale=scale or Scale(0.0),
        kinds=kinds_of(panel.X),
        dimension=dict(panel.dimension),
        horizon_days=settings.horizon_days,
        grace_days=settings.grace_days,
        cutoffs=tuple(day.isoformat() for day in cutoffs),
        version="",
        metadata=_metadata(panel, found),
        survival=fit_survival(panel, found.predictions[found.chosen].z, settings),
    )
    model = model if scale else replace(model, scale=_freeze(model, panel, settings))
    version = identity(model, panel.digest(), settings_hash(settings))
    return Trained(replace(model, version=version), found, found.verdict.reason, cutoffs)


def _fit(panel: Panel, rows: np.ndarray, settings: TrainSettings, found: Backtest) -> Estimator:
    """The chosen one on the given rows; a best single feature is the one that was tested, whatever is best now."""
    name = found.chosen
    if name in CANDIDATES:
        return CANDIDATES[name].build(panel.take(rows), settings)
    if name == BEST_FEATURE:
        return fit_rule(panel.take(rows), [found.predictions[name].effort[-1]["feature"]])
    return found.walk.rules.fit(name, rows)


def _freeze(model: ChurnModel, panel: Panel, settings: TrainSettings) -> Scale:
    """60 is the usual account at the latest training cutoff."""
    latest = panel.X.loc[panel.rows_at(panel.cutoffs[-1:])]
    z = model.score(latest)["z"].to_numpy(dtype=np.float64)
    return Scale.freeze(z, red=settings.red, amber=settings.amber)


def _metadata(panel: Panel, found: Backtest) -> dict[str, object]:
    return {
        "name": found.chosen, "title": found.title, "grade": found.grade, "grade_reason": found.verdict.reason,
        "churns": panel.churns, "accounts": panel.accounts, "rows": len(panel), "base_rate": float(panel.y.mean()),
    }  # fmt: skip


def _too_few(panel: Panel, settings: TrainSettings) -> str:
    return " ".join([
        f"{panel.churns} distinct churns in {len(panel)} rows at {len(panel.cutoffs)} cutoffs; "
        f"at least {settings.min_churns} are needed to learn from.",
        *_missing(panel, settings),
        "The scorecard is used.",
    ])  # fmt: skip


def _missing(panel: Panel, settings: TrainSettings) -> list[str]:
    """What is missing that a model needs, with the weeks that it takes; nothing where all is there."""
    missing = short_of(minimums(panel, settings), "learning", "testing")
    return [f"Missing: {'; '.join(map(str, missing))}."] if missing else []

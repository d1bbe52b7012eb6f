"""The simple rules that a model must beat, each fitted on the same training rows as the models.

A rule ranks by one number; a one-dimensional logistic regression on training rows turns the rank into a probability,
so that its log loss is defined and it can score in a model's place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from models.candidates import Estimator
from models.logistic import fit_rule
from models.panel import FloatArray, Panel, kinds_of
from models.settings import TrainSettings

PREVALENCE = "prevalence"
RECENCY = "days_since_last_use"
TENURE = "tenure"
CALENDAR = "tenure_and_calendar"
BEST_FEATURE = "best_single_feature"
SCORECARD = "scorecard"
CHAMPION = "champion"
"""The model in use, beside the rules on the last fold: itself where it is old enough to know nothing of that, else its
recipe, learned anew from what was known before."""

_TIMING = "timing"
_SCORE = "scorecard_score"


@dataclass(frozen=True)
class Prevalence:
    """Everybody has the training rows' share of churners."""

    base: float
    features: tuple[str, ...] = ()

    @property
    def effort(self) -> dict[str, Any]:
        """Nothing is tuned."""
        return {}

    def log_odds(self, X: pd.DataFrame) -> FloatArray:
        """The same for each row."""
        return np.full(len(X), self.base)

    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:
        """No feature adds anything."""
        return pd.DataFrame(index=X.index)


@dataclass(frozen=True)
class Baselines:
    """The simple rules that this panel allows, and what choosing the best single feature needs, worked out once.

    ``scorecard``: its score for each row of the panel (higher is healthier), or None.
    """

    panel: Panel
    settings: TrainSettings
    strengths: pd.DataFrame
    scorecard: FloatArray | None

    @classmethod
    def of(cls, panel: Panel, settings: TrainSettings, scorecard: FloatArray | None = None) -> Baselines:
        """Work out every feature's AUC at every cutoff."""
        return cls(panel, settings, feature_aucs(panel), scorecard)

    @property
    def names(self) -> tuple[str, ...]:
        """Those that can be fitted here, prevalence first."""
        known = {RECENCY: self.settings.recency_feature, TENURE: self.settings.tenure_feature}
        rules = [name for name, feature in known.items() if feature in self.panel.X.columns]
        calendar = [CALENDAR] if len(self._timing) > 1 else []
        best = [BEST_FEATURE] if len(self.strengths.columns) else []
        return (PREVALENCE, *rules, *calendar, *best, *([SCORECARD] if self.scorecard is not None else []))

    def fit(self, name: str, rows: np.ndarray) -> Estimator:
        """The rule ``name`` learned on the training rows ``rows`` (a mask over the panel)."""
        train = self._with_score(name).take(rows)
        if name == PREVALENCE:
            share = train.y.mean()
            return Prevalence(float(np.log(share / (1 - share))))
        return fit_rule(train, self._timing if name == CALENDAR else [self.feature_of(name, rows)])

    def columns(self, name: str, rows: np.ndarray) -> pd.DataFrame:
        """Rows to ask the rule about."""
        return self._with_score(name).X.loc[rows]

    def feature_of(self, name: str, rows: np.ndarray) -> str:
        """The feature that the rule ``name`` reads when it learns on ``rows``."""
        if name == BEST_FEATURE:
            return best_feature(self.strengths, self.panel.cutoff[rows])
        known = {RECENCY: self.settings.recency_feature, TENURE: self.settings.tenure_feature, SCORECARD: _SCORE}
        return str(known[name])

    @property
    def _timing(self) -> list[str]:
        """What the calendar alone says of an account: how long it has been here, how soon its term ends."""
        told = [name for name in self.strengths.columns if self.panel.dimension.get(name) == _TIMING]
        return [name for name in told if self.panel.X[name].nunique() > 1]

    def _with_score(self, name: str) -> Panel:
        if name != SCORECARD:
            return self.panel
        return replace(self.panel, X=pd.DataFrame({_SCORE: self.scorecard}, index=self.panel.X.index))


def feature_aucs(panel: Panel) -> pd.DataFrame:
    """AUC of each number at each cutoff with both classes (cutoff × feature); a missing value ranks in the middle."""
    numbers = [name for name, kind in kinds_of(panel.X).items() if kind == "number"]
    values, found = panel.X[numbers].to_numpy(dtype=np.float64), {}
    for day in np.unique(panel.cutoff):
        here = panel.cutoff == day
        y = panel.y[here]
        if y.any() and not y.all() and numbers:
            found[day] = _aucs(values[here], y)
    return pd.DataFrame.from_dict(found, orient="index", columns=numbers)


def _aucs(values: FloatArray, y: np.ndarray) -> FloatArray:
    """AUC of each column, by mean ranks."""
    missing = np.isnan(values)
    kept = np.where(missing.all(axis=0), 0.0, values)
    filled = np.where(np.isnan(kept), np.nanmedian(kept, axis=0), kept)
    ranks = rankdata(filled, axis=0)
    left = int(y.sum())
    above = ranks[y].sum(axis=0) - left * (left + 1) / 2
    return np.asarray(above / (left * (len(y) - left)))


def best_feature(strengths: pd.DataFrame, cutoffs: np.ndarray) -> str:
    """The feature whose mean AUC at the given cutoffs is farthest from 0.5, on either side."""
    known = strengths.loc[strengths.index.isin(np.unique(cutoffs))]
    return str((known.mean() - 0.5).abs().idxmax())

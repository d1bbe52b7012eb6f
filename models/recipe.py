"""The champion's recipe, learned anew on the past of a fold: what it would have said there without knowing the answers.

A champion of three months knows most of the cutoffs whose answers are known. Its recipe (kind of model and features)
can still be asked about them, learned from what was known before each fold; or from no more than was known some time
before that, as a champion's knowledge is of some time before the accounts that it scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from models.baselines import BEST_FEATURE
from models.candidates import CANDIDATES
from models.churn import ChurnModel
from models.errors import FeatureMismatchError, OneClassError
from models.logistic import fit_rule
from models.panel import BoolArray, FloatArray
from models.split import Fold, thin
from models.threads import one_blas_thread
from models.walk import Predictions, Walk, needed


@dataclass(frozen=True)
class Recipe:
    """A kind of model and, where it was chosen from many, its one ``feature``; on the features that it knows."""

    name: str
    walk: Walk
    feature: str | None = None

    @classmethod
    def of(cls, champion: ChurnModel, walk: Walk) -> Recipe | None:
        """The champion's; None where it is not known any more, or asks for features that there are no more."""
        name, features = _name(champion), set(champion.features)
        if not features <= set(walk.panel.X) or name not in {*CANDIDATES, *walk.rules.names}:
            return None
        if name == BEST_FEATURE:
            return cls(name, walk, champion.estimator.features[0])
        if name not in CANDIDATES or features == set(walk.panel.X):
            return cls(name, walk)
        own = [column for column in walk.panel.X if column in features]
        return cls(name, replace(walk, panel=replace(walk.panel, X=walk.panel.X[own]), fits=None))

    def asked(self, folds: Sequence[Fold], days: int = 0) -> FloatArray:
        """Log-odds at the validated rows of ``folds``, learned from cutoffs at least ``days`` older than is allowed.

        NaN elsewhere, and in folds before which too few churns were known then.
        """
        made = np.full(len(self.walk.panel), np.nan)
        with one_blas_thread():
            for fold in folds:
                past, later = self._past(fold, days), self.walk.panel.rows_at(fold.validation)
                if self.walk.panel.take(past).churns >= needed(self.walk.settings):
                    made[later] = self._learned(past, later)
        return made

    def _past(self, fold: Fold, days: int) -> BoolArray:
        known = [day for day in fold.train if day <= max(fold.train) - timedelta(days=days)]
        kept: tuple[date, ...] = thin(known, self.walk.panel.rows_by_cutoff, self.walk.settings.max_rows)
        return self.walk.panel.rows_at(kept)

    def _learned(self, past: BoolArray, later: BoolArray) -> FloatArray:
        walk = self.walk
        try:
            if self.name in CANDIDATES:
                return walk.learner(self.name, past, later)[0]
            if self.feature is not None:
                return fit_rule(walk.panel.take(past), [self.feature]).log_odds(walk.panel.X.loc[later])
            return walk.rules.fit(self.name, past).log_odds(walk.rules.columns(self.name, later))
        except OneClassError:
            return np.full(int(later.sum()), np.nan)


def in_last_fold(champion: ChurnModel, walk: Walk) -> tuple[Predictions | None, str]:
    """The champion asked about the last fold, and a word on it; None where it cannot be asked.

    Where it knows part of that fold, its recipe is asked instead: learned anew before each fold, calibrated on the
    earlier ones.
    """
    fold = walk.folds[-1]
    first, known = min(fold.validation), date.fromisoformat(champion.cutoffs[-1])
    if (first - known).days >= fold.gap_days:
        made = _as_it_is(champion, walk, fold)
        return made, "" if made else "The champion asks for other features than there are now."
    recipe = Recipe.of(champion, walk)
    aware = f"The champion learned from cutoffs up to {known}, so it knows part of the last fold (from {first})"
    if recipe is None:
        return None, f"{aware}; its recipe ({_name(champion)}) cannot be learned anew on the features there are now."
    note = f"{aware}: 'champion' is its recipe ({recipe.name}), learned anew from what was known before."
    return walk.calibrated(recipe.asked(walk.folds)), note


def _as_it_is(champion: ChurnModel, walk: Walk, fold: Fold) -> Predictions | None:
    later, everywhere = walk.panel.rows_at(fold.validation), np.full(len(walk.panel), np.nan)
    try:
        everywhere[later] = champion.score(walk.panel.X.loc[later])["z"].to_numpy(dtype=np.float64)
    except FeatureMismatchError:
        return None
    return Predictions(everywhere, everywhere)


def _name(champion: ChurnModel) -> str:
    return str(champion.metadata.get("name"))

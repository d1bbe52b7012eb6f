"""The fitted, calibrated churn model: what is exported, loaded and asked for scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from models.calibration import Calibration
from models.candidates import Estimator
from models.errors import FeatureMismatchError
from models.hazard import COLUMNS, Survival
from models.panel import FloatArray, Kind, add_columns, kinds_of, plain
from models.scale import DIMENSIONS, POINTS_PER_LOG_ODDS, Scale

OTHER_DIMENSION = "usage"


@dataclass(frozen=True)
class ChurnModel:
    """An estimator with its calibration and scale, the features it expects and what it learned from.

    ``kinds``: ``number`` or ``text`` by feature, in order. ``cutoffs``: training cutoffs as ISO dates. ``version``
    names the model by its latest cutoff and content, without times or run ids. ``metadata``: plain values.
    """

    estimator: Estimator
    calibration: Calibration
    scale: Scale
    kinds: dict[str, Kind]
    dimension: dict[str, str]
    horizon_days: int
    grace_days: int
    cutoffs: tuple[str, ...]
    version: str
    metadata: dict[str, Any] = field(default_factory=dict)
    survival: Survival | None = None

    @property
    def features(self) -> tuple[str, ...]:
        """The features in the order they must come."""
        return tuple(self.kinds)

    def score(self, X: pd.DataFrame) -> pd.DataFrame:
        """One row for each row of ``X``, same index.

        Columns: z (calibrated log-odds), churn_probability, score, health, band, points_base, points_<dimension>, and
        the survival curve: churn_30d to churn_180d, weeks_to_leaving (NaN where the data cannot tell).
        Raises FeatureMismatchError where names, order or kinds differ from training.
        """
        return self.score_and_points(X)[0]

    def score_and_points(self, X: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        """``score`` and ``contributions`` in one pass over the trees."""
        points = self.contributions(X)
        z = self._z(X)
        score = self.scale.score(z)
        made = {
            "z": z,
            "churn_probability": 1 / (1 + np.exp(-z)),
            "score": score,
            "health": self.scale.health(score),
            "band": self.scale.band(score),
            "points_base": np.full(len(X), self.points_base),
        }
        return pd.DataFrame({**made, **self._by_dimension(points), **self._survival(z, X)}, index=X.index), points

    @property
    def points_base(self) -> float:
        """Points of the average training row against 60."""
        return POINTS_PER_LOG_ODDS * (self.calibration.a * self.estimator.base + self.calibration.b - self.scale.z0)

    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:
        """Points that each feature adds; negative is towards leaving."""
        return self.estimator.contributions(self._checked(X)) * (POINTS_PER_LOG_ODDS * self.calibration.a)

    def dimension_of(self, feature: str) -> str:
        """The dimension whose points a feature's points belong to."""
        return self.dimension.get(feature, OTHER_DIMENSION)

    def _z(self, X: pd.DataFrame) -> FloatArray:
        return self.calibration.apply(self.estimator.log_odds(self._checked(X)))

    def _survival(self, z: FloatArray, X: pd.DataFrame) -> dict[str, FloatArray]:
        if self.survival is None:
            return {name: np.full(len(X), np.nan) for name in COLUMNS}
        table = self.survival.table(z, X)
        return {name: table[name].to_numpy(np.float64) for name in COLUMNS}

    def _checked(self, X: pd.DataFrame) -> pd.DataFrame:
        """The columns this model uses, after all of them were compared with training."""
        _compare(kinds_of(X), self.kinds, X)
        return plain(X, {name: self.kinds[name] for name in self.estimator.features})

    def _by_dimension(self, points: pd.DataFrame) -> dict[str, FloatArray]:
        owner = [self.dimension_of(name) for name in points.columns]
        sums = {name: [place for place, own in enumerate(owner) if own == name] for name in DIMENSIONS}
        values = points.to_numpy(dtype=np.float64)
        return {f"points_{name}": add_columns(values, places) for name, places in sums.items()}


def _compare(found: Mapping[str, Kind], known: Mapping[str, Kind], X: pd.DataFrame) -> None:
    """Raise FeatureMismatchError naming every difference."""
    problems = [*_missing(found, known), *_new(found, known)]
    for name, kind in known.items():
        if name in found and found[name] != kind and X[name].notna().any():
            problems.append(f"Feature {name!r} is {found[name]}; the model learned from {kind}.")
    if not problems and list(found) != list(known):
        first = next(place for place, pair in enumerate(zip(found, known, strict=True)) if pair[0] != pair[1])
        problems.append(f"Features come in another order: position {first} is {list(found)[first]!r}, "
                        f"in training {list(known)[first]!r}.")  # fmt: skip
    if problems:
        raise FeatureMismatchError(*problems, hint="Run 'holdfast train' to learn from the features there are now.")


def _new(found: Mapping[str, Kind], known: Mapping[str, Kind]) -> list[str]:
    names = [name for name in found if name not in known]
    if not names:
        return []
    told = "feature is" if len(names) == 1 else "features are"
    return [f"{len(names)} {told} new since the champion was trained: {', '.join(names)}."]


def _missing(found: Mapping[str, Kind], known: Mapping[str, Kind]) -> list[str]:
    problems = []
    for name in known:
        if name not in found:
            near = get_close_matches(name, [other for other in found if other not in known], 1)
            problems.append(f"Feature {name!r} is missing" + (f"; did {near[0]!r} replace it?" if near else "."))
    return problems

"""Health on a scale that means something: every 10 points lower doubles the odds of leaving.

With calibrated churn log-odds ``z``::

    score  = 60 - 10 * (z - z0) / ln 2          unrounded
    health = clip(score, 0, 100)

``z0`` is frozen when the first champion is made, so 60 is this business's usual account: the median, unless that one
hardly ever leaves beside the average, whose chance is where red begins at the lowest. A contribution in log-odds times
``-10 / ln 2`` is a number of points, and ``score = 60 + points_base + the dimensions' points``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_expit, logsumexp

from models.panel import FloatArray

USUAL = 60.0
POINTS_PER_LOG_ODDS = -10.0 / log(2.0)
DIMENSIONS = (
    "usage", "adoption", "support", "effort", "sentiment", "relationship", "commercial", "onboarding", "timing",
)  # fmt: skip


@dataclass(frozen=True)
class Scale:
    """The frozen middle of the scale and the edges of its bands.

    ``z0``: calibrated churn log-odds of a score of 60. ``red``, ``amber``: below them the band is that colour.
    """

    z0: float
    version: str = "1"
    red: float = 40.0
    amber: float = 55.0

    def __post_init__(self) -> None:
        if not self.red < self.amber:
            raise ValueError(f"red must be below amber, found red={self.red} and amber={self.amber}")

    @classmethod
    def freeze(cls, z: FloatArray, version: str = "1", red: float = 40.0, amber: float = 55.0) -> Scale:
        """The scale whose 60 is the median of ``z``, or whose red begins at the average chance, whichever is riskier.

        Where leavers are easy to tell, the median is next to nothing: a few doublings of it are nothing to call about.
        """
        average = float(logsumexp(log_expit(z)) - logsumexp(log_expit(-z)))
        return cls(max(float(np.median(z)), average - (red - USUAL) / POINTS_PER_LOG_ODDS), version, red, amber)

    def score(self, z: FloatArray) -> FloatArray:
        """Unrounded, unclipped score; higher is healthier."""
        return USUAL + POINTS_PER_LOG_ODDS * (z - self.z0)

    def health(self, score: FloatArray) -> FloatArray:
        """The score within 0 and 100."""
        return np.clip(score, 0.0, 100.0)

    def band(self, score: FloatArray) -> NDArray[Any]:
        """``red``, ``amber`` or ``green`` for each score."""
        return np.select([score < self.red, score < self.amber], ["red", "amber"], "green").astype(object)

    def probability_at(self, score: float) -> float:
        """The churn probability that a score means."""
        return 1 / (1 + exp(-(self.z0 + (score - USUAL) / POINTS_PER_LOG_ODDS)))

"""What a training is told: plain values that the pipeline fills from its configuration."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Window = Literal["expanding", "sliding"]


@dataclass(frozen=True)
class TrainSettings:
    """How to learn and to test. Days are calendar days.

    ``candidates``: names in ``models.candidates.CANDIDATES``, the sober one first. ``benchmarks``: names in
    ``models.benchmarks.BENCHMARKS``, to stand beside and never be chosen. ``folds``: the last one is the test.
    ``min_churns``: fewer distinct churns than this are not learned from. ``max_rows``: training rows beyond it
    are thinned by whole cutoffs. ``threads``: fits that run side by side; never changes a result. ``resamples``: of
    the accounts, for intervals. ``recency_feature`` and ``tenure_feature``: the columns of the two simple rules that
    every business knows; a column that is not there is no rule. ``red`` and ``amber``: edges of the bands.
    ``trials``: of each search for parameters by Optuna; none chooses from a short list. ``trial_seconds``: limit of
    each search. ``renewal_feature``: days until the term ends, at which leaving is likelier.
    """

    horizon_days: int
    grace_days: int = 0
    candidates: tuple[str, ...] = ("logistic", "lightgbm")
    benchmarks: tuple[str, ...] = ()
    folds: int = 5
    window: Window = "expanding"
    min_churns: int = 30
    seed: int = 7
    max_rows: int = 200_000
    threads: int = 2
    resamples: int = 200
    recency_feature: str | None = "days_since_use"
    tenure_feature: str | None = "tenure_days"
    red: float = 40.0
    amber: float = 55.0
    trials: int = 0
    trial_seconds: float | None = None
    renewal_feature: str | None = "days_to_renewal"

    @property
    def gap_days(self) -> int:
        """Days after a cutoff until its labels are known: horizon plus grace."""
        return self.horizon_days + self.grace_days

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for a run's parameters."""
        return asdict(self)

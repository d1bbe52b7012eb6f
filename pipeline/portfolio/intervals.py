"""How sure a figure from answers is: 95 % intervals, widened where one account answered more than once.

Answers of one account resemble each other, so ``n`` answers tell less than ``n`` accounts would. The design effect
(Kish 1965, Survey Sampling, ch. 5 and 8) is the variance of the mean over accounts as clusters (Cochran 1977, Sampling
Techniques, eq. 6.9: a ratio of two sums) over that of independent answers, never below 1; n / effect answers count.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import stats

from models.shares import Z


@dataclass(frozen=True)
class Answers:
    """Sums over answers ``y`` and over the ``accounts`` that gave them (``n_i`` answers of sum ``y_i`` each)."""

    n: int
    y: int
    y2: int
    accounts: int
    account_y2: int
    account_yn: int
    account_n2: int

    @property
    def mean(self) -> float:
        """The mean of ``y``."""
        return self.y / self.n

    def effect(self) -> float:
        """The design effect; 1 where it cannot be told."""
        if self.n < 2 or self.accounts < 2:
            return 1.0
        mean = self.mean
        independent = (self.y2 - self.n * mean**2) / (self.n - 1) / self.n
        spread = self.account_y2 - 2 * mean * self.account_yn + mean**2 * self.account_n2
        clustered = self.accounts / (self.accounts - 1) * spread / self.n**2
        return max(1.0, clustered / independent) if independent > 0 else 1.0


def net_promoter(promoters: float, detractors: float, n: float) -> tuple[float, float]:
    """The adjusted Wald interval of promoters less detractors as a share of ``n`` (Rocks 2016): -1 to 1.

    Three answers are added: 3/4 promoters, 3/4 detractors, the rest passive.
    """
    more = n + 3
    best, worst = (promoters + 0.75) / more, (detractors + 0.75) / more
    net = best - worst
    half = Z * math.sqrt((best + worst - net**2) / more)
    return max(-1.0, net - half), min(1.0, net + half)


def mean_of(answers: Answers, n: float) -> tuple[float, float] | None:
    """Student's interval of a mean from ``n`` effective answers; None below two."""
    if answers.n < 2 or n < 2:
        return None
    variance = max(0.0, (answers.y2 - answers.n * answers.mean**2) / (answers.n - 1))
    half = float(stats.t.ppf(0.975, n - 1)) * math.sqrt(variance / n)
    return answers.mean - half, answers.mean + half

"""How sure a share is."""

from __future__ import annotations

import math

Z = 1.959963984540054
"""The 97.5 % quantile of the standard normal distribution."""


def wilson(successes: float, n: float) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson 1927): low and high, 0 to 1.

    Here and not scipy's, since ``n`` need be no whole number: answers that resemble each other count as fewer.
    """
    share, spread = successes / n, Z**2 / n
    middle = (share + spread / 2) / (1 + spread)
    half = Z / (1 + spread) * math.sqrt(share * (1 - share) / n + spread / (4 * n))
    return max(0.0, min(middle - half, share)), min(1.0, max(middle + half, share))

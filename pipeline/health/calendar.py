"""Health with and without the calendar of the contract: how near a renewal is, and how long an account has been here.

A model that is asked for the next quarter thinks well of whoever cannot leave in it. When the renewal comes within
reach health may fall by tens of points in one week, and nobody at the customer did anything.
"""

from __future__ import annotations

import pandas as pd

TIMING = "points_timing"
"""The column of the points of the calendar."""

MUCH = 20.0
"""Points of the calendar from which health is told without them too: four times the odds. Half as many are usual."""


def without_calendar(scored: pd.DataFrame) -> pd.Series:
    """The score without the points of the calendar; health where the points are not told."""
    if TIMING not in scored or "score" not in scored:
        return scored["health"].astype(float)
    return (scored["score"] - scored[TIMING].fillna(0.0)).astype(float)


def behaviour(scored: pd.DataFrame) -> pd.Series:
    """Health without the calendar, 0 to 100, where that is another by ``MUCH`` or more; missing elsewhere."""
    told = without_calendar(scored).clip(0, 100)
    return told.where((told - scored["health"].astype(float)).abs() >= MUCH)

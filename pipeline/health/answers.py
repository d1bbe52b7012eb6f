"""How long an answer speaks for an account."""

from __future__ import annotations

import pandas as pd

RECENT_DAYS = 182
"""An answer older than half a year says little about today."""


def recent(answers: pd.Series, ages: pd.Series) -> pd.Series:
    """The answers that are no older than half a year (``ages`` in days); one of unknown age counts."""
    return answers.where(~(ages > RECENT_DAYS))

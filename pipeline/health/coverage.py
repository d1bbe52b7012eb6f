"""How much of what the company could know about an account it does know, and how old that is.

Coverage says how far to trust a score. It never adds risk: an account that is merely quiet in one source looks no
worse for it.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

WEEKS = 13
"""A source spoke for an account when its latest row is no older than this."""


def coverage(last_seen: pd.DataFrame, as_of: date, *, weeks: int = WEEKS) -> pd.DataFrame:
    """The share of the configured sources that spoke for each account, and the age of each in days.

    ``last_seen`` has one row an account and one column a configured source: the moment of the account's latest row
    known at ``as_of``, missing where there is none. Returns, indexed alike, ``coverage`` (0 to 1; missing where no
    source is configured) and ``age_<source>`` (days, missing where the source never spoke).
    """
    ages = pd.DataFrame(index=last_seen.index)
    for source in last_seen.columns:
        passed = pd.Timestamp(as_of) - pd.to_datetime(last_seen[source])
        ages[f"age_{source}"] = np.floor(passed.dt.total_seconds() / 86_400)
    spoke = (ages <= 7 * weeks).sum(axis=1) / ages.shape[1] if ages.shape[1] else np.nan
    result = pd.DataFrame({"coverage": spoke}, index=last_seen.index, dtype=float)
    return pd.concat([result, ages], axis=1)

"""Accounts to learn from where there are too many rows to hold: a part of the accounts, whole, the same every time.

A part of the accounts keeps the share that leaves, every cutoff, and all rows of an account together; and distinct
accounts teach more than the same ones at one more cutoff. Who is in it is decided by a hash of the name, so that it is
the same on every machine and in every week. Folds with more rows than they may learn from still leave out whole
cutoffs (``models.split.thin``).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from models.panel import BoolArray

HELD = 2
"""Rows that are held in all, as a multiple of those that one model may learn from."""


def sampled(account_id: pd.Series, max_rows: int) -> BoolArray:
    """Which rows stay: all where ``HELD * max_rows`` are enough, else those of as large a part of the accounts."""
    share = HELD * max_rows / max(1, len(account_id))
    if share >= 1:
        return np.ones(len(account_id), dtype=bool)
    codes, names = pd.factorize(account_id)
    hashed = pd.util.hash_array(names.to_numpy(dtype=object), categorize=False)
    return np.asarray(hashed < np.uint64(share * 2**64))[codes]

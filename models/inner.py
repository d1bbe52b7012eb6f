"""Where a fit looks to tune itself: later cutoffs of its own training rows, with the same gap as everywhere.

Where these hold too few churns it looks at accounts it has not seen instead: weaker evidence, but enough to tell how
hard to regularise.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import numpy as np

from models.errors import HistoryError
from models.panel import Panel
from models.settings import TrainSettings
from models.split import thin, time_folds

ENOUGH_CHURNS = 15
_GROUPS = 3

Split = tuple[Panel, Panel]


def inner_splits(panel: Panel, settings: TrainSettings, folds: int, share: float, max_rows: int) -> list[Split]:
    """Pairs of rows to learn from and rows to be asked about, each thinned to ``max_rows`` by whole cutoffs.

    Empty where neither later cutoffs nor unseen accounts hold 15 distinct churns on either side.
    """
    later = [each for each in _in_time(panel, settings, folds, share, max_rows) if _tells(each)]
    return later or [each for each in _by_account(_thinned(panel, panel.cutoffs, max_rows)) if _tells(each)]


def _in_time(panel: Panel, settings: TrainSettings, folds: int, share: float, max_rows: int) -> list[Split]:
    try:
        made = time_folds(panel.cutoffs, settings.horizon_days, settings.grace_days, folds, share=share)
    except HistoryError:
        return []
    return [(_thinned(panel, fold.train, max_rows), _thinned(panel, fold.validation, max_rows)) for fold in made]


def _by_account(panel: Panel) -> list[Split]:
    """Thirds of the accounts, each in turn unseen."""
    group = np.unique(panel.account_id.astype(str), return_inverse=True)[1] % _GROUPS
    return [(panel.take(group != each), panel.take(group == each)) for each in range(_GROUPS)]


def _thinned(panel: Panel, cutoffs: Iterable[date], max_rows: int) -> Panel:
    return panel.at(thin(cutoffs, panel.rows_by_cutoff, max_rows))


def _tells(split: Split) -> bool:
    past, future = split
    return min(past.churns, future.churns) >= ENOUGH_CHURNS and not (past.y.all() or future.y.all())

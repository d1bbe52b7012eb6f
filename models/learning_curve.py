"""What more churns, or a longer history, would bring: the candidate on the last fold after learning from less."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from joblib import Parallel, delayed

from models.backtest import Backtest
from models.errors import OneClassError
from models.evaluate import Evaluation, Interval, paired
from models.panel import BoolArray, FloatArray
from models.threads import one_blas_thread
from models.walk import Walk

SHARES = (0.25, 0.5, 0.75, 1.0)
_RISES = 0.01

Point = tuple[dict[str, Any], BoolArray]


def learning_curve(found: Backtest) -> dict[str, Any]:
    """AUC on the last fold after learning from a share of the accounts, and from the latest part of the cutoffs."""
    walk, name = found.walk, found.verdict.candidate
    later = walk.panel.rows_at(walk.folds[-1].validation)
    settings = walk.settings
    evaluation = Evaluation(walk.panel.take(later), settings.resamples, settings.seed, settings.gap_days)
    by_churns, by_history = _by_churns(walk), _by_history(walk)
    drawn = _aucs(walk, name, later, [rows for _, rows in (*by_churns, *by_history)], evaluation.auc)
    made = [{**about, "churns": walk.panel.take(rows).churns, "auc": Interval.of(auc).to_dict()}
            for (about, rows), auc in zip((*by_churns, *by_history), drawn, strict=True)]  # fmt: skip
    split = len(by_churns)
    told = [_words("More churns", drawn[:split]), _words("A longer history", drawn[split:])]
    return {"model": name, "by_churns": made[:split], "by_history": made[split:], "told": " ".join(told)}


def _by_churns(walk: Walk) -> list[Point]:
    """The last fold's training rows of growing parts of the accounts, each part within the next."""
    past = walk.panel.rows_at(walk.training(walk.folds[-1]))
    names, code = np.unique(walk.panel.account_id.astype(str), return_inverse=True)
    place = np.random.default_rng(walk.settings.seed).permutation(len(names))[code]
    points = [(share, past & (place < share * len(names))) for share in SHARES]
    return [({"share": share, "accounts": walk.panel.take(rows).accounts}, rows) for share, rows in points]


def _by_history(walk: Walk) -> list[Point]:
    """The last fold's training rows at the latest part of its cutoffs."""
    days = walk.training(walk.folds[-1])
    parts = dict.fromkeys(days[-max(1, round(share * len(days))) :] for share in SHARES)
    return [({"cutoffs": len(part), "first_cutoff": part[0].isoformat()}, walk.panel.rows_at(part)) for part in parts]


def _aucs(
    walk: Walk, name: str, later: BoolArray, parts: list[BoolArray], auc: Callable[[FloatArray], FloatArray]
) -> list[FloatArray]:
    def point(rows: BoolArray) -> FloatArray:
        try:
            return auc(walk.learner(name, rows, later)[0])
        except OneClassError:
            return np.full(walk.settings.resamples + 1, np.nan)

    with one_blas_thread():
        return list(Parallel(walk.settings.threads, backend="threading")(delayed(point)(rows) for rows in parts))


def _words(what: str, drawn: list[FloatArray]) -> str:
    """What the last doubling brought."""
    half, whole = drawn[max(0, len(drawn) // 2 - 1)], drawn[-1]
    if len(drawn) < 2 or not (np.isfinite(half[0]) and np.isfinite(whole[0])):
        return f"{what}: half of what there is teaches nothing, so the curve cannot be drawn."
    gain = paired(whole, half)
    helps = "would probably help" if (gain.low or 0.0) > 0 or (gain.value or 0.0) > _RISES else "would hardly help"
    return f"{what} {helps}: AUC {half[0]:.3f} after learning from half, {whole[0]:.3f} from all."

"""Whether a model knows behaviour or merely remembers accounts: it is asked about accounts it never saw.

In life a model scores accounts that it learned from, so the test in time does too. Beside it the last fold is asked
again of models that learned from the same cutoffs and other accounts. Where these are markedly worse, part of what
the model knows is who these accounts are, and new customers are judged less well.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from models.backtest import Backtest
from models.errors import OneClassError
from models.evaluate import Evaluation, Interval, paired
from models.panel import FloatArray
from models.unseen import GROUPS, groups, learned_without

MARKEDLY = 0.03
"""By how much the AUC on unseen accounts is lower before anybody is warned."""


def account_disjoint(found: Backtest) -> dict[str, Any]:
    """The candidate on the last fold: accounts it never saw beside the same accounts after it learned from them.

    A third of the accounts in turn is left out of what is learned. Both figures come from the same models, so less to
    learn from weighs on both alike.
    """
    walk, name = found.walk, found.verdict.candidate
    later = walk.panel.rows_at(walk.folds[-1].validation)
    told: dict[str, Any] = {"model": name, "groups": GROUPS}
    try:
        made = learned_without(walk, name, walk.panel.rows_at(walk.training(walk.folds[-1])), later)
    except OneClassError as error:
        return {**told, "note": " ".join(error.problems)}
    asked, group = walk.panel.take(later), groups(walk.panel)[later]
    evaluation = Evaluation(asked, walk.settings.resamples, walk.settings.seed, walk.settings.gap_days)
    rows = np.arange(len(asked))
    unseen, seen = evaluation.auc(made[group, rows]), evaluation.auc(made[(group + 1) % GROUPS, rows])
    difference = paired(unseen, seen)
    lower = (difference.high or 0.0) < 0 and (difference.value or 0.0) <= -MARKEDLY
    words = _words(name, unseen, seen, difference, lower)
    return {
        **told, "auc": Interval.of(unseen).to_dict(), "time_ordered": Interval.of(seen).to_dict(),
        "difference": difference.to_dict(), "markedly_lower": lower, "told": words,
    }  # fmt: skip


def _words(name: str, unseen: FloatArray, seen: FloatArray, difference: Interval, lower: bool) -> str:
    """What the difference says; nothing is claimed where its interval holds both a marked one and none."""
    figures = f"AUC {unseen[0]:.3f} on accounts it never saw, {seen[0]:.3f} on accounts it learned from"
    if difference.value is None or difference.low is None or difference.high is None:
        return f"Whether {name} remembers accounts cannot be told: {difference.note or 'too few churns'}."
    figures += f" ({difference.value:+.3f}, {difference.low:+.3f} to {difference.high:+.3f})"
    if lower:
        return f"{name} remembers accounts: {figures}. New customers are judged less well than the test says."
    if difference.low > -MARKEDLY:
        return f"{name} does not live on remembering accounts: {figures}."
    return f"Whether {name} remembers accounts cannot be told from so few churns: {figures}."

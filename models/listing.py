"""How good a list is: not every score, but the few accounts that somebody is asked to call.

A list is a number for each row of a panel: 1 where the account stood on the list of that cutoff, 0 where it did not,
and a share of one where a tie in a ranking is shared out.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.evaluate import Evaluation, Interval, paired
from models.panel import BoolArray, FloatArray, Panel

LIST_METRICS = ("precision", "recall", "lift", "revenue_caught")
"""Share of the list that left, share of those who left that was on it, precision over the base rate, and the share of
the revenue that left which was on it; each within the horizon after a cutoff."""


def plain_ranking(panel: Panel, z: FloatArray, listed: FloatArray) -> FloatArray:
    """The list of the same length at each cutoff that takes the likeliest to leave; a tie at its end is shared out."""
    made = np.zeros(len(panel))
    for day in np.unique(panel.cutoff):
        here = np.flatnonzero(panel.cutoff == day)
        made[here] = _top(z[here], float(listed[here].sum()))
    return made


def _top(z: FloatArray, length: float) -> FloatArray:
    """1 for the ``length`` highest values, evenly shared among those equal at the end."""
    _, place, counts = np.unique(-z, return_inverse=True, return_counts=True)
    before = np.cumsum(counts) - counts
    share: FloatArray = np.clip((length - before) / counts, 0.0, 1.0)[place]
    return share


def measure_list(evaluation: Evaluation, listed: FloatArray, revenue: FloatArray) -> dict[str, FloatArray]:
    """Each of ``LIST_METRICS``, the mean over cutoffs first and then its resamples.

    ``revenue`` of each row; what is not known counts as the usual one, as it does in the list itself.
    """
    known = np.isfinite(revenue)
    worth = np.where(known, revenue, np.median(revenue[known]) if known.any() else np.nan)
    found = [_at(evaluation, here, listed[here], worth[here]) for here in evaluation.cutoffs]
    return {name: evaluation.average([each[name] for each in found]) for name in LIST_METRICS}


def _at(
    evaluation: Evaluation, here: NDArray[np.int64], listed: FloatArray, worth: FloatArray
) -> dict[str, FloatArray]:
    """The four figures at one cutoff under every weighting; NaN where there is nothing to divide by."""
    weights, left = evaluation.weights(here), evaluation.panel.y[here].astype(np.float64)
    everyone, on_list, gone = weights.sum(axis=0), listed @ weights, left @ weights
    caught, lost = (listed * left) @ weights, (worth * left) @ weights
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = caught / on_list
        return {
            "precision": precision,
            "recall": caught / gone,
            "lift": precision / (gone / everyone),
            "revenue_caught": ((worth * listed * left) @ weights) / lost,
        }


def compare_lists(evaluation: Evaluation, listed: FloatArray, z: FloatArray, revenue: FloatArray) -> dict[str, Any]:
    """A list beside the plain ranking by ``z`` of the same length, and their paired difference."""
    own = measure_list(evaluation, listed, revenue)
    plain = measure_list(evaluation, plain_ranking(evaluation.panel, z, listed), revenue)
    return {
        "cutoffs": len(evaluation.cutoffs),
        "listed": float(listed.sum() / max(1, len(evaluation.cutoffs))),
        "published": {name: Interval.of(own[name]).to_dict() for name in LIST_METRICS},
        "plain": {name: Interval.of(plain[name]).to_dict() for name in LIST_METRICS},
        "difference": {name: paired(own[name], plain[name]).to_dict() for name in LIST_METRICS},
    }


def lead_time(panel: Panel, listed: BoolArray) -> dict[str, Any]:
    """Days that the list gave: from when an account came on it, and stayed, to the day it left.

    Each churn counts once. ``listed`` of them stood on some list before they left; for those the quartiles of the
    days since the first cutoff of their last unbroken run on it.
    """
    rows = pd.DataFrame({"account": panel.account_id, "cutoff": panel.cutoff, "listed": listed})
    churns = pd.DataFrame({"account": panel.account_id[panel.y], "left": panel.churn_day[panel.y]}).drop_duplicates()
    order = {day: place for place, day in enumerate(np.unique(panel.cutoff))}
    began = _run_starts(rows, order)
    seen = churns.merge(began, on="account")
    last = seen[seen["until"] < seen["left"]].sort_values("until").drop_duplicates(["account", "left"], keep="last")
    days = (last["left"] - last["since"]).dt.days.to_numpy(dtype=np.float64)
    quartiles = np.quantile(days, [0.25, 0.5, 0.75]) if len(days) else [None] * 3
    low, middle, high = (None if value is None else float(value) for value in quartiles)
    return {
        "churns": len(churns), "listed": len(last),
        "lower_quartile_days": low, "median_days": middle, "upper_quartile_days": high,
    }  # fmt: skip


def _run_starts(rows: pd.DataFrame, order: dict[Any, int]) -> pd.DataFrame:
    """Each unbroken run on the list: account, ``since`` and ``until`` (its first and last cutoff)."""
    on = rows[rows["listed"]].sort_values(["account", "cutoff"], kind="stable")
    place = on["cutoff"].map(order)
    fresh = (on["account"] != on["account"].shift()) | (place != place.shift() + 1)
    runs = on.assign(run=fresh.cumsum()).groupby("run")
    return runs.agg(account=("account", "first"), since=("cutoff", "min"), until=("cutoff", "max"))


def stability(panel: Panel, listed: BoolArray) -> dict[str, Any]:
    """``kept``: of those on a list who are still customers at the next cutoff, the mean share that is on that list too.

    ``steps``: how many pairs of lists that was.
    """
    days = np.unique(panel.cutoff)
    held = [pd.Series(listed[here], panel.account_id[here]) for here in (panel.cutoff == day for day in days)]
    shares = []
    for now, after in pairwise(held):
        still = after.reindex(now.index[now]).dropna()
        shares += [float(still.astype(bool).mean())] if len(still) else []
    return {"kept": float(np.mean(shares)) if shares else None, "steps": len(shares)}

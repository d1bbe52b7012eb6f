"""When, not only whether: each account's survival curve, held to the champion's probability at its horizon.

A discrete-time hazard by weeks (Singer and Willett 1993): the chance of leaving in a week, given that one is still
there, as a logistic function of the champion's log-odds, the week, and whether the term ends in it. Up to the horizon
its summed hazard gives the curve its shape and the champion its height; beyond it the hazard counts as it was learned,
for of those weeks the champion says nothing. With the summed hazard L(t) and the champion's log-odds z at the
horizon H::

    -log S(t) = log(1 + e^z) * L(t) / L(H)         t <= H
    -log S(t) = log(1 + e^z) + L(t) - L(H)         t > H

so S falls, and 1 - S(H) is the champion's probability. What an account did is followed through later cutoffs of the
same rows, so the curve may reach beyond the horizon; where too few accounts were watched that long it says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from models.panel import BoolArray, FloatArray, Panel
from models.settings import TrainSettings
from models.threads import one_blas_thread

DAYS = (30, 60, 90, 180)
COLUMNS = (*(f"churn_{days}d" for days in DAYS), "weeks_to_leaving")
_WEEKS = 26
_WATCHED = 50
"""Accounts that must have been watched to a week for the curve to reach it."""
_CHURNS = 20
_MOST_ROWS = 40_000
_STRENGTH = 10.0
_BENDS = np.log1p([1, 3, 6, 12])
"""Weeks at which the hazard may bend. Whoever has given notice is out of sight, so in the first weeks few leave."""
_SHORT = 35
"""Days within which a term may end again and again, as a monthly one does; a first end of many tells little."""


@dataclass(frozen=True)
class Survival:
    """A fitted hazard. ``reach_days``: how far its curves are supported; ``renewal``: the feature of the term's end."""

    coefficients: FloatArray
    intercept: float
    horizon_days: int
    reach_days: int
    renewal: str | None

    def curves(self, z: FloatArray, renews_in: FloatArray, days: FloatArray) -> FloatArray:
        """Probability of having left by each of ``days`` (columns) for each account (rows), not cut to the reach.

        ``z``: the champion's calibrated log-odds; ``renews_in``: days to the end of the term, NaN where unknown.
        """
        weeks = int(np.ceil(max(days.max(), self.horizon_days) / 7))
        shape = np.cumsum(self._hazards(z, renews_in, weeks), axis=1)
        ends = np.arange(weeks + 1) * 7.0
        summed = np.column_stack([np.zeros(len(z)), shape])
        found = np.array([np.interp([*days, self.horizon_days], ends, row) for row in summed]).reshape(len(z), -1)
        at, height, champion = found[:, :-1], found[:, -1:], np.logaddexp(0, z)[:, None]
        return np.asarray(-np.expm1(-np.where(at <= height, champion * at / height, champion + at - height)))

    def table(self, z: FloatArray, X: pd.DataFrame) -> pd.DataFrame:
        """``churn_30d`` to ``churn_180d``, and ``weeks_to_leaving``: the week by whose end half of such accounts left.

        NaN beyond what the data support, and for an account that is likelier to stay for all of it.
        """
        known = self.renewal is not None and self.renewal in X
        renews_in = X[self.renewal].to_numpy(np.float64) if known else np.full(len(X), np.nan)
        weekly = np.arange(1, self.reach_days // 7 + 1) * 7.0
        if not len(X):
            return pd.DataFrame({name: np.zeros(0) for name in COLUMNS}, index=X.index)
        left = self.curves(z, renews_in, np.array([*DAYS, *weekly], dtype=np.float64))
        made = {f"churn_{days}d": left[:, place] if days <= self.reach_days else np.full(len(X), np.nan)
                for place, days in enumerate(DAYS)}  # fmt: skip
        gone = left[:, len(DAYS) :] >= 0.5
        made["weeks_to_leaving"] = np.where(gone.any(axis=1), gone.argmax(axis=1) + 1.0, np.nan)
        return pd.DataFrame(made, index=X.index)

    def _hazards(self, z: FloatArray, renews_in: FloatArray, weeks: int) -> FloatArray:
        """The chance of leaving in each week (accounts, weeks), as a summed hazard counts it."""
        row, week = np.repeat(np.arange(len(z)), weeks), np.tile(np.arange(weeks), len(z))
        columns = _columns(z[row], week, renews_in[row])
        log_odds = np.einsum("ij,j->i", columns, self.coefficients) + self.intercept
        return np.asarray(np.logaddexp(0, log_odds)).reshape(len(z), weeks)


def fit_survival(panel: Panel, z: FloatArray, settings: TrainSettings) -> Survival | None:
    """Learn when accounts leave. ``z``: out-of-fold calibrated log-odds, NaN where there are none.

    None where fewer than 20 churns were predicted out of fold.
    """
    known = np.isfinite(z)
    if panel.take(known).churns < _CHURNS:
        return None
    weeks, left = follow_up(panel, settings.horizon_days)
    renewal = settings.renewal_feature if settings.renewal_feature in panel.X else None
    renews_in = panel.X[renewal].to_numpy(np.float64) if renewal else np.full(len(panel), np.nan)
    reach = _reach(panel.account_id[known], weeks[known], settings.horizon_days)
    rows = np.flatnonzero(known)[:: max(1, int(known.sum()) // _MOST_ROWS)]
    return _fit(z[rows], weeks[rows], left[rows], renews_in[rows], settings.horizon_days, reach, renewal)


def follow_up(panel: Panel, horizon_days: int) -> tuple[FloatArray, BoolArray]:
    """For each row how many weeks the account was watched from its cutoff on, and whether it then left.

    Later rows of the same account carry the watch on, as long as each begins before the one before it ends: an
    account out of sight in between is not followed beyond the gap.
    """
    start = panel.cutoff.astype("datetime64[D]").astype(np.int64).astype(np.float64)
    until = np.where(panel.y, panel.churn_day.astype("datetime64[D]").astype(np.int64), start + horizon_days)
    frame = pd.DataFrame({"account": panel.account_id, "start": start, "until": until, "left": panel.y})
    ordered = frame.sort_values(["account", "start"], kind="stable")[::-1]
    ends: dict[int, tuple[float, bool]] = {}
    later: tuple[str, float, float, bool] = ("", 0.0, 0.0, False)
    for index, account, begin, end, gone in ordered.itertuples(name=None):
        follows = not gone and account == later[0] and later[1] <= end
        ends[index] = (later[2], later[3]) if follows else (end, gone)
        later = (account, begin, *ends[index])
    last = np.array([ends[row][0] for row in range(len(frame))])
    gone = np.array([ends[row][1] for row in range(len(frame))], dtype=bool)
    return (last - start) / 7, gone


def _reach(accounts: np.ndarray, weeks: FloatArray, horizon_days: int) -> int:
    """Days that at least 50 accounts were watched for, no fewer than the horizon and at most 26 weeks."""
    longest = pd.Series(weeks).groupby(accounts).max().sort_values(ascending=False).to_numpy()
    watched = float(longest[_WATCHED - 1]) if len(longest) >= _WATCHED else 0.0
    return max(horizon_days, min(_WEEKS * 7, int(watched * 7)))


def _fit(
    z: FloatArray,
    weeks: FloatArray,
    left: BoolArray,
    renews_in: FloatArray,
    horizon_days: int,
    reach: int,
    renewal: str | None,
) -> Survival:
    """The hazard from one row for each account, cutoff and whole week at risk."""
    whole = np.where(left, np.floor(weeks) + 1, np.floor(weeks)).astype(np.int64)
    most = int(np.ceil(reach / 7))
    at_risk = np.minimum(whole, most)
    row = np.repeat(np.arange(len(z)), at_risk)
    week = np.arange(len(row)) - np.repeat(np.cumsum(at_risk) - at_risk, at_risk)
    leaves = left[row] & (week == whole[row] - 1)
    columns = _columns(z[row], week, renews_in[row])
    with one_blas_thread():
        fitted = LogisticRegression(C=_STRENGTH, solver="newton-cholesky", max_iter=100).fit(columns, leaves)
    return Survival(fitted.coef_[0].copy(), float(fitted.intercept_[0]), horizon_days, reach, renewal)


def _columns(z: FloatArray, week: np.ndarray, renews_in: FloatArray) -> FloatArray:
    """What the hazard of a week depends on; an unknown end of term is none."""
    time, log_week = np.log1p(week) - 2.0, np.log1p(week)
    bends = [np.maximum(log_week - place, 0) for place in _BENDS]
    term = np.nan_to_num(renews_in, nan=-1.0)
    ends = (term >= 7 * week) & (term < 7 * (week + 1))
    ended = (term >= 0) & (term < 7 * week)
    short = (term >= 0) & (term < _SHORT)
    # who leaves at a near end has mostly given notice and is out of sight, so ends weigh more the later they come
    terms = [ends, ends * time, ends * short, ended, short, short * time]
    return np.column_stack([z, z * time, time, *bends, *terms]).astype(np.float64)

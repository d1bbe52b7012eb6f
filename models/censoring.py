"""What an account tells that somebody stepped in for: what became of it until that day, and nothing after.

Leaving out whoever was touched at some time is biased by immortal time: who leaves early has less time to be touched,
so too many of those left over are leavers. Here an account counts until it is touched, and those who are still
untouched stand for the ones who were no different until then: inverse probability of censoring weights, from the
Kaplan-Meier curve of not being touched (Robins and Finkelstein 2000, Biometrics 56, 779-788; for what came true at a
horizon Gerds and Schumacher 2006, Biometrical Journal 48, 1029-1040). Who is likelier to leave is likelier to be
called, so accounts of like risk have a curve of their own; what else a team knew of an account when it
called is not told by the weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.panel import FloatArray

_SLICES, _LEAST = 10, 50
"""Slices of the accounts by risk, and the accounts that each must hold."""


@dataclass(frozen=True)
class Censored:
    """``weights``: for how many accounts each one stands, 0 for those touched before they left and the horizon ended.

    ``untouched``: the least share of accounts of like risk that would have reached the end of the horizon untouched.
    """

    weights: FloatArray
    untouched: float


def censored(left_after: FloatArray, touched_after: FloatArray, risk: FloatArray, horizon_days: int) -> Censored:
    """Weights of accounts that were all untouched at first.

    ``left_after`` and ``touched_after``: days until each left or was first touched, NaN for never; who was touched on
    the day it left has left first. ``risk``: what orders the accounts by how likely they are to leave.
    """
    until = np.fmin(left_after, horizon_days)
    touched = np.where(np.isnan(touched_after), np.inf, touched_after)
    weights, least = np.zeros(len(risk)), 1.0
    slices = max(1, min(_SLICES, len(risk) // _LEAST))
    for alike in np.array_split(np.argsort(risk, kind="stable"), slices):
        days, share = _untouched(until[alike], touched[alike])
        stands = touched[alike] >= until[alike]
        held = share[np.searchsorted(days, until[alike], side="left")]
        weights[alike[stands]] = 1 / held[stands]
        least = min(least, float(share[-1]))
    return Censored(weights, least)


def _untouched(until: FloatArray, touched: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Kaplan-Meier: the days on which somebody was touched, and the share untouched before the first and after each."""
    stepped_in = touched < until
    end = np.minimum(until, touched)
    days, count = np.unique(touched[stepped_in], return_counts=True)
    at_risk = np.array([(end > day).sum() for day in days], dtype=np.float64) + count
    return days, np.concatenate([[1.0], np.cumprod(1 - count / at_risk)])

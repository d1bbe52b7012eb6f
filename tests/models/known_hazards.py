"""Worlds in which the hazard of every account is known, so that the true odds of any number of days are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.panel import FloatArray, Panel, panel_from
from tests.models.worlds import START

HORIZON = 91
_EVERY = 28
_LEAST = 0.002


@dataclass(frozen=True)
class Known:
    """A panel, and the true chance of each of its rows to have left by each of some days (columns).

    ``z``: log-odds of a champion that is right about the horizon; ``gone``: days until each row's account left.
    """

    panel: Panel
    z: FloatArray
    truth: FloatArray
    gone: FloatArray

    @property
    def renews_in(self) -> FloatArray:
        """Days to the end of the term."""
        return self.panel.X["days_to_renewal"].to_numpy(np.float64)


def free_to_leave(days: FloatArray, accounts: int = 500, cutoffs: int = 20) -> Known:
    """Everybody may leave on any day, each at a rate of their own that never changes."""
    random = np.random.default_rng(11)
    rate = np.exp(-6.8 + 0.8 * random.normal(size=accounts))
    left_on = random.exponential(1 / rate)
    account, day = _seen(left_on, cutoffs)
    truth = -np.expm1(-rate[account][:, None] * np.append(days, HORIZON))
    return _known(account, day, left_on, truth, np.full(len(account), np.nan))


def bound_by_terms(days: FloatArray, accounts: int = 1000, cutoffs: int = 20) -> Known:
    """Whoever decides to leave says so and stays until the term ends; after that word they are out of sight.

    Half have terms of 30 days and may decide on any day, half of 365 days and decide in the last 60 before the end.
    """
    random = np.random.default_rng(12)
    term = np.where(np.arange(accounts) % 2 == 0, 30.0, 365.0)
    window = np.minimum(term, 60.0)
    first = random.random(accounts) * term
    rate = np.exp(-6.2 + 0.6 * random.normal(size=accounts)) * np.where(term > 60, 3.0, 1.0)
    # the wish ripens only on days within the window before an end; count those, and turn them back into the calendar
    open_before_first = np.minimum(first, window)
    ripe = random.exponential(1 / rate)
    full = np.ceil(np.maximum(ripe - open_before_first, 0) / window)
    left_on = first + full * term
    decided = left_on - np.where(full == 0, open_before_first - ripe, window * full + open_before_first - ripe)
    account, day = _seen(decided, cutoffs)
    renews_in = np.mod(first[account] - day, term[account])
    ahead, open_now = np.append(days, HORIZON) - renews_in[:, None], np.minimum(renews_in, window[account])
    later = np.floor(ahead / term[account][:, None]) * window[account][:, None]
    opened = np.where(ahead >= 0, open_now[:, None] + later, 0)
    return _known(account, day, left_on, -np.expm1(-rate[account][:, None] * opened), renews_in)


def _seen(until: FloatArray, cutoffs: int) -> tuple[np.ndarray, np.ndarray]:
    """Account and day of each row: at every cutoff those not yet gone or out of sight."""
    here = [np.flatnonzero(until > _EVERY * number) for number in range(cutoffs)]
    return np.concatenate(here), np.repeat(_EVERY * np.arange(cutoffs), [len(each) for each in here])


def _known(
    account: np.ndarray, day: np.ndarray, left_on: FloatArray, truth: FloatArray, renews_in: FloatArray
) -> Known:
    """The rows as a panel, already in its order; the last column of ``truth`` is that of the horizon."""
    gone = left_on[account] - day
    cutoff = START + pd.to_timedelta(day, unit="D")
    labels = pd.DataFrame({
        "account_id": [f"a{number:05d}" for number in account], "cutoff": cutoff, "label": gone < HORIZON,
        "churned_at": cutoff + pd.to_timedelta(np.floor(gone), unit="D"),
    })  # fmt: skip
    panel = panel_from(pd.DataFrame({"days_to_renewal": renews_in}), labels)
    at_horizon = np.clip(truth[:, -1], _LEAST, 1 - _LEAST)
    return Known(panel, np.log(at_horizon / (1 - at_horizon)), truth[:, :-1], gone)

"""Calibration anew, on what became of the latest list whose horizon has passed.

Only accounts that nobody touched are looked at: where a team acted on a list, a save looks like a false alarm.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from models.calibration import FEW_CHURNS, Calibration, calibrate
from models.churn import ChurnModel
from models.identity import identity

LEAST_CHURNS = 10


@dataclass(frozen=True)
class Recalibration:
    """What the latest finished horizon says; ``calibration`` is None where it only warns, and ``text`` says why.

    ``predicted`` and ``realised``: shares of leavers among the untouched ``accounts``; ``left_out``: touched ones.
    """

    calibration: Calibration | None
    cutoff: date | None
    accounts: int
    churns: int
    predicted: float
    realised: float
    left_out: int
    text: str


def recalibrate(realised: pd.DataFrame, as_of: date, horizon_days: int, grace_days: int = 0) -> Recalibration:
    """Slope and shift of published log-odds; only the shift below 50 churns, only a warning below 10.

    ``realised``: account_id, cutoff, z (published calibrated log-odds), y (left within the horizon), touched (listed
    or contacted before it ended); one row for each account and cutoff.
    """
    day = pd.to_datetime(realised["cutoff"])
    finished = day + timedelta(days=horizon_days + grace_days) <= pd.Timestamp(as_of)
    if not finished.any():
        nothing = f"No published week is {horizon_days + grace_days} days old yet; the calibration stays as it is."
        return Recalibration(None, None, 0, 0, float("nan"), float("nan"), 0, nothing)
    latest = realised.loc[day == day[finished].max()]
    alone = latest.loc[~latest["touched"].astype(bool)]
    z, y = alone["z"].to_numpy(np.float64), alone["y"].to_numpy(bool)
    churns = int(y.sum())
    found = calibrate(z, y, churns) if LEAST_CHURNS <= churns < len(y) else None
    shares = [float(np.mean(each)) if len(alone) else float("nan") for each in (1 / (1 + np.exp(-z)), y)]
    cutoff = day[finished].max().date()
    text = _told(found, cutoff, len(alone), churns, *shares)
    return Recalibration(found, cutoff, len(alone), churns, shares[0], shares[1], len(latest) - len(alone), text)


def recalibrated(model: ChurnModel, found: Recalibration) -> ChurnModel:
    """The model with the new calibration upon its own, under a new version; unchanged where there is none."""
    if found.calibration is None:
        return model
    own, new = model.calibration, found.calibration
    both = Calibration(new.a * own.a, new.a * own.b + new.b)
    made = replace(model, calibration=both)
    return replace(made, version=identity(made, model.version))


def _told(
    found: Calibration | None, cutoff: date, accounts: int, churns: int, predicted: float, realised: float
) -> str:
    seen = f"{churns} of {accounts} untouched accounts of {cutoff} left ({realised:.1%}; {predicted:.1%} was predicted)"
    if found is None:
        return f"{seen}: at least {LEAST_CHURNS} churns are needed to calibrate anew, so the calibration stays."
    kind = "slope and shift" if churns >= FEW_CHURNS else f"only the shift, with fewer than {FEW_CHURNS} churns"
    return f"{seen}: calibrated anew, {kind}."

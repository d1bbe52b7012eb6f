"""Calibration anew, on what became of the latest list whose horizon has passed.

Only accounts that nobody touched are looked at: where a team acted on a list, a save looks like a false alarm. A shift
within chance asks for nothing. Whether a new calibration may take over is asked of accounts that it was not learned
from: each half of them by the calibration of the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd

from models.calibration import FEW_CHURNS, Calibration, calibrate
from models.churn import ChurnModel
from models.gate import Check, GateVerdict
from models.identity import identity
from models.panel import BoolArray, FloatArray

LEAST_CHURNS = 10
_SURE, _TRUE = 2.6, 1.33
"""Standard deviations, and the ratio, beyond which expected and realised churn are apart."""
_INTERVAL = 1.96


@dataclass(frozen=True)
class Recalibration:
    """What the latest finished horizon says; ``calibration`` is None where it only warns, and ``text`` says why.

    ``predicted`` and ``realised``: shares of leavers among the untouched ``accounts``; ``left_out``: touched ones.
    ``needed``: whether the two are apart beyond chance and by more than a third. ``checks``: as at the gate.
    """

    calibration: Calibration | None
    cutoff: date | None
    accounts: int
    churns: int
    predicted: float
    realised: float
    left_out: int
    text: str
    needed: bool = False
    checks: tuple[Check, ...] = ()

    def verdict(self, against: str) -> GateVerdict:
        """Whether the new calibration may take over from the champion ``against``, whose order it keeps."""
        return GateVerdict(self.checks, against)

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for a week's manifest; no figures where there is nobody to tell of."""
        told: dict[str, Any] = {"cutoff": self.cutoff and self.cutoff.isoformat(), "accounts": self.accounts}
        told |= {"churns": self.churns, "left_out": self.left_out, "needed": self.needed, "told": self.text}
        shares = (self.predicted, self.realised) if self.accounts else (None, None)
        return {**told, "predicted": shares[0], "realised": shares[1]}


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
    latest = realised.loc[day == day[finished].max()].sort_values("account_id", kind="stable")
    alone = latest.loc[~latest["touched"].astype(bool)]
    return _found(alone, day[finished].max().date(), len(latest) - len(alone))


def _found(alone: pd.DataFrame, cutoff: date, left_out: int) -> Recalibration:
    """What the untouched accounts of one cutoff say."""
    z, y = alone["z"].to_numpy(np.float64), alone["y"].to_numpy(bool)
    churns, p = int(y.sum()), _probability(z)
    able = LEAST_CHURNS <= churns < len(y)
    needed = untrue(float(p.sum()), churns, _chance(p))
    predicted, realised = (float(np.mean(each)) if len(alone) else float("nan") for each in (p, y))
    text = _told(cutoff, len(alone), churns, predicted, realised, needed)
    calibration = calibrate(z, y, churns) if able else None
    checks = _checks(alone, z, y) if able else ()
    return Recalibration(calibration, cutoff, len(alone), churns, predicted, realised, left_out, text, needed, checks)


def untrue(expected: float, left: int, chance: float) -> bool:
    """Whether expected and realised churn are apart: beyond chance (a standard deviation) and by more than a third."""
    return abs(expected - left) > _SURE * chance and not 1 / _TRUE <= expected / max(left, 1) <= _TRUE


def _checks(alone: pd.DataFrame, z: FloatArray, y: BoolArray) -> tuple[Check, Check]:
    """What the gate asks of a new calibration, by accounts that it was not learned from."""
    new = _by_the_other_half(alone, z, y)
    gain = _loss(z, y) - _loss(new, y)
    mean, spread = float(gain.mean()), _INTERVAL * float(gain.std()) / np.sqrt(len(gain))
    better = (
        f"log loss {mean:+.4f} better than the champion's ({mean - spread:+.4f} to {mean + spread:+.4f}) on {len(y)} "
        "untouched accounts, each half by the calibration of the other; the order of accounts stays"
    )
    p = _probability(new)
    expected, left = float(p.sum()), int(y.sum())
    true = not untrue(expected, left, _chance(p))
    told = f"{expected:.1f} churns expected by the new calibration, {left} seen, {_probability(z).sum():.1f} by the old"
    return Check("better", bool(mean > spread), f"{better}."), Check("calibrated", true, f"{told}.")


def _by_the_other_half(alone: pd.DataFrame, z: FloatArray, y: BoolArray) -> FloatArray:
    """The log-odds of each half of the accounts, calibrated by the other half."""
    side = np.array([crc32(str(account).encode()) % 2 for account in alone["account_id"]], dtype=bool)
    new = z.copy()
    for own in (side, ~side):
        new[own] = calibrate(z[~own], y[~own], int(y[~own].sum())).apply(z[own])
    return new


def _probability(z: FloatArray) -> FloatArray:
    return np.asarray(1 / (1 + np.exp(-z)))


def _chance(p: FloatArray) -> float:
    """How far the churns of different accounts scatter if ``p`` is true."""
    return float(np.sqrt((p * (1 - p)).sum()))


def _loss(z: FloatArray, y: BoolArray) -> FloatArray:
    """Log loss of each row."""
    return np.asarray(np.logaddexp(0, z) - y * z)


def recalibrated(model: ChurnModel, found: Recalibration) -> ChurnModel:
    """The model with the new calibration upon its own, under a new version; unchanged where there is none.

    The base rate that lists are measured by moves along; the scale stays, so that 60 means what it meant.
    """
    if found.calibration is None:
        return model
    own, new = model.calibration, found.calibration
    both = Calibration(new.a * own.a, new.a * own.b + new.b)
    made = replace(model, calibration=both, metadata={**model.metadata, **_base_rate(model, new)})
    return replace(made, version=identity(made, model.version))


def _base_rate(model: ChurnModel, new: Calibration) -> dict[str, float]:
    """The usual share that leaves, by the new calibration; nothing where the model knows of none."""
    share = model.metadata.get("base_rate")
    if share is None or not 0 < share < 1:
        return {}
    return {"base_rate": float(_probability(new.apply(np.log([share / (1 - share)])))[0])}


def _told(cutoff: date, accounts: int, churns: int, predicted: float, realised: float, needed: bool) -> str:
    seen = f"{churns} of {accounts} untouched accounts of {cutoff} left"
    if accounts:
        seen += f" ({realised:.1%}; {predicted:.1%} was predicted)"
    if not needed:
        return f"{seen}: no further apart than chance allows, so the calibration stays."
    if churns < LEAST_CHURNS:
        return f"{seen}: apart beyond chance, but {LEAST_CHURNS} churns are needed to calibrate anew."
    kind = "slope and shift" if churns >= FEW_CHURNS else f"only the shift, with fewer than {FEW_CHURNS} churns"
    return f"{seen}: apart beyond chance, so the probabilities are to be calibrated anew ({kind})."

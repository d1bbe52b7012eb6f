"""Calibration anew, on what became of the latest list whose horizon has passed.

Where a team acted on a list, a save looks like a false alarm. So only accounts are looked at that nobody had touched at
the cutoff, each until it is touched (``models.censoring``); where hardly any stay untouched, this only warns. A shift
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
from models.censoring import Censored, censored
from models.churn import ChurnModel
from models.gate import Check, GateVerdict
from models.identity import identity
from models.panel import BoolArray, FloatArray

LEAST_CHURNS = 10
LEAST_UNTOUCHED = 0.2
"""The share of accounts of like risk that must stay untouched: one account stands for five at most."""
_SURE, _TRUE = 2.6, 1.33
"""Standard deviations, and the ratio, beyond which expected and realised churn are apart."""
_INTERVAL = 1.96


@dataclass(frozen=True)
class Recalibration:
    """What the latest finished horizon says; ``calibration`` is None where it only warns, and ``text`` says why.

    ``predicted`` and ``realised``: shares of leavers among the untouched ``accounts``, as weighted for those touched
    later; ``left_out``: accounts touched at the cutoff; ``touched_later``: those that tell only until then.
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
    touched_later: int = 0

    def verdict(self, against: str) -> GateVerdict:
        """Whether the new calibration may take over from the champion ``against``, whose order it keeps."""
        return GateVerdict(self.checks, against)

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for a week's manifest; no figures where there is nobody to tell of."""
        told: dict[str, Any] = {"cutoff": self.cutoff and self.cutoff.isoformat(), "accounts": self.accounts}
        told |= {"churns": self.churns, "left_out": self.left_out, "touched_later": self.touched_later}
        told |= {"needed": self.needed, "told": self.text}
        shares = (self.predicted, self.realised) if self.accounts else (None, None)
        return {**told, "predicted": shares[0], "realised": shares[1]}


def recalibrate(realised: pd.DataFrame, as_of: date, horizon_days: int, grace_days: int = 0) -> Recalibration:
    """Slope and shift of published log-odds; only the shift below 50 churns, only a warning below 10.

    ``realised``: account_id, cutoff, z (published calibrated log-odds), left_after (days until it left within the
    horizon, or gave notice that it would) and touched_after (days until it was listed or contacted), both NaN where
    that never was; one row for each account and cutoff.
    """
    day = pd.to_datetime(realised["cutoff"])
    finished = day + timedelta(days=horizon_days + grace_days) <= pd.Timestamp(as_of)
    if not finished.any():
        nothing = f"No published week is {horizon_days + grace_days} days old yet; the calibration stays as it is."
        return Recalibration(None, None, 0, 0, float("nan"), float("nan"), 0, nothing)
    latest = realised.loc[day == day[finished].max()].sort_values("account_id", kind="stable")
    later = latest.loc[~(latest["touched_after"] <= 0)]
    left, touched, z = (later[name].to_numpy(np.float64) for name in ("left_after", "touched_after", "z"))
    found = _found(later, censored(left, touched, z, horizon_days), day[finished].max().date())
    return replace(found, left_out=len(latest) - len(later))


@dataclass(frozen=True)
class _Seen:
    """The accounts that tell: names, published log-odds, who left, and for how many each stands."""

    account_id: pd.Series
    z: FloatArray
    y: BoolArray
    weights: FloatArray

    def share(self, values: FloatArray | BoolArray) -> float:
        """The weighted mean."""
        return float(self.weights @ values / self.weights.sum()) if len(values) else float("nan")

    def chance(self, p: FloatArray) -> float:
        """How far the weighted churns of different accounts scatter if ``p`` is true."""
        return float(np.sqrt((self.weights**2 * p * (1 - p)).sum()))


def _found(later: pd.DataFrame, by: Censored, cutoff: date) -> Recalibration:
    """What the accounts of one cutoff say that were untouched then."""
    tells = by.weights > 0
    left = later["left_after"].notna().to_numpy()
    z = later["z"].to_numpy(np.float64)
    seen = _Seen(later["account_id"][tells], z[tells], left[tells], by.weights[tells])
    churns, p = int(seen.y.sum()), _probability(seen.z)
    able = LEAST_CHURNS <= churns < len(seen.y) and by.untouched >= LEAST_UNTOUCHED
    needed = untrue(float(seen.weights @ p), float(seen.weights @ seen.y), seen.chance(p))
    calibration = calibrate(seen.z, seen.y, churns, seen.weights) if able else None
    made = Recalibration(
        calibration, cutoff, len(seen.y), churns, seen.share(p), seen.share(seen.y), 0, "", needed,
        _checks(seen) if able else (), int((~tells).sum()),
    )  # fmt: skip
    return replace(made, text=_told(made, by))


def untrue(expected: float, left: float, chance: float) -> bool:
    """Whether expected and realised churn are apart: beyond chance (a standard deviation) and by more than a third."""
    return abs(expected - left) > _SURE * chance and not 1 / _TRUE <= expected / max(left, 1) <= _TRUE


def _checks(seen: _Seen) -> tuple[Check, Check]:
    """What the gate asks of a new calibration, by accounts that it was not learned from."""
    new, weights, y = _by_the_other_half(seen), seen.weights, seen.y
    gain = _loss(seen.z, y) - _loss(new, y)
    mean = seen.share(gain)
    spread = _INTERVAL * float(np.sqrt((weights**2 * (gain - mean) ** 2).sum())) / float(weights.sum())
    better = (
        f"log loss {mean:+.4f} better than the champion's ({mean - spread:+.4f} to {mean + spread:+.4f}) on {len(y)} "
        "untouched accounts, each half by the calibration of the other; the order of accounts stays"
    )
    p = _probability(new)
    expected, left, old = (float(weights @ each) for each in (p, y, _probability(seen.z)))
    true = not untrue(expected, left, seen.chance(p))
    told = f"{expected:.1f} churns expected by the new calibration, {left:.0f} seen, {old:.1f} by the old"
    return Check("better", bool(mean > spread), f"{better}."), Check("calibrated", true, f"{told}.")


def _by_the_other_half(seen: _Seen) -> FloatArray:
    """The log-odds of each half of the accounts, calibrated by the other half."""
    side = np.array([crc32(str(account).encode()) % 2 for account in seen.account_id], dtype=bool)
    z, y, new = seen.z, seen.y, seen.z.copy()
    for own in (side, ~side):
        new[own] = calibrate(z[~own], y[~own], int(y[~own].sum()), seen.weights[~own]).apply(z[own])
    return new


def _probability(z: FloatArray) -> FloatArray:
    return np.asarray(1 / (1 + np.exp(-z)))


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


def _told(found: Recalibration, by: Censored) -> str:
    churns = found.churns
    seen = f"{churns} of {found.accounts} untouched accounts of {found.cutoff} left"
    if found.accounts:
        counted = ", with those touched later counted until then" if found.touched_later else ""
        seen += f" ({found.realised:.1%}{counted}; {found.predicted:.1%} was predicted)"
    if not found.needed:
        return f"{seen}: no further apart than chance allows, so the calibration stays."
    if churns < LEAST_CHURNS:
        return f"{seen}: apart beyond chance, but {LEAST_CHURNS} churns are needed to calibrate anew."
    if by.untouched < LEAST_UNTOUCHED:
        return f"{seen}: apart beyond chance, but too many were touched before the end to calibrate anew."
    kind = "slope and shift" if churns >= FEW_CHURNS else f"only the shift, with fewer than {FEW_CHURNS} churns"
    return f"{seen}: apart beyond chance, so the probabilities are to be calibrated anew ({kind})."

"""Whether a challenger may take the champion's place: one rule, and the reasons in words.

The two meet on cutoffs later than anything the champion knew, the challenger by what its recipe predicted out of fold.
With at least ``FEW`` churns there the challenger passes if

- it ranks better beyond noise: the interval of the paired difference in AUC lies above 0; or the champion is stale and
  the challenger is not worse: the difference is above ``-SLACK``;
- its probabilities are true there: expected and realised churn within chance, within a fifth, or no further apart than
  the champion's;
- no segment with at least ``FEW`` churns is ranked worse beyond chance, allowing for the number of segments: those of
  the evidence, and renewals inside the horizon and the rest, which the evidence measures apart.

Where nothing later is known yet nothing is proved: only a stale champion gives way, and only to a challenger whose own
grade is no lower, whose probabilities are true on its own last fold, and that has no weak segment which the champion
did not have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from models.backtest import Backtest
from models.churn import ChurnModel
from models.errors import FeatureMismatchError
from models.evaluate import Evaluation, paired
from models.panel import BoolArray, FloatArray, Panel
from models.segments import Groups, segments_of
from models.settings import TrainSettings

FEW = 10
"""Fewer distinct churns than this prove nothing."""
SLACK = 0.01
"""AUC by which a challenger may be behind a stale champion and still count as not worse."""
_CLOSE = 1.25
_SURE = 0.05
_GRADES = ("none", "C", "B", "A")


@dataclass(frozen=True)
class Check:
    """One condition, whether it holds, and how that was found."""

    name: str
    passed: bool
    told: str


@dataclass(frozen=True)
class GateVerdict:
    """All conditions; the gate opens only if every one holds."""

    checks: tuple[Check, ...]
    against: str
    """Version of the champion that was met."""

    @property
    def passed(self) -> bool:
        """Whether the gate opens."""
        return all(check.passed for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        """As plain values, kept beside the challenger."""
        return {"passed": self.passed, "against": self.against, "checks": [asdict(check) for check in self.checks]}


@dataclass(frozen=True)
class Holder:
    """The champion as a challenger meets it, with its ``grade`` and ``weak`` segments of the day it was trained."""

    model: ChurnModel
    as_of: date
    grade: str
    stale: bool
    weak: tuple[str, ...] = ()


def meet(found: Backtest, settings: TrainSettings, holder: Holder, groups: Groups) -> GateVerdict:
    """The verdict on what ``found`` chose, against ``holder``. ``groups``: the segments of the rows of its panel."""
    panel, z = found.panel, found.predictions[found.chosen].z
    later = np.isfinite(z) & (panel.cutoff >= np.datetime64(holder.as_of))
    rows = panel.take(later)
    own = _champion_z(holder.model, rows)
    if own is None or rows.churns < FEW:
        checks = _unmeasured(found, holder, rows.churns, own is None)
    else:
        segments = {name: chosen[later] for name, chosen in _segments(found.panel, groups)}
        checks = _measured(_Meeting(rows, z[later], own, settings, segments), holder)
    return GateVerdict(tuple(checks), holder.model.version)


@dataclass(frozen=True)
class _Meeting:
    """Challenger and champion on the same rows, under the same weightings; ``segments``: the rows of each, by name."""

    rows: Panel
    new: FloatArray
    old: FloatArray
    settings: TrainSettings
    segments: Mapping[str, BoolArray]

    def difference(self, chosen: BoolArray | None = None) -> FloatArray:
        """AUC of the challenger less the champion's: the value first, then its resamples."""
        rows = np.ones(len(self.rows), dtype=bool) if chosen is None else chosen
        settings = self.settings
        judge = Evaluation(self.rows.take(rows), settings.resamples, settings.seed, settings.gap_days)
        return judge.auc(self.new[rows]) - judge.auc(self.old[rows])


def _measured(met: _Meeting, holder: Holder) -> Iterable[Check]:
    yield _better(met, holder)
    yield _true(met.rows, met.new, met.old)
    yield _no_segment_worse(met)


def _better(met: _Meeting, holder: Holder) -> Check:
    drawn = met.difference()
    found = paired(drawn, np.zeros_like(drawn))
    told = (
        f"AUC {'' if found.value is None else f'{found.value:+.3f}'} against the champion "
        f"({found.low or 0.0:+.3f} to {found.high or 0.0:+.3f}) on {len(met.rows.cutoffs)} cutoffs from "
        f"{met.rows.cutoffs[0]}, which neither had learned from, with {met.rows.churns} churns"
    )
    if (found.low or 0.0) > 0:
        return Check("better", True, f"{told}: better beyond noise.")
    if not holder.stale:
        return Check("better", False, f"{told}: not better beyond noise, and the champion is not stale.")
    if found.value is not None and found.value > -SLACK:
        return Check("better", True, f"{told}: not worse, and the champion is stale.")
    return Check("better", False, f"{told}: worse, so even a stale champion stays.")


def _unmeasured(found: Backtest, holder: Holder, churns: int, other_features: bool) -> Iterable[Check]:
    why = (
        "the champion learned from other features"
        if other_features
        else f"only {churns} churns are known at cutoffs later than {holder.as_of}, of {FEW} needed"
    )
    if not holder.stale:
        yield Check("better", False, f"Nothing can be proved: {why}, and the champion is not stale.")
    else:
        lower = _GRADES.index(found.grade) < _GRADES.index(holder.grade)
        told = f"The champion is stale; {why}, so grades are compared: {found.grade}, the champion's was {holder.grade}"
        yield Check("better", not lower, f"{told}.")
    last = np.isfinite(found.predictions[found.chosen].z)
    last &= found.panel.rows_at([day for day in found.panel.cutoffs if _in_test(found, day)])
    yield _true(found.panel.take(last), found.predictions[found.chosen].z[last], None)
    new = sorted(set(weak_segments(found)) - set(holder.weak))
    told = f"weak where the champion was not: {', '.join(new)}." if new else "none is weak that was not so before."
    yield Check("segments", not new, told)


def _in_test(found: Backtest, day: date) -> bool:
    return str(found.test["first_cutoff"]) <= day.isoformat() <= str(found.test["last_cutoff"])


def weak_segments(found: Backtest) -> tuple[str, ...]:
    """The segments that a backtest calls markedly worse than the rest, where it measured them."""
    told = found.to_dict().get("segments") or []
    return tuple(f"{each['by']} {each['segment']}" for each in told if isinstance(each, Mapping) and each.get("worse"))


def _champion_z(model: ChurnModel, rows: Panel) -> FloatArray | None:
    """The champion's calibrated log-odds; None where it knows other features."""
    if not len(rows):
        return np.array([])
    try:
        return model.score(rows.X)["z"].to_numpy(dtype=np.float64)
    except FeatureMismatchError:
        return None


def _true(rows: Panel, new: FloatArray, old: FloatArray | None) -> Check:
    """Whether expected and realised churn agree."""
    expected, left = _expected(new), int(rows.y.sum())
    off = pd.Series(rows.y - _probability(new)).groupby(rows.account_id).sum()
    chance = 2.0 * float(np.sqrt((off**2).sum()))
    told = f"{expected:.1f} churns expected, {left} seen (each as often as cutoffs saw it)"
    if abs(expected - left) <= chance or (left and 1 / _CLOSE <= expected / left <= _CLOSE):
        return Check("calibrated", True, f"{told}.")
    if old is not None and abs(_expected(old) - left) >= abs(expected - left):
        return Check("calibrated", True, f"{told}; the champion expected {_expected(old):.1f}.")
    return Check("calibrated", False, f"{told}: beyond chance and by more than a fifth.")


def _probability(z: FloatArray) -> FloatArray:
    return np.asarray(1 / (1 + np.exp(-z)))


def _expected(z: FloatArray) -> float:
    return float(_probability(z).sum())


def _no_segment_worse(met: _Meeting) -> Check:
    able = {name: rows for name, rows in met.segments.items() if met.rows.take(rows).churns >= FEW}
    drawn = {name: met.difference(rows) for name, rows in able.items()}
    judged = {name: each for name, each in drawn.items() if np.isfinite(each[0])}
    bar = float(norm.ppf(1 - _SURE / max(1, len(judged))))
    worse = [name for name, each in judged.items() if each[0] + bar * float(np.nanstd(each[1:])) < 0]
    if worse:
        told = ", ".join(f"{name} ({judged[name][0]:+.3f})" for name in worse)
        return Check("segments", False, f"ranked worse than by the champion: {told}.")
    counted = f"{len(judged)} segments with at least {FEW} churns" if judged else f"no segment has {FEW} churns"
    return Check("segments", True, f"{counted}; none is ranked worse beyond chance.")


def _segments(panel: Panel, groups: Groups) -> Iterable[tuple[str, BoolArray]]:
    """Each segment by what divides it and its name."""
    renewal = np.where(panel.renewal_in_horizon, "yes", "no").astype(object)
    for by, segments in segments_of({**groups, "renewal in horizon": renewal}):
        yield from ((f"{by} {name}", rows) for name, rows in segments if len(segments) > 1)

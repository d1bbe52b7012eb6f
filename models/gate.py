"""Whether a challenger may take the champion's place: one rule, and the reasons in words.

The two meet on later cutoffs that neither has learned from, the challenger by what its recipe predicted out of fold.
Where at least ``FEW`` churns are known at cutoffs later than anything the champion knew, the champion itself is asked.
Where not, as after the first training with a long horizon, its recipe is: learned anew before each fold from what was
known as long before as the champion's knowledge is old today. Both are asked about the same later folds; about the
last fold alone where the challenger is of another recipe, for that was chosen by the folds before. It passes if

- it ranks better beyond noise: the interval of the paired difference in AUC lies above 0;
- its probabilities are true there: expected and realised churn within chance, within a fifth, or no further apart than
  the champion's;
- no segment with at least ``FEW`` churns is ranked worse beyond chance, allowing for the number of segments: those of
  the evidence, and renewals inside the horizon and the rest, which the evidence measures apart.

What is neither better nor worse beyond noise, or could not be measured, is unproven: it passes by no schedule and by no
setting, only by a person who says why. Whether the champion is stale is told, for that person.
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
from models.evaluate import Evaluation, Interval
from models.panel import BoolArray, FloatArray, Panel
from models.recipe import Recipe
from models.segments import Groups, segments_of
from models.settings import TrainSettings

FEW = 10
"""Fewer distinct churns than this prove nothing."""
_CLOSE = 1.25
_SURE = 0.05


@dataclass(frozen=True)
class Check:
    """One condition, whether it holds, and how that was found; ``unproven``: a person may let it pass all the same."""

    name: str
    passed: bool
    told: str
    unproven: bool = False


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

    @property
    def unproven(self) -> bool:
        """Whether it stays shut, and nothing but missing proof keeps it so."""
        return not self.passed and all(check.passed or check.unproven for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        """As plain values, kept beside the challenger."""
        checks = [asdict(check) for check in self.checks]
        return {"passed": self.passed, "unproven": self.unproven, "against": self.against, "checks": checks}


@dataclass(frozen=True)
class Holder:
    """The champion as a challenger meets it, with the ``weak`` segments of the day it was trained.

    ``as_of``: nothing later was known to it; ``age_days``: how old its knowledge is today.
    """

    model: ChurnModel
    as_of: date
    stale: bool
    age_days: int
    weak: tuple[str, ...] = ()


def meet(found: Backtest, settings: TrainSettings, holder: Holder, groups: Groups) -> GateVerdict:
    """The verdict on what ``found`` chose, against ``holder``. ``groups``: the segments of the rows of its panel."""
    met = _with_itself(found, settings, holder, groups) or _with_its_recipe(found, settings, holder, groups)
    checks = _measured(met, holder) if met is not None else _unmeasured(found, holder)
    return GateVerdict(tuple(checks), holder.model.version)


def _with_itself(found: Backtest, settings: TrainSettings, holder: Holder, groups: Groups) -> _Meeting | None:
    """Challenger and champion where it knew nothing; None where too little is known there, or of other features."""
    later = found.panel.cutoff >= np.datetime64(holder.as_of)
    try:
        own = np.where(later, 0.0, np.nan)
        own[later] = holder.model.score(found.panel.X.loc[later])["z"].to_numpy(dtype=np.float64)
    except FeatureMismatchError:
        return None
    return _meeting(found, settings, groups, own, "the champion", "which neither had learned from")


def _with_its_recipe(found: Backtest, settings: TrainSettings, holder: Holder, groups: Groups) -> _Meeting | None:
    """Challenger and the champion's recipe, as old as it is today; None where it cannot be learned, or too little."""
    recipe = Recipe.of(holder.model, found.walk)
    if recipe is None:
        return None
    folds = found.walk.folds if recipe.name == found.chosen else found.walk.folds[-1:]
    own = recipe.asked(folds, holder.age_days)
    age = f"{holder.age_days // 7} weeks" if holder.age_days else "no time"
    told = f"both learned anew before each fold, the champion's recipe ({recipe.name}) from {age} less"
    return _meeting(found, settings, groups, own, "the champion's recipe", told, itself=False)


def _meeting(
    found: Backtest, settings: TrainSettings, groups: Groups, own: FloatArray, rival: str, how: str, itself: bool = True
) -> _Meeting | None:
    """The two on the rows that both have an answer for; None with fewer than ``FEW`` churns."""
    z = found.predictions[found.chosen].z
    both = np.isfinite(z) & np.isfinite(own)
    rows = found.panel.take(both)
    if rows.churns < FEW:
        return None
    segments = {name: chosen[both] for name, chosen in _segments(found.panel, groups)}
    return _Meeting(rows, z[both], own[both], settings, segments, rival, how, itself)


@dataclass(frozen=True)
class _Meeting:
    """Challenger and champion on the same rows, under the same weightings.

    ``segments``: the rows of each, by name; ``rival`` and ``how``: who is met, and by what, in words; ``itself``: the
    champion and not its recipe, whose log-odds are not calibrated.
    """

    rows: Panel
    new: FloatArray
    old: FloatArray
    settings: TrainSettings
    segments: Mapping[str, BoolArray]
    rival: str
    how: str
    itself: bool

    def difference(self, chosen: BoolArray | None = None) -> FloatArray:
        """AUC of the challenger less the champion's: the value first, then its resamples."""
        rows = np.ones(len(self.rows), dtype=bool) if chosen is None else chosen
        settings = self.settings
        judge = Evaluation(self.rows.take(rows), settings.resamples, settings.seed, settings.gap_days)
        return judge.auc(self.new[rows]) - judge.auc(self.old[rows])


def _measured(met: _Meeting, holder: Holder) -> Iterable[Check]:
    yield _better(met, holder)
    yield _true(met.rows, met.new, met.old if met.itself else None)
    yield _no_segment_worse(met)


def _better(met: _Meeting, holder: Holder) -> Check:
    found = Interval.of(met.difference())
    if found.value is None or found.low is None or found.high is None:
        return _unproven(f"The two cannot be ranked: {found.note or 'too few churns'}", holder)
    told = (
        f"AUC {found.value:+.3f} against {met.rival} ({found.low:+.3f} to {found.high:+.3f}) on "
        f"{len(met.rows.cutoffs)} cutoffs from {met.rows.cutoffs[0]}, {met.how}, with {met.rows.churns} churns"
    )
    if found.low > 0:
        return Check("better", True, f"{told}: better beyond noise.")
    if found.high < 0:
        return Check("better", False, f"{told}: worse beyond noise.")
    return _unproven(f"{told}: not better beyond noise", holder)


def _unproven(told: str, holder: Holder) -> Check:
    return Check("better", False, f"{told}, and the champion is {'' if holder.stale else 'not '}stale.", unproven=True)


def _unmeasured(found: Backtest, holder: Holder) -> Iterable[Check]:
    """Nothing can be proved; the challenger's own last fold must not speak against it."""
    yield _unproven(
        f"Nothing can be proved: fewer than {FEW} churns are known at cutoffs later than {holder.as_of}, or the "
        "champion learned from other features, and its recipe cannot be learned anew on earlier ones",
        holder,
    )
    last = found.panel.rows_at(found.walk.folds[-1].validation)
    yield _true(found.panel.take(last), found.predictions[found.chosen].z[last], None)
    new = sorted(set(weak_segments(found)) - set(holder.weak))
    told = f"weak where the champion was not: {', '.join(new)}." if new else "none is weak that was not so before."
    yield Check("segments", not new, told)


def weak_segments(found: Backtest) -> tuple[str, ...]:
    """The segments that a backtest calls markedly worse than the rest, where it measured them."""
    told = found.to_dict().get("segments") or []
    return tuple(f"{each['by']} {each['segment']}" for each in told if isinstance(each, Mapping) and each.get("worse"))


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
        return Check("segments", False, f"ranked worse than by {met.rival}: {told}.")
    counted = f"{len(judged)} segments with at least {FEW} churns" if judged else f"no segment has {FEW} churns"
    return Check("segments", True, f"{counted}; none is ranked worse beyond chance.")


def _segments(panel: Panel, groups: Groups) -> Iterable[tuple[str, BoolArray]]:
    """Each segment by what divides it and its name."""
    renewal = np.where(panel.renewal_in_horizon, "yes", "no").astype(object)
    for by, segments in segments_of({**groups, "renewal in horizon": renewal}):
        yield from ((f"{by} {name}", rows) for name, rows in segments if len(segments) > 1)

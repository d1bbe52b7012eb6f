"""Which candidate and which simple rule meet on the last fold, and what grade the meeting gives.

Choosing looks at earlier folds only. The sober candidate, first in the list, stays unless another has the better AUC
in at least four of five resamples and no worse log loss. The grade compares the chosen candidate with the best simple
rule, paired: it is beyond the rule if the interval of the difference on the last fold lies above 0, or if the
candidate is ahead on the last fold and the interval over all validated cutoffs lies above 0; and no other simple rule
may be ahead of it over all validated cutoffs. A candidate that does not itself rank surely better than chance over all
validated cutoffs is beyond nothing: a rule that happened to rank upside down is no opponent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from models.baselines import PREVALENCE
from models.evaluate import Interval, paired
from models.panel import FloatArray

Draws = Callable[[str], FloatArray]
GOOD_AUC = 0.80
_SURE = 0.8


@dataclass(frozen=True)
class Verdict:
    """The name to score with, its grade and why. ``difference``: candidate minus reference rule, AUC, last fold."""

    chosen: str
    grade: str
    reason: str
    candidate: str
    reference: str
    difference: Interval


def choose_candidate(names: Sequence[str], auc: Draws, log_loss: Callable[[str], float]) -> str:
    """The candidate that earlier folds favour; the first where they say nothing."""
    best = names[0]
    for name in names[1:]:
        ahead = auc(name) - auc(best)
        told = ahead[1:][np.isfinite(ahead[1:])]
        sure = bool(told.size) and ahead[0] > 0 and float((told > 0).mean()) >= _SURE
        if sure and log_loss(name) <= log_loss(best):
            best = name
    return best


def choose_rule(names: Sequence[str], earlier: Draws, last: Draws) -> str:
    """The simple rule with the best mean AUC on earlier folds; without any, the hardest one on the last fold."""
    rules = [name for name in names if name != PREVALENCE]
    if not rules:
        return PREVALENCE
    means = {name: float(earlier(name)[0]) for name in rules}
    if not np.isfinite(list(means.values())).all():
        means = {name: float(last(name)[0]) for name in rules}
    return max(rules, key=lambda name: means[name])


def judge(candidate: str, reference: str, rules: Sequence[str], last: Draws, everywhere: Draws) -> Verdict:
    """The grade of ``candidate`` against ``reference`` and the other simple rules."""
    here = paired(last(candidate), last(reference))
    overall = paired(everywhere(candidate), everywhere(reference))
    rival = _rival(candidate, reference, rules, everywhere)
    if rival == reference and _signal(everywhere(candidate)) and _above_zero(here, overall):
        own = Interval.of(last(candidate))
        grade = "A" if (own.low or 0.0) >= GOOD_AUC else "B"
        reason = _won(candidate, reference, own, here, overall)
        return Verdict(candidate, grade, reason, candidate, reference, here)
    here = paired(last(candidate), last(rival))
    if rival == PREVALENCE or not (_signal(everywhere(rival)) or _signal(everywhere(candidate))):
        return Verdict(PREVALENCE, "none", _silent(candidate, rival, everywhere), candidate, rival, here)
    return Verdict(rival, "C", _lost(candidate, rival, last, here), candidate, rival, here)


def _above_zero(here: Interval, overall: Interval) -> bool:
    return (here.low or 0.0) > 0 or ((here.value or 0.0) > 0 and (overall.low or 0.0) > 0)


def _rival(candidate: str, reference: str, rules: Sequence[str], everywhere: Draws) -> str:
    """The rule to beat: the reference, unless another one is ahead of the candidate over all validated cutoffs."""
    ahead = [name for name in rules if everywhere(name)[0] >= everywhere(candidate)[0]]
    return max(ahead, key=lambda name: float(everywhere(name)[0])) if ahead else reference


def _signal(drawn: FloatArray) -> bool:
    """Ranks better than chance beyond its interval."""
    return (Interval.of(drawn).low or 0.0) > 0.5


def _told(interval: Interval) -> str:
    if interval.value is None or interval.low is None:
        return "not measurable"
    return f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"


def _won(candidate: str, reference: str, own: Interval, here: Interval, overall: Interval) -> str:
    bar = "surely at least" if (own.low or 0.0) >= GOOD_AUC else "not surely"
    wide = "" if (here.low or 0.0) > 0 else f" and by {_told(overall)} over all validated cutoffs"
    return (
        f"{candidate} is beyond the best simple rule, {reference}: by {_told(here)} in AUC on cutoffs later than "
        f"any used before{wide}. Its own AUC there is {_told(own)}, {bar} {GOOD_AUC:.2f}."
    )


def _lost(candidate: str, rule: str, last: Draws, difference: Interval) -> str:
    return (
        f"{candidate} (AUC {_told(Interval.of(last(candidate)))}) is no better than the simple rule {rule} "
        f"(AUC {_told(Interval.of(last(rule)))}): the difference is {_told(difference)}. The rule is used."
    )


def _silent(candidate: str, rule: str, everywhere: Draws) -> str:
    return (
        f"No signal: over all validated cutoffs neither {candidate} (AUC {_told(Interval.of(everywhere(candidate)))}) "
        f"nor {rule} ({_told(Interval.of(everywhere(rule)))}) ranks surely better than chance. The scorecard is used."
    )

"""Which candidate and which simple rule meet on the last fold, and what grade the meeting gives.

Choosing looks at earlier folds only; where there is but one fold, at its training rows, each account judged by a model
that never saw it. The sober candidate, first in the list, stays unless another has the better AUC in at least four of
five resamples and no worse log loss. The grade compares the chosen candidate with the best simple rule, paired: it is
beyond the rule if the interval of the difference on the last fold lies above 0, or if the candidate is ahead on the
last fold and the interval over all validated cutoffs lies above 0; and no other simple rule may be ahead of it over all
validated cutoffs. A candidate that does not itself rank surely better than chance over all validated cutoffs is beyond
nothing: a rule that happened to rank upside down is no opponent.

Whatever is chosen must rank surely better than chance on the last fold too. Where it does not and the fold has enough
churns, the grade is none. Where the fold has too few to tell, a model that is beyond the rules on all validated cutoffs
still scores, graded C with a plain word; a simple rule does not: the odds of a few churns by a single figure would make
every account of the same tenure alike, where the scorecard looks at all that is known of each and claims no odds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from models.baselines import PREVALENCE
from models.evaluate import Interval, paired
from models.panel import FloatArray

Draws = Callable[[str], FloatArray]
Shown = Callable[[str], str]
GOOD_AUC = 0.80
FEW_CHURNS = 30
"""Distinct churns in the last fold below which it cannot tell that something has stopped working."""

_SURE = 0.8
_HINT = "Treat its order as a hint."


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


def judge(
    candidate: str, reference: str, rules: Sequence[str], last: Draws, everywhere: Draws, churns: int,
    shown: Shown = str,
) -> Verdict:  # fmt: skip
    """The grade of ``candidate`` against ``reference`` and the other simple rules.

    ``churns``: distinct ones on the last fold; ``shown``: a rule with the feature that it reads.
    """
    met = _Meeting(candidate, last, everywhere, churns, shown)
    rival = _rival(candidate, reference, rules, everywhere)
    here, overall = met.ahead_of(reference)
    if rival == reference and _signal(everywhere(candidate)) and _above_zero(here, overall):
        return met.confirmed(candidate, reference, met.won(reference, here, overall))
    if rival == PREVALENCE or not (_signal(everywhere(rival)) or _signal(everywhere(candidate))):
        return met.nothing(rival, met.silent(rival))
    return met.confirmed(rival, rival, met.lost(rival))


@dataclass(frozen=True)
class _Meeting:
    """A candidate on the last fold and over all validated cutoffs, and what can be said of it there."""

    candidate: str
    last: Draws
    everywhere: Draws
    churns: int
    shown: Shown

    def ahead_of(self, rule: str) -> tuple[Interval, Interval]:
        """By how much the candidate is ahead on the last fold, and over all validated cutoffs."""
        here, overall = (paired(draws(self.candidate), draws(rule)) for draws in (self.last, self.everywhere))
        return here, overall

    def confirmed(self, chosen: str, rule: str, reason: str) -> Verdict:
        """The verdict for ``chosen``, as far as the last fold alone bears it out."""
        own, here = Interval.of(self.last(chosen)), self.ahead_of(rule)[0]
        if not _signal(self.last(chosen)):
            if self.churns >= FEW_CHURNS:
                return self.nothing(rule, self.faded(chosen))
            if chosen == rule:
                return self.nothing(rule, f"{self.unproven(chosen)} The scorecard is used, without odds.")
            return Verdict(chosen, "C", f"{reason} {self.unproven(chosen)} {_HINT}", self.candidate, rule, here)
        grade = "C" if chosen == rule else "A" if (own.low or 0.0) >= GOOD_AUC else "B"
        return Verdict(chosen, grade, reason, self.candidate, rule, here)

    def nothing(self, rule: str, reason: str) -> Verdict:
        """The verdict where nothing is to be believed."""
        return Verdict(PREVALENCE, "none", reason, self.candidate, rule, self.ahead_of(rule)[0])

    def won(self, rule: str, here: Interval, overall: Interval) -> str:
        """Beyond the best rule."""
        own = Interval.of(self.last(self.candidate))
        bar = "surely at least" if (own.low or 0.0) >= GOOD_AUC else "not surely"
        wide = "" if (here.low or 0.0) > 0 else f" and by {_told(overall)} over all validated cutoffs"
        return (
            f"{self.candidate} is beyond the best simple rule, {self.shown(rule)}: by {_told(here)} in AUC on cutoffs "
            f"later than any used before{wide}. Its own AUC there is {_told(own)}, {bar} {GOOD_AUC:.2f}."
        )

    def lost(self, rule: str) -> str:
        """No better than a rule, or not surely so."""
        here = self.ahead_of(rule)[0]
        no_better = "is not surely better than" if (here.value or 0.0) > 0 else "is no better than"
        return (
            f"{self.candidate} (AUC {self._auc(self.candidate)}) {no_better} the simple rule {self.shown(rule)} "
            f"(AUC {self._auc(rule)}): the difference is {_told(here)}. The rule is used."
        )

    def silent(self, rule: str) -> str:
        """No signal anywhere."""
        own, other = (_told(Interval.of(self.everywhere(name))) for name in (self.candidate, rule))
        return (
            f"No signal: over all validated cutoffs neither {self.candidate} (AUC {own}) nor {self.shown(rule)} "
            f"({other}) ranks surely better than chance. The scorecard is used."
        )

    def unproven(self, chosen: str) -> str:
        """Too few churns on the last fold to bear it out."""
        return (
            f"Not confirmed: the last fold has {self.churns} churns, too few to tell {self.shown(chosen)} "
            f"(AUC {self._auc(chosen)}) from chance."
        )

    def faded(self, chosen: str) -> str:
        """Once a signal, no longer on the last fold."""
        return (
            f"No longer a signal: on the last fold {self.shown(chosen)} (AUC {self._auc(chosen)}, {self.churns} "
            "churns) does not rank surely better than chance, as it did before. The scorecard is used."
        )

    def _auc(self, name: str) -> str:
        return _told(Interval.of(self.last(name)))


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

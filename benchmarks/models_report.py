"""What ``make bench-models`` writes: a table for each set, and by how much ours is ahead of AutoGluon."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from benchmarks.learners import AUTOGLUON, OURS
from models.evaluate import Evaluation, Interval, paired
from models.panel import FloatArray, Panel
from models.settings import TrainSettings

METRICS = {"auc": "AUC", "average_precision": "average precision", "log_loss": "log loss"}
_HIGHER_IS_BETTER = {"auc": True, "average_precision": True, "log_loss": False}

_HEAD = """# Ours beside others

Written by `make bench-models`; nothing here was typed. Everybody learned from the same rows and features, those known
before the last fold, and was asked about that fold once. Brackets hold 95 %, from resampling accounts. Seconds are
those of learning and asking on {machine}.

- **Holdfast** is the candidate that `holdfast train` would have preferred on these rows, by folds within them, and
  calibrated; where they are too few for folds, the first. (Where a simple rule is as good, `train` would use the rule.)
  The names below it are its candidates and the benchmarks of `holdfast backtest`, each alone, as fitted.
- **default LightGBM** and **plain logistic regression** (on standardised features) have nothing set but a seed.
- **AutoGluon** is the preset best_quality, limited to {seconds:g} s and two threads, without the neural networks, which
  need PyTorch. It chooses and weighs by log loss. Its eight folds for bagging and stacking are groups of accounts, so
  that no account, and with it no churn, stands on both sides of a split of its own; the last fold was never part of
  them. What is missing it sees as missing.
"""


@dataclass(frozen=True)
class Answer:
    """The log-odds that a learner gave each later row, or why it gave none."""

    name: str
    z: FloatArray | None
    seconds: float
    failure: str = ""

    @property
    def told(self) -> str:
        """One line for people who wait."""
        return f"{self.name}, {self.seconds:.1f} s" + (f": {self.failure}" if self.failure else "")


@dataclass(frozen=True)
class Compared:
    """One set: what was learned from, what was asked about, and the answers so far."""

    name: str
    past: Panel
    later: Panel
    settings: TrainSettings
    answers: tuple[Answer, ...]

    @cached_property
    def _judge(self) -> Evaluation:
        return Evaluation(self.later, self.settings.resamples, self.settings.seed, self.settings.gap_days)

    @cached_property
    def drawn(self) -> dict[str, dict[str, FloatArray]]:
        """For each learner that answered, each metric with its resamples."""
        return {each.name: self._judge.drawn(each.z) for each in self.answers if each.z is not None}

    def ahead(self, metric: str) -> Interval | None:
        """By how much ours is better than AutoGluon (above 0: better), paired; None where one has not answered."""
        if not {OURS, AUTOGLUON} <= set(self.drawn):
            return None
        ours, theirs = (self.drawn[name][metric] for name in (OURS, AUTOGLUON))
        return paired(ours, theirs) if _HIGHER_IS_BETTER[metric] else paired(theirs, ours)

    def seconds(self, name: str) -> float:
        """How long one learner took."""
        return next(each.seconds for each in self.answers if each.name == name)


def document(sets: Sequence[Compared], seconds: float) -> str:
    """The whole document."""
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores"
    parts = [_HEAD.format(machine=machine, seconds=seconds), *_summary(sets)]
    return "\n".join([*parts, *(line for each in sets for line in _section(each))]).rstrip() + "\n"


def _summary(sets: Sequence[Compared]) -> Iterator[str]:
    """Ours minus AutoGluon on every set on which both have answered."""
    yield "## Ours minus AutoGluon, above 0 where ours is better"
    yield ""
    yield "| set | churns learned from | " + " | ".join(METRICS.values()) + " | seconds, ours | seconds, AutoGluon | |"
    yield "|---" * (len(METRICS) + 5) + "|"
    for each in sets:
        found = {metric: each.ahead(metric) for metric in METRICS}
        if any(interval is None for interval in found.values()):
            yield f"| {each.name} | {each.past.churns} |" + " not compared |" * len(METRICS) + " | | |"
            continue
        cells = " | ".join(_signed(interval) for interval in found.values() if interval)
        times = f"{each.seconds(OURS):.0f} | {each.seconds(AUTOGLUON):.0f}"
        yield f"| {each.name} | {each.past.churns} | {cells} | {times} | {_verdict(found)} |"
    yield ""


def _verdict(ahead: Mapping[str, Interval | None]) -> str:
    """In which metrics the interval of the difference lies on one side of 0."""
    known = {
        METRICS[name]: each for name, each in ahead.items() if each and each.low is not None and each.high is not None
    }
    if not known:
        return "not measurable"
    better = [name for name, each in known.items() if (each.low or 0.0) > 0]
    worse = [name for name, each in known.items() if (each.high or 0.0) < 0]
    told = [f"{word} in {', '.join(names)}" for word, names in (("ahead", better), ("behind", worse)) if names]
    return "; ".join(told) or "no difference beyond noise"


def _section(each: Compared) -> Iterator[str]:
    past, later = each.past, each.later
    yield f"## {each.name}"
    yield ""
    yield (
        f"Learned from {past.churns} churns among {past.accounts:,} accounts ({len(past):,} rows, {past.X.shape[1]} "
        f"features); asked about {later.cutoffs[0]} to {later.cutoffs[-1]}: {later.churns} churns, "
        f"{later.accounts:,} accounts."
    )
    yield ""
    yield "| | " + " | ".join(METRICS.values()) + " | seconds |"
    yield "|---" * (len(METRICS) + 2) + "|"
    for answer in each.answers:
        drawn = each.drawn.get(answer.name)
        cells = [_cell(Interval.of(drawn[metric])) if drawn else "-" for metric in METRICS]
        yield f"| {answer.name} | " + " | ".join(cells) + f" | {answer.seconds:.1f} |"
    yield ""
    yield from (f"{answer.name} came to nothing: {answer.failure}\n" for answer in each.answers if answer.failure)


def _cell(interval: Interval) -> str:
    if interval.value is None or interval.low is None:
        return interval.note or "-"
    return f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"


def _signed(interval: Interval) -> str:
    if interval.value is None or interval.low is None:
        return interval.note or "-"
    return f"{interval.value:+.3f} ({interval.low:+.3f} to {interval.high:+.3f})"

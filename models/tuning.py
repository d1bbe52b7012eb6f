"""Choosing a candidate's parameters on inner folds in time: from a short list, or by Optuna where it is asked for.

A learner says how it prepares an inner fold, what loss some parameters have on it, and which parameters there are.
Every search sees the rows that the fit itself learns from and nothing else, so a search inside a fold of the backtest
knows no more than that fold does. Trials come one after another with a seed of their own, so threads cannot change
them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from models.inner import Split
from models.progress import tell
from models.settings import TrainSettings

if TYPE_CHECKING:
    import optuna

Parameters = dict[str, float | int | bool]
Prepared = TypeVar("Prepared")
_STARTUP = 5


@dataclass(frozen=True)
class Range:
    """A number from ``low`` to ``high``; ``whole`` ones are integers, ``log`` ones are drawn on a log scale."""

    low: float
    high: float
    log: bool = False
    whole: bool = False


@dataclass(frozen=True)
class Trial:
    """Some parameters and how they did.

    ``steps``: the log loss on each inner fold, in order; ``value``: their mean, None where the trial was pruned before
    the last one. ``state``: ``complete`` or ``pruned``. ``seconds`` is for people only and decides nothing.
    """

    number: int
    parameters: Parameters
    value: float | None
    state: str
    steps: tuple[float, ...]
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values; the parameters as ``params``, as Optuna and MLflow call them."""
        told = {**asdict(self), "params": self.parameters, "steps": list(self.steps)}
        return {name: value for name, value in told.items() if name != "parameters"}


@dataclass(frozen=True)
class Tuned:
    """Parameters to fit with, what else the inner folds told (``found``), and the trials that were made.

    ``cut``: what a time limit left out, in words.
    """

    parameters: Parameters = field(default_factory=dict)
    found: Mapping[str, float] = field(default_factory=dict)
    trials: tuple[Trial, ...] = ()
    cut: str = ""

    def to_dict(self) -> dict[str, Any]:
        """What was chosen, as plain values; ``trials`` and ``cut`` only where there are any."""
        chosen = {name: float(value) for name, value in {**self.parameters, **self.found}.items()}
        trials = {"trials": [trial.to_dict() for trial in self.trials]} if self.trials else {}
        return {**chosen, **trials, **({"cut": self.cut} if self.cut else {})}


@dataclass(frozen=True)
class Tuner(Generic[Prepared]):
    """What a learner can be tuned in.

    ``prepare``: an inner fold made ready once; ``ask``: the log loss of some parameters on it, and what else it tells
    (numbers of which the mean over inner folds is kept). ``few``: the list to choose from without trials, the usual
    parameters first. ``space``: where trials are drawn from.
    """

    prepare: Callable[[Split], Prepared]
    ask: Callable[[Prepared, Parameters], tuple[float, dict[str, float]]]
    few: Sequence[Parameters]
    space: Mapping[str, Range | Sequence[bool]]

    def choose(self, splits: Sequence[Split], settings: TrainSettings) -> Tuned:
        """The parameters with the least mean log loss; the usual ones where there is no inner fold to ask."""
        if not splits:
            return Tuned(dict(self.few[0]))
        prepared = [self.prepare(split) for split in splits]
        if settings.trials:
            return _Search(self, prepared, settings).run()
        told = [[self.ask(each, dict(parameters)) for each in prepared] for parameters in self.few]
        best = int(np.argmin([np.mean([loss for loss, _ in each]) for each in told]))
        return Tuned(dict(self.few[best]), _means([found for _, found in told[best]]))


@dataclass
class _Search(Generic[Prepared]):
    """One search by Optuna, from the usual parameters on; a trial worse than the median of earlier ones is pruned."""

    tuner: Tuner[Prepared]
    prepared: Sequence[Prepared]
    settings: TrainSettings
    trials: list[Trial] = field(default_factory=list)
    found: dict[int, dict[str, float]] = field(default_factory=dict)

    def run(self) -> Tuned:
        """Make the trials and take the best."""
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        study = optuna.create_study(
            sampler=optuna.samplers.TPESampler(seed=self.settings.seed, n_startup_trials=_STARTUP),
            pruner=optuna.pruners.MedianPruner(n_startup_trials=_STARTUP),
        )
        for usual in self.tuner.few:
            study.enqueue_trial(dict(usual))
        study.optimize(self._try, self.settings.trials, timeout=self.settings.trial_seconds)
        best = min((trial for trial in self.trials if trial.value is not None), key=lambda trial: trial.value or 0.0)
        return Tuned(best.parameters, self.found[best.number], tuple(self.trials), self._cut())

    def _try(self, trial: optuna.Trial) -> float:
        """One trial: inner fold after inner fold, given up as soon as it falls behind."""
        import optuna

        tell(f"trial {trial.number + 1} of {self.settings.trials}")
        parameters = {name: _drawn(trial, name, place) for name, place in self.tuner.space.items()}
        start, losses, told = time.perf_counter(), [], []
        for step, prepared in enumerate(self.prepared):
            loss, found = self.tuner.ask(prepared, parameters)
            losses.append(loss)
            told.append(found)
            trial.report(float(np.mean(losses)), step)
            if step + 1 < len(self.prepared) and trial.should_prune():
                self._keep(trial.number, parameters, None, losses, start)
                raise optuna.TrialPruned
        value = float(np.mean(losses))
        self._keep(trial.number, parameters, value, losses, start)
        self.found[trial.number] = _means(told)
        return value

    def _keep(
        self, number: int, parameters: Parameters, value: float | None, losses: Sequence[float], start: float
    ) -> None:
        state = "pruned" if value is None else "complete"
        self.trials.append(Trial(number, parameters, value, state, tuple(losses), time.perf_counter() - start))

    def _cut(self) -> str:
        made, asked = len(self.trials), self.settings.trials
        limit = self.settings.trial_seconds
        return f"{made} of {asked} trials were made within the limit of {limit:g} s." if limit and made < asked else ""


def _drawn(trial: optuna.Trial, name: str, place: Range | Sequence[bool]) -> float | int | bool:
    if isinstance(place, Range):
        if place.whole:
            return trial.suggest_int(name, int(place.low), int(place.high), log=place.log)
        return trial.suggest_float(name, place.low, place.high, log=place.log)
    return bool(trial.suggest_categorical(name, list(place)))


def _means(told: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of each number over the inner folds."""
    return {name: float(np.mean([each[name] for each in told])) for name in (told[0] if told else {})}

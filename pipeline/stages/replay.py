"""The replay stage: past weeks as they would have been published then, so that changes and outcomes have a past."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from models.churn import ChurnModel
from models.scale import Scale
from models.train import Trained
from pipeline.stages.context import Run
from pipeline.stages.judge import judge
from pipeline.stages.learn import learn
from pipeline.stages.publish import LOOK_BACK, Published, publish_week
from pipeline.stages.tabulate import tabulate

RETRAIN_EVERY = 4
"""Weeks between trainings: a model learned up to four weeks before a cutoff knows nothing of what followed it."""


@dataclass(frozen=True)
class _Learned:
    """A model of the past with its grade."""

    model: ChurnModel | None
    grade: dict[str, Any]


def replay(run: Run, weeks: int) -> list[Published]:
    """Publish the ``weeks`` cutoffs before the run's own, oldest first; weeks that are published already stay."""
    last = run.cutoff()
    past = [last - timedelta(weeks=back) for back in range(weeks, 0, -1)]
    known = run.workspace.current_weeks()
    found = tabulate(run, [*run.grid(last), last, *past, *(cutoff - LOOK_BACK for cutoff in (*past, last))])
    published, learned, scale = [], None, None
    for number, cutoff in enumerate(past):
        if number % RETRAIN_EVERY == 0 or learned is None:
            learned = _learn(run, cutoff, scale)
            # as in life, the scale of the first model stays
            scale = scale or (learned.model.scale if learned.model else None)
        if cutoff not in known:
            scored = judge(run, found, cutoff, learned.model)
            published.append(publish_week(run, found, scored, learned.grade, replayed=True))
            run.reporter.done(f"replayed {cutoff}: {len(published[-1].at_risk.rows)} at risk")
    return published


def _learn(run: Run, cutoff: date, scale: Scale | None) -> _Learned:
    trained, _ = learn(run, cutoff, scale=scale)
    return _Learned(trained.model, grade_of(trained))


def grade_of(trained: Trained) -> dict[str, Any]:
    """Grade and reason of a training, also where it came to no model."""
    if trained.backtest is None:
        return {"grade": "none", "grade_reason": trained.reason}
    return {"grade": trained.backtest.grade, "grade_reason": trained.reason}

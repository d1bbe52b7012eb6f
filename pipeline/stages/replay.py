"""The replay stage: past weeks as they would have been published then, so that changes and outcomes have a past."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from models.churn import ChurnModel
from pipeline.stages.champion import freeze, grade_of
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
    published = []
    for first in range(0, len(past), RETRAIN_EVERY):
        missing = [cutoff for cutoff in past[first : first + RETRAIN_EVERY] if cutoff not in known]
        if not missing:
            continue
        learned = _learn(run, past[first])
        for cutoff in missing:
            scored = judge(run, found, cutoff, learned.model)
            published.append(publish_week(run, found, scored, learned.grade, replayed=True))
    return published


def _learn(run: Run, cutoff: date) -> _Learned:
    trained = learn(run, cutoff, quick=True).trained
    if trained.model is not None:
        # as in life, the scale of the first model stays
        freeze(run, trained.model.scale)
    return _Learned(trained.model, grade_of(trained))

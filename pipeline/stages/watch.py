"""The monitoring stage: a scored week beside the champion's training, the week before, and what became of old lists.

It needs no MLflow: what training looked like lies beside the champion, and old lists lie in ``published/``.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import date, timedelta

import pandas as pd

from models.profile import Profile
from models.recalibrate import Recalibration
from models.succession import challenger
from pipeline import monitor
from pipeline.monitor import Monitoring, PublishedWeek
from pipeline.stages.champion import entry_of, last_training
from pipeline.stages.context import Run
from pipeline.stages.departures import fates, time_to_tell
from pipeline.stages.freshness import STEADY, fallen_silent, partly_loaded
from pipeline.stages.held import is_held_before
from pipeline.stages.judge import Scored
from pipeline.stages.untouched import calibration_of, of_champion
from pipeline.warehouse import Week

REST = timedelta(weeks=4)
"""How long no training is advised after one: a new one would see hardly more than the last."""
_MOST_WEEKS = 26
_WATCHED = ("account_id", "band", "churn_probability", "model", "weeks_listed")


def watch(run: Run, scored: Scored) -> Monitoring:
    """What is to be said of one scored week before it is published."""
    with run.stage("monitor") as stage:
        settings, cutoff = run.config.monitor, scored.cutoff
        profile = training_profile(run) if scored.model is not None else None
        inputs = monitor.compare_inputs(profile, scored.features) if profile is not None else None
        scores = _since_last_week(run, scored)
        due = weeks_come_due(run, cutoff)
        stage.read = f"{len(scored.features):,} accounts at {cutoff}, {len(due)} lists whose horizon is over"
        calibration = calibration_of(run, due, cutoff)
        broken, doubtful = _broken_feeds(run, cutoff)
        found = Monitoring(
            inputs,
            scores,
            monitor.outcomes_of(due),
            (*doubtful, *monitor.input_warnings(inputs), *_calibration_warnings(run, calibration)),
            (*broken, *monitor.holds_of(inputs, scores, settings, cutoff, is_held_before(run, cutoff))),
            calibration=calibration,
        )
        return replace(found, retrain=tuple(_advice(run, found, due, cutoff)), challenger=waiting(run))


def _broken_feeds(run: Run, cutoff: date) -> tuple[list[str], list[str]]:
    """Feeds that have fallen silent or came in part: what holds a week until somebody has looked, and what is told.

    Where the week follows from the data, its age is nobody's oversight.
    """
    paths, config = run.table_paths(), run.config
    found = list(fallen_silent(paths, cutoff))
    if "usage" in paths:
        week, segment = run.calendar.week_of(cutoff), config.features.segment_by
        found += [("usage", told) for told in partly_loaded(paths["usage"], paths.get("accounts"), segment, week)]
    holds = [told for name, told in found if name in STEADY and not run.follows_data]
    return holds, [told for _, told in found if told not in holds]


def to_recalibrate(run: Run, seen: Monitoring) -> Recalibration | None:
    """The calibration that a run shall let wait as challenger; None where nothing asks for it, or another waits."""
    return seen.calibration if not seen.challenger and _is_mended(run, seen.calibration) else None


def _is_mended(run: Run, found: Recalibration | None) -> bool:
    """Whether probabilities that are not true are calibrated anew, and ask for no training."""
    able = found is not None and found.needed and found.calibration is not None
    return able and run.config.model.recalibrate == "challenger"


def _calibration_warnings(run: Run, found: Recalibration | None) -> list[str]:
    """That published probabilities did not come true among the untouched, with what to do."""
    if found is None or not found.needed:
        return []
    advised = found.calibration is not None and run.config.model.recalibrate == "advise"
    return [found.text + (" 'model: {recalibrate: challenger}' lets the next run do so." if advised else "")]


def waiting(run: Run) -> str:
    """That a challenger waits for a person: it has passed the gate, or only proof is missing; empty where none does."""
    entry, held = challenger(run.workspace.models), entry_of(run)
    if entry is None or held is None or entry.get("rolled_back"):
        return ""
    gate = entry.get("gate", {})
    if gate.get("against") != held["version"]:
        return ""
    if gate.get("passed"):
        return f"Challenger {entry['version']} has passed the gate: 'holdfast promote' makes it champion."
    if gate.get("unproven"):
        return f"Challenger {entry['version']} is not proved better: 'holdfast promote --reason WHY' lets it score."
    return ""


def training_profile(run: Run) -> Profile | None:
    """What the champion's features looked like in training; None where it is not there or was altered."""
    told = (entry_of(run) or {}).get("profile")
    if not told:
        return None
    path = run.workspace.models / str(told["file"])
    if path.parent != run.workspace.models or not path.is_file():
        return None
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != told["sha256"]:
        run.reporter.warn(f"{path.name} is not as it was written, so inputs are not compared with training.")
        return None
    return Profile.from_dict(json.loads(data))


def _since_last_week(run: Run, scored: Scored) -> monitor.Scores | None:
    earlier = [week for day, week in run.workspace.current_weeks().items() if day < scored.cutoff]
    if not earlier:
        return None
    last = earlier[-1]
    replayed = bool(last.manifest().get("replayed"))
    return monitor.compare_scores(scored.scores, _scores_of(last), last.cutoff, replayed)


def _scores_of(week: Week) -> pd.DataFrame:
    return week.log(_WATCHED)


def _advice(run: Run, found: Monitoring, due: list[PublishedWeek], cutoff: date) -> list[str]:
    """Why to train anew; nothing right after a training, or where no champion scores (then every run trains)."""
    last = last_training(run)
    if entry_of(run) is None or last is None or cutoff - last < REST:
        return []
    weeks, apart = (cutoff - last).days // 7, _is_mended(run, found.calibration)
    return monitor.retrain_reasons(found.inputs, of_champion(run, due), weeks, run.config.model.retrain_weeks, apart)


def weeks_come_due(run: Run, cutoff: date) -> list[PublishedWeek]:
    """The weeks truly published whose horizon and grace have passed by ``cutoff``, and who of each has left.

    Replayed weeks are none of them: nobody acted on those lists.
    """
    gap = time_to_tell(run)
    old = [week for day, week in run.workspace.current_weeks().items() if day + gap <= cutoff]
    lists = [week for week in old if not week.manifest().get("replayed")][-_MOST_WEEKS:]
    if not lists:
        return []
    known = fates(run, [week.cutoff for week in lists], cutoff)
    found = []
    for week in lists:
        fate, scores = known[week.cutoff], _scores_of(week)
        # who is no customer of that day any more, by corrected data, has no outcome
        theirs = scores[scores["account_id"].isin(list(fate.customers))]
        found.append(PublishedWeek(week.cutoff, theirs, frozenset(fate.left_on), fate.left_on))
    return found

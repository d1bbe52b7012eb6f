"""The commands about a week: score, publish, run, replay and explain."""

from __future__ import annotations

from datetime import date
from typing import Any

from pipeline.commands import telling
from pipeline.commands.learning import stand_aloud, train_aloud
from pipeline.errors import ConfigError, closest
from pipeline.monitor import Monitoring
from pipeline.stages.account import explained_at, last_scored
from pipeline.stages.champion import champion, entry_of, last_grade
from pipeline.stages.context import Run
from pipeline.stages.judge import Scored, judge, name_of, scores_path
from pipeline.stages.outcome import Outcome
from pipeline.stages.publish import LOOK_BACK, Published, last_published, publish_week
from pipeline.stages.read import read
from pipeline.stages.recalibrate import recalibrate
from pipeline.stages.replay import replay
from pipeline.stages.tabulate import FeatureSet, tabulate
from pipeline.stages.watch import to_recalibrate, watch


def score(run: Run) -> Outcome:
    """Health of every customer at the cutoff."""
    with run.working("score"):
        read(run)
        scored, _ = _score(run, run.cutoff())
    data = {
        "as_of": scored.cutoff.isoformat(),
        "accounts": len(scored.scores),
        "model": name_of(scored.model),
        "bands": scored.scores["band"].value_counts().to_dict(),
        "path": str(scores_path(run, scored.cutoff)),
    }
    return Outcome(data, telling.scored(data))


def publish(run: Run, approve: bool = False) -> Outcome:
    """The week's lists from the champion's scores. ``approve``: a person let through what monitoring holds."""
    with run.working("publish"):
        read(run)
        return _published(run, run.cutoff(), approve)


def run_all(run: Run, approve: bool = False) -> Outcome:
    """Ingest, features, train where there is no champion yet or it is time for another, score, publish."""
    with run.working("run"):
        read(run)
        if told := run.config.deliver.untranslated:
            run.reporter.warn(told)
        cutoff = run.cutoff()
        if champion(run, cutoff) is None:
            train_aloud(run, cutoff)
        return _published(run, cutoff, approve, may_train=True)


def replay_weeks(run: Run, weeks: int) -> Outcome:
    """Past weeks, each from what was known then."""
    with run.working("replay"):
        read(run)
        published = replay(run, weeks)
    data = {"weeks": [_week(each) for each in published], "skipped": weeks - len(published)}
    return Outcome(data, telling.replayed(data))


def explain(run: Run, account: str) -> Outcome:
    """How one account's health is made up."""
    with run.workspace.locked():
        read(run)
        cutoff = run.cutoff()
        found = tabulate(run, [cutoff])
        told = explained_at(run, found, cutoff)
    leaving = found.leaving_at(cutoff).set_index("account_id")
    if account in leaving.index:
        return telling.left(account, leaving.loc[[account]])
    known = told.scores.index.tolist()
    if account not in known:
        if (before := last_scored(run, account, cutoff)) is not None:
            raise ConfigError(
                f"{account} is no customer at {cutoff}; the last published week that knows it is {before}.",
                hint=f"'holdfast explain {account} --as-of {before}' explains that one.",
            )
        raise ConfigError(
            f"No customer {account!r} at {cutoff}.",
            hint=closest(account, known) or "See health_scores.csv.",
        )
    return telling.explained(told, cutoff, account)


def _score(run: Run, cutoff: date) -> tuple[Scored, FeatureSet]:
    found = tabulate(run, [cutoff, cutoff - LOOK_BACK, *last_published(run, cutoff)])
    return judge(run, found, cutoff, champion(run, cutoff)), found


def _published(run: Run, cutoff: date, approve: bool, may_train: bool = False) -> Outcome:
    """Score, look at what monitoring sees, train anew where that says so, and publish unless the week is held."""
    scored, found = _score(run, cutoff)
    seen = watch(run, scored)
    before = entry_of(run)
    if may_train and _renew(run, found, scored, seen):
        if entry_of(run) != before:
            scored, found = _score(run, cutoff)
        seen = seen.then(watch(run, scored))
    told, holds = seen.to_dict(approve), () if approve else seen.holds
    done = publish_week(run, found, scored, last_grade(run), replayed=False, seen=told, holds=holds)
    data = {**_week(done), "monitoring": told}
    return Outcome(data, "\n".join([telling.published(done, data), *seen.told()]))


def _renew(run: Run, found: FeatureSet, scored: Scored, seen: Monitoring) -> bool:
    """Train anew, or calibrate anew, where monitoring says so; whether anything was done."""
    calibration = to_recalibrate(run, seen)
    if seen.retrain:
        run.reporter.done(f"training anew: {'; '.join(seen.retrain)}")
        train_aloud(run, scored.cutoff, advised=True)
    elif calibration is not None:
        run.reporter.done(f"calibrating anew: {calibration.text}")
        stand_aloud(run, recalibrate(run, found, scored, calibration))
    return bool(seen.retrain) or calibration is not None


def _week(done: Published) -> dict[str, Any]:
    return {
        "as_of": done.week.cutoff.isoformat(),
        "version": done.week.version,
        "new": done.new,
        "path": str(done.week.path),
        "accounts": len(done.scores),
        "at_risk": len(done.at_risk.rows),
        "leaving": len(done.leaving),
        "bands": done.scores["band"].value_counts().to_dict(),
        "content_hash": done.week.manifest()["content_hash"],
    }

"""Every command of the command line: which stages it runs, and what it tells.

A stage that needs an earlier one runs it; what has not changed is not computed again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from pipeline.errors import ConfigError
from pipeline.stages import telling
from pipeline.stages.champion import champion, entry_of, last_grade
from pipeline.stages.context import Run
from pipeline.stages.examine import examine
from pipeline.stages.judge import Scored, judge
from pipeline.stages.learn import learn, returns
from pipeline.stages.outcome import Outcome
from pipeline.stages.promote import back, gate_lines
from pipeline.stages.promote import promote as promote_challenger
from pipeline.stages.publish import LOOK_BACK, Published, last_published, publish_week
from pipeline.stages.read import read
from pipeline.stages.register import Standing, register
from pipeline.stages.replay import replay
from pipeline.stages.tabulate import FeatureSet, tabulate
from pipeline.stages.tested import tested
from pipeline.stages.watch import waiting, watch
from pipeline.warehouse import replacing


def check(run: Run) -> Outcome:
    """What the sources hold and what is wrong with them."""
    report = examine(run)
    return Outcome(report.to_dict(), report.text(), report.exit_code)


def ingest(run: Run) -> Outcome:
    """Sources into canonical tables."""
    with run.workspace.locked():
        report = read(run)
    return Outcome(report, telling.ingested(report))


def features(run: Run) -> Outcome:
    """Every feature at every training cutoff and at the week's own."""
    with run.workspace.locked():
        read(run)
        cutoff = run.cutoff()
        found = tabulate(run, [*run.grid(cutoff), cutoff])
    data = {
        "features": len(found.catalog),
        "rows": found.rows,
        "seconds": round(run.seconds["features"], 3),
        "path": str(found.path),
        "cutoffs": [day.isoformat() for day in found.cutoffs],
    }
    return Outcome(data, telling.tabulated(data))


def train(run: Run) -> Outcome:
    """Learn, test, track, register and export."""
    with run.workspace.locked():
        read(run)
        return _train(run, run.cutoff())


def backtest(run: Run, learning_curve: bool = False) -> Outcome:
    """Test in time without changing the champion."""
    with run.workspace.locked():
        read(run)
        cutoff = run.cutoff()
        learned = learn(run, cutoff, learning_curve=learning_curve)
        quiet = returns(run, cutoff)
    data = {**learned.to_dict(), "as_of": cutoff.isoformat(), **({"quiet_spells": quiet} if quiet else {})}
    return Outcome(data, "\n".join([tested(data), *telling.quiet(quiet)]))


def score(run: Run) -> Outcome:
    """Health of every customer at the cutoff, kept for publish to use."""
    with run.workspace.locked():
        read(run)
        scored, _ = _score(run, run.cutoff())
        path = run.workspace.warehouse / "scores" / f"{scored.cutoff}.parquet"
        with replacing(path) as fresh:
            scored.scores.to_parquet(fresh, index=False)
    data = {
        "as_of": scored.cutoff.isoformat(),
        "accounts": len(scored.scores),
        "model": scored.model.version if scored.model else "scorecard",
        "bands": scored.scores["band"].value_counts().to_dict(),
        "path": str(path),
    }
    return Outcome(data, telling.scored(data))


def publish(run: Run, approve: bool = False) -> Outcome:
    """The week's lists from the champion's scores. ``approve``: a person let through what monitoring holds."""
    with run.workspace.locked():
        read(run)
        return _published(run, run.cutoff(), approve)


def run_all(run: Run, approve: bool = False) -> Outcome:
    """Ingest, features, train where there is no champion yet or it is time for another, score, publish."""
    with run.workspace.locked():
        report = read(run)
        run.reporter.done(telling.ingested_line(report))
        cutoff = run.cutoff()
        if champion(run, cutoff) is None:
            _train_aloud(run, cutoff)
        return _published(run, cutoff, approve, may_train=True)


def promote(run: Run) -> Outcome:
    """Let the challenger score, if the gate lets it through."""
    with run.workspace.locked():
        entry = promote_challenger(run)
    return Outcome({"champion": entry_of(run)}, f"Champion is now {entry['version']}, grade {entry['grade']}.")


def rollback(run: Run) -> Outcome:
    """Let the former champion score again."""
    with run.workspace.locked():
        entry = back(run)
    return Outcome({"champion": entry}, f"Champion is again {entry['version']}, grade {entry['grade']}.")


def replay_weeks(run: Run, weeks: int) -> Outcome:
    """Past weeks, each from what was known then."""
    with run.workspace.locked():
        report = read(run)
        run.reporter.done(telling.ingested_line(report))
        published = replay(run, weeks)
    data = {"weeks": [_week(each) for each in published], "skipped": weeks - len(published)}
    return Outcome(data, telling.replayed(data))


def explain(run: Run, account: str) -> Outcome:
    """How one account's health is made up."""
    with run.workspace.locked():
        read(run)
        scored, found = _score(run, run.cutoff())
    leaving = found.leaving_at(scored.cutoff).set_index("account_id")
    if account in leaving.index:
        return telling.left(account, leaving.loc[[account]])
    known = scored.scores["account_id"].tolist()
    if account not in known:
        raise ConfigError(
            f"No customer {account!r} at {scored.cutoff}.",
            hint=telling.closest(account, known) or "See health_scores.csv.",
        )
    return telling.explained(scored, account)


def status(run: Run) -> Outcome:
    """The champion and the published weeks."""
    weeks = list(run.workspace.current_weeks().values())
    data = {
        "workspace": str(run.workspace.root),
        "champion": entry_of(run),
        "waiting": waiting(run),
        "weeks": [{"as_of": week.cutoff.isoformat(), "path": str(week.path)} for week in weeks],
        "latest": weeks[-1].manifest() if weeks else None,
        "latest_path": str(weeks[-1].path) if weeks else None,
    }
    return Outcome(data, telling.stood(data))


def _train(run: Run, cutoff: date, advised: bool = False) -> Outcome:
    learned = learn(run, cutoff, also=[cutoff - LOOK_BACK, *last_published(run, cutoff)])
    standing = register(run, learned, cutoff, advised)
    promoted = standing.passed and run.config.model.promote == "auto"
    if promoted:
        promote_challenger(run)
    challenger = None if standing.is_champion or promoted else standing.entry
    data = {**learned.to_dict(), "champion": entry_of(run), "challenger": challenger}
    return Outcome(data, "\n".join([tested(data), *_stands(standing, promoted)]))


def _stands(standing: Standing, promoted: bool) -> list[str]:
    """What became of the model that was trained."""
    if standing.entry is None or standing.is_champion:
        return []
    if promoted:
        return [f"Challenger {standing.entry['version']} passed the gate and is champion now."]
    return gate_lines(standing.entry)


def _train_aloud(run: Run, cutoff: date, advised: bool = False) -> None:
    """Train inside a longer command, and say in a line what came of it."""
    trained = _train(run, cutoff, advised)
    run.reporter.done(f"train: {trained.data['grade_reason']}")
    if challenger := trained.data["challenger"]:
        run.reporter.done("\n".join(gate_lines(challenger)))


def _score(run: Run, cutoff: date) -> tuple[Scored, FeatureSet]:
    found = tabulate(run, [cutoff, cutoff - LOOK_BACK, *last_published(run, cutoff)])
    return judge(run, found, cutoff, champion(run, cutoff)), found


def _published(run: Run, cutoff: date, approve: bool, may_train: bool = False) -> Outcome:
    """Score, look at what monitoring sees, train anew where that says so, and publish unless the week is held."""
    scored, found = _score(run, cutoff)
    seen = watch(run, scored)
    if may_train and seen.retrain:
        run.reporter.done(f"training anew: {'; '.join(seen.retrain)}")
        reasons, before = seen.retrain, entry_of(run)
        _train_aloud(run, cutoff, advised=True)
        if entry_of(run) != before:
            scored, found = _score(run, cutoff)
        seen = replace(watch(run, scored), retrain=reasons, trained=True)
    told, holds = seen.to_dict(approve), () if approve else seen.holds
    done = publish_week(run, found, scored, last_grade(run), replayed=False, seen=told, holds=holds)
    data = {**_week(done), "monitoring": told}
    return Outcome(data, "\n".join([telling.published(done, data), *seen.told()]))


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

"""The commands that learn and that say who scores: train, backtest, promote and rollback."""

from __future__ import annotations

from datetime import date

from pipeline.commands import telling
from pipeline.commands.tested import tested
from pipeline.stages.champion import entry_of
from pipeline.stages.context import Run
from pipeline.stages.learn import learn, returns
from pipeline.stages.outcome import Outcome
from pipeline.stages.promote import back, gate_lines
from pipeline.stages.promote import promote as promote_challenger
from pipeline.stages.publish import LOOK_BACK, last_published
from pipeline.stages.read import read
from pipeline.stages.register import Standing, register, track


def train(run: Run) -> Outcome:
    """Learn, test, track, register and export."""
    with run.working("train"):
        read(run)
        return _train(run, run.cutoff())


def backtest(run: Run, learning_curve: bool = False) -> Outcome:
    """Test in time without changing the champion; recorded like a training."""
    with run.working("backtest"):
        read(run)
        cutoff = run.cutoff()
        learned = learn(run, cutoff, learning_curve=learning_curve, benchmarks=True)
        quiet = returns(run, cutoff)
        tracked = track(run, learned, cutoff)
    data = {**learned.to_dict(), "as_of": cutoff.isoformat(), **({"quiet_spells": quiet} if quiet else {})}
    data["tracked"] = tracked
    return Outcome(data, "\n".join([tested(data), *telling.quiet(quiet)]))


def promote(run: Run, reason: str | None = None) -> Outcome:
    """Let the challenger score, if the gate lets it through. ``reason``: why, where that it is better is unproven."""
    with run.workspace.locked():
        entry = promote_challenger(run, reason)
    return Outcome({"champion": entry_of(run)}, f"Champion is now {entry['version']}, grade {entry['grade']}.")


def rollback(run: Run) -> Outcome:
    """Let the former champion score again."""
    with run.workspace.locked():
        entry = back(run)
    return Outcome({"champion": entry}, f"Champion is again {entry['version']}, grade {entry['grade']}.")


def _train(run: Run, cutoff: date, advised: bool = False) -> Outcome:
    learned = learn(run, cutoff, also=[cutoff - LOOK_BACK, *last_published(run, cutoff)], learning_curve=True)
    standing = register(run, learned, cutoff, advised)
    promoted = _promoted(run, standing)
    challenger = None if standing.is_champion or promoted else standing.entry
    data = {**learned.to_dict(), "champion": entry_of(run), "challenger": challenger, "new": not standing.again}
    return Outcome(data, "\n".join([tested(data), *_stands(standing, promoted)]))


def _promoted(run: Run, standing: Standing) -> bool:
    """Let what passed the gate score at once where the configuration says so; whether it was done."""
    promoted = standing.passed and run.config.model.promote == "auto"
    if promoted:
        promote_challenger(run)
    return promoted


def _stands(standing: Standing, promoted: bool) -> list[str]:
    """What became of the model that was trained."""
    if standing.again:
        return [f"Nothing is new: what there is to learn from makes the champion {standing.again} again."]
    if standing.entry is None or standing.is_champion:
        return []
    if promoted:
        return [f"Challenger {standing.entry['version']} passed the gate and is champion now."]
    return gate_lines(standing.entry)


def train_aloud(run: Run, cutoff: date, advised: bool = False) -> None:
    """Train inside a longer command, and say in a line what came of it."""
    trained = _train(run, cutoff, advised)
    run.reporter.done(f"train: {trained.data['grade_reason']}")
    if challenger := trained.data["challenger"]:
        run.reporter.done("\n".join(gate_lines(challenger)))
    elif not trained.data["new"]:
        run.reporter.done(trained.text.splitlines()[-1])


def stand_aloud(run: Run, standing: Standing) -> None:
    """Let a challenger that came of no training score if it may, and say where it stands."""
    run.reporter.done("\n".join(_stands(standing, _promoted(run, standing))))

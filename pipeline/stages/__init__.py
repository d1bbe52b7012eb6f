"""The stages, each a verb on a workspace, and the commands made of them."""

from collections.abc import Callable

from pipeline.stages.commands import (
    backtest,
    check,
    explain,
    features,
    ingest,
    promote,
    publish,
    replay_weeks,
    rollback,
    run_all,
    score,
    status,
    train,
)
from pipeline.stages.context import Run
from pipeline.stages.outcome import Outcome
from pipeline.stages.remarks import give_override, read_feedback

COMMANDS: dict[str, Callable[..., Outcome]] = {
    "check": check,
    "ingest": ingest,
    "features": features,
    "train": train,
    "score": score,
    "publish": publish,
    "run": run_all,
    "replay": replay_weeks,
    "backtest": backtest,
    "promote": promote,
    "rollback": rollback,
    "explain": explain,
    "status": status,
    "feedback": read_feedback,
    "override": give_override,
}
"""Each command by its name on the command line."""

__all__ = ["COMMANDS", "Run"]

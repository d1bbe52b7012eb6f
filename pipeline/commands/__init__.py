"""Every command of the command line: which stages it runs, and what it tells.

A stage that needs an earlier one runs it; what has not changed is not computed again. A command's module is loaded when
it is asked for, so that none waits for what only another needs.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from pipeline.stages.outcome import Outcome

COMMANDS = {
    "check": "pipeline.commands.data:check",
    "ingest": "pipeline.commands.data:ingest",
    "features": "pipeline.commands.data:features",
    "train": "pipeline.commands.learning:train",
    "backtest": "pipeline.commands.learning:backtest",
    "promote": "pipeline.commands.learning:promote",
    "rollback": "pipeline.commands.learning:rollback",
    "score": "pipeline.commands.week:score",
    "publish": "pipeline.commands.week:publish",
    "run": "pipeline.commands.week:run_all",
    "replay": "pipeline.commands.week:replay_weeks",
    "explain": "pipeline.commands.week:explain",
    "status": "pipeline.commands.standing:status",
    "send": "pipeline.stages.send:send",
    "feedback": "pipeline.stages.remarks:read_feedback",
    "override": "pipeline.stages.remarks:give_override",
    "erase": "pipeline.stages.erase:erase",
}
"""Where each command is, by its name on the command line."""


def command(name: str) -> Callable[..., Outcome]:
    """The function of a command. It takes a Run, and the command's own options by name."""
    module, function = COMMANDS[name].split(":")
    found: Callable[..., Outcome] = getattr(import_module(module), function)
    return found

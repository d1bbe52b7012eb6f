"""The application, the options that commands share, and how a command is run and told."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline.stages.failure import Failure
    from pipeline.stages.outcome import Outcome
    from pipeline.stages.progress import Terminal


class _Commands(TyperGroup):
    """The commands; where ``--json`` was asked for, a wrong command line is told as JSON too."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command line."""
        words = list(sys.argv[1:] if args is None else args)
        if not standalone_mode or "--json" not in words:
            return super().main(args, prog_name, complete_var, standalone_mode, windows_expand_args, **extra)
        try:
            code = super().main(args, prog_name, complete_var, False, windows_expand_args, **extra)
        except Exception as error:
            if not hasattr(error, "format_message"):
                raise
            _tell([error.format_message()], "See 'holdfast --help'.", 2, as_json=True)
        raise SystemExit(code)


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Which customers are about to leave, why, how sure that is, and what to do: every week.",
)

ConfigFile = Annotated[Path, typer.Option("--config", "-c", help="The company's configuration.")]
WorkspaceFolder = Annotated[Path, typer.Option("--workspace", "-w", help="Where everything is kept.")]


def day(told: str) -> date:
    """A day on the command line. Raises BadParameter with the form that is valid."""
    from pipeline.config.base import as_day

    try:
        found: date = as_day(told)
    except ValueError as error:
        raise typer.BadParameter(f"{told!r} is {error}") from None
    return found


DAY: dict[str, Any] = {"parser": day, "metavar": "YYYY-MM-DD"}
AsOf = Annotated[
    date | None,
    typer.Option("--as-of", help="The week to work on: the last cutoff on or before this day.", **DAY),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object; progress goes to standard error.")]
Approve = Annotated[
    bool, typer.Option("--approve", help="Publish a week that monitoring holds, after somebody has looked at it.")
]
CONFIG, WORKSPACE = Path("config.yaml"), Path("workspace")


def execute(command: str, config: Path, workspace: Path, as_of: date | None, as_json: bool, **options: Any) -> None:
    """Run a command on a configuration and a workspace, and print what came of it."""

    def work() -> Outcome:
        from pipeline.commands import command as found
        from pipeline.config import load_config
        from pipeline.sources.plan import wrong_columns
        from pipeline.stages.context import Run
        from pipeline.warehouse import Workspace

        run = Run(load_config(config, wrong_columns), Workspace(workspace), reporter(), as_of)
        outcome = found(command)(run, **options)
        return replace(outcome, data={**outcome.data, "stages": [stage.to_dict() for stage in run.stages]})

    report(work, as_json)


def reporter() -> Terminal:
    """Where progress is told."""
    from pipeline.stages.progress import Terminal

    return Terminal()


def report(work: Callable[[], Outcome], as_json: bool) -> None:
    """Run ``work`` and print its outcome, or its error without a traceback."""
    try:
        outcome = work()
    except (Exception, KeyboardInterrupt) as error:
        from pipeline.stages.failure import failure

        told = failure(error)
        if told is None:
            raise
        _fail(told, as_json)
    else:
        print(json.dumps(outcome.data, default=str, allow_nan=False) if as_json else outcome.text)
        raise SystemExit(outcome.exit_code)


def _fail(told: Failure, as_json: bool) -> None:
    _tell(told.problems, told.hint, told.exit_code, as_json)


def _tell(problems: Sequence[str], hint: str, exit_code: int, as_json: bool) -> NoReturn:
    for line in (*(f"holdfast: {problem}" for problem in problems), *([hint] if hint else [])):
        print(line, file=sys.stderr)
    if as_json:
        print(json.dumps({"error": {"problems": problems, "hint": hint, "exit_code": exit_code}}))
    raise SystemExit(exit_code)

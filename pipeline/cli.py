"""The command line: one command a stage, and ``run`` for all of them.

Nothing heavy is imported until a command runs, so that help is instant.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

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
AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="The week to work on: the last cutoff on or before this day."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object; progress goes to standard error.")]
Approve = Annotated[
    bool, typer.Option("--approve", help="Publish a week that monitoring holds, after somebody has looked at it.")
]
CONFIG, WORKSPACE = Path("config.yaml"), Path("workspace")


@app.command()
def check(
    config: ConfigFile = CONFIG, workspace: WorkspaceFolder = WORKSPACE, as_of: AsOf = None, json: Json = False
) -> None:
    """Explain what is in the sources, and what is wrong with them, before anything runs."""
    _execute("check", config, workspace, as_of, json)


@app.command()
def ingest(
    config: ConfigFile = CONFIG, workspace: WorkspaceFolder = WORKSPACE, as_of: AsOf = None, json: Json = False
) -> None:
    """Read the sources into canonical tables; what breaks a contract is quarantined."""
    _execute("ingest", config, workspace, as_of, json)


@app.command()
def features(
    config: ConfigFile = CONFIG, workspace: WorkspaceFolder = WORKSPACE, as_of: AsOf = None, json: Json = False
) -> None:
    """Compute every feature at every cutoff, as it was known then."""
    _execute("features", config, workspace, as_of, json)


@app.command()
def train(
    config: ConfigFile = CONFIG, workspace: WorkspaceFolder = WORKSPACE, as_of: AsOf = None, json: Json = False
) -> None:
    """Learn from the past, test on the latest part of it; the first model is champion, later ones are challengers."""
    _execute("train", config, workspace, as_of, json)


@app.command()
def score(
    config: ConfigFile = CONFIG, workspace: WorkspaceFolder = WORKSPACE, as_of: AsOf = None, json: Json = False
) -> None:
    """Compute health, reasons and coverage of every customer at the cutoff."""
    _execute("score", config, workspace, as_of, json)


@app.command()
def publish(
    config: ConfigFile = CONFIG,
    workspace: WorkspaceFolder = WORKSPACE,
    as_of: AsOf = None,
    approve: Approve = False,
    json: Json = False,
) -> None:
    """Publish the week's lists, in one step."""
    _execute("publish", config, workspace, as_of, json, approve=approve)


@app.command()
def run(
    config: ConfigFile = CONFIG,
    workspace: WorkspaceFolder = WORKSPACE,
    as_of: AsOf = None,
    approve: Approve = False,
    json: Json = False,
) -> None:
    """Do all of it: ingest, features, train where there is no champion yet or it is time, score, publish."""
    _execute("run", config, workspace, as_of, json, approve=approve)


@app.command()
def promote(
    reason: Annotated[
        str | None,
        typer.Option("--reason", help="Why, where nothing is wrong with it but that it is not proved better."),
    ] = None,
    config: ConfigFile = CONFIG,
    workspace: WorkspaceFolder = WORKSPACE,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Let the challenger score from now on, if it passes the gate."""
    _execute("promote", config, workspace, as_of, json, reason=reason)


@app.command()
def rollback(
    config: ConfigFile = CONFIG, workspace: WorkspaceFolder = WORKSPACE, as_of: AsOf = None, json: Json = False
) -> None:
    """Let the former champion score again."""
    _execute("rollback", config, workspace, as_of, json)


@app.command()
def replay(
    weeks: Annotated[int, typer.Option(min=1, max=520, help="How many weeks before the current one.")] = 14,
    config: ConfigFile = CONFIG,
    workspace: WorkspaceFolder = WORKSPACE,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Publish past weeks, each as it would have been then."""
    _execute("replay", config, workspace, as_of, json, weeks=weeks)


@app.command()
def backtest(
    learning_curve: Annotated[
        bool, typer.Option("--learning-curve", help="Also learn from less: what would more data bring?")
    ] = False,
    config: ConfigFile = CONFIG,
    workspace: WorkspaceFolder = WORKSPACE,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Test candidates and simple rules on past cutoffs, and give a grade."""
    _execute("backtest", config, workspace, as_of, json, learning_curve=learning_curve)


@app.command()
def explain(
    account: Annotated[str, typer.Argument(help="The account_id.")],
    config: ConfigFile = CONFIG,
    workspace: WorkspaceFolder = WORKSPACE,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Show how one account's health is made up."""
    _execute("explain", config, workspace, as_of, json, account=account)


@app.command()
def status(
    config: ConfigFile = CONFIG, workspace: WorkspaceFolder = WORKSPACE, as_of: AsOf = None, json: Json = False
) -> None:
    """Show the champion, the published weeks and where the lists are."""
    _execute("status", config, workspace, as_of, json)


@app.command()
def send(
    week: Annotated[
        datetime | None,
        typer.Option("--week", formats=["%Y-%m-%d"], help="The week that you mean; only the current one is sent."),
    ] = None,
    only: Annotated[str | None, typer.Option("--only", metavar="MANAGER", help="To this manager alone.")] = None,
    channel: Annotated[
        Literal["slack", "email"] | None, typer.Option("--channel", help="By this channel alone.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, and send nothing.")] = False,
    resend_uncertain: Annotated[
        bool, typer.Option("--resend-uncertain", help="Send again what may or may not have arrived.")
    ] = False,
    config: ConfigFile = CONFIG,
    workspace: WorkspaceFolder = WORKSPACE,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Send each manager's digest of the current week, once; off until deliver.send.channels names a channel."""
    day = None if week is None else week.date()
    how: dict[str, Any] = {"channel": channel, "dry_run": dry_run, "resend_uncertain": resend_uncertain}
    _execute("send", config, workspace, as_of, json, week=day, only=only, **how)


@app.command()
def feedback(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Workbooks that came back filled in.")],
    config: ConfigFile = CONFIG,
    workspace: WorkspaceFolder = WORKSPACE,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Read workbooks that managers filled in; the next lists know what they said."""
    _execute("feedback", config, workspace, as_of, json, files=files)


@app.command()
def override(
    account: Annotated[str, typer.Argument(help="The account_id.")],
    band: Annotated[str, typer.Option(help="What you say it is: red, amber or green.")],
    by: Annotated[str, typer.Option(help="Who says so.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day on which it ends.")],
    config: ConfigFile = CONFIG,
    workspace: WorkspaceFolder = WORKSPACE,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Say something against an account's score: shown beside it until a day, never in its place."""
    told = {"account": account, "band": band, "author": by, "reason": reason, "until": until.date()}
    _execute("override", config, workspace, as_of, json, **told)


@app.command()
def erase(
    accounts: Annotated[list[str], typer.Argument(metavar="ACCOUNT...", help="The account_id of each.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be erased, and erase nothing.")] = False,
    config: ConfigFile = CONFIG,
    workspace: WorkspaceFolder = WORKSPACE,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Erase accounts from everything that is kept, published weeks too, once the exports hold them no more."""
    _execute("erase", config, workspace, as_of, json, accounts=accounts, dry_run=dry_run)


@app.command()
def demo(
    accounts: Annotated[int, typer.Option(min=20, help="How many customers.")] = 1500,
    weeks: Annotated[int, typer.Option(min=40, help="How many weeks of history.")] = 104,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another company.")] = 7,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="Takes the company's name from it, and the last day from calendar.as_of."),
    ] = None,
    workspace: WorkspaceFolder = WORKSPACE,
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="The last day of the made-up history.")
    ] = None,
    json: Json = False,
) -> None:
    """Write the exports of a made-up software company, with its hidden truth apart."""

    def write() -> Outcome:
        from pipeline.config import load_config
        from pipeline.demo.command import write_demo

        settings = None if config is None else load_config(config)
        end = None if as_of is None else as_of.date()
        return write_demo(workspace, accounts, weeks, seed, _reporter(), end=end, config=settings)

    _report(write, json)


def _execute(
    command: str, config: Path, workspace: Path, as_of: datetime | None, as_json: bool, **options: Any
) -> None:
    def work() -> Outcome:
        from pipeline.commands import command as found
        from pipeline.config import load_config
        from pipeline.sources.plan import wrong_columns
        from pipeline.stages.context import Run
        from pipeline.warehouse import Workspace

        day = None if as_of is None else date(as_of.year, as_of.month, as_of.day)
        run = Run(load_config(config, wrong_columns), Workspace(workspace), _reporter(), day)
        outcome = found(command)(run, **options)
        return replace(outcome, data={**outcome.data, "stages": [stage.to_dict() for stage in run.stages]})

    _report(work, as_json)


def _reporter() -> Terminal:
    from pipeline.stages.progress import Terminal

    return Terminal()


def _report(work: Callable[[], Outcome], as_json: bool) -> None:
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

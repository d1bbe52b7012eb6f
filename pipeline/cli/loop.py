"""The commands that reach people and hear from them: send, feedback, override and erase."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from pipeline.cli.app import CONFIG, DAY, WORKSPACE, AsOf, ConfigFile, Json, WorkspaceFolder, app, execute


@app.command()
def send(
    week: Annotated[
        date | None, typer.Option("--week", help="The week that you mean; only the current one is sent.", **DAY)
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
    how: dict[str, Any] = {"channel": channel, "dry_run": dry_run, "resend_uncertain": resend_uncertain}
    execute("send", config, workspace, as_of, json, week=week, only=only, **how)


@app.command()
def feedback(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Workbooks that came back filled in.")],
    config: ConfigFile = CONFIG,
    workspace: WorkspaceFolder = WORKSPACE,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Read workbooks that managers filled in; the next lists know what they said."""
    execute("feedback", config, workspace, as_of, json, files=files)


@app.command()
def override(
    account: Annotated[str, typer.Argument(help="The account_id.")],
    band: Annotated[str, typer.Option(help="What you say it is: red, amber or green.")],
    by: Annotated[str, typer.Option(help="Who says so.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    until: Annotated[date, typer.Option(help="The day on which it ends.", **DAY)],
    config: ConfigFile = CONFIG,
    workspace: WorkspaceFolder = WORKSPACE,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Say something against an account's score: shown beside it until a day, never in its place."""
    told = {"account": account, "band": band, "author": by, "reason": reason, "until": until}
    execute("override", config, workspace, as_of, json, **told)


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
    execute("erase", config, workspace, as_of, json, accounts=accounts, dry_run=dry_run)

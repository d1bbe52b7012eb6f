"""The commands about a week: score, publish, run, replay, explain and status."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.cli.app import CONFIG, WORKSPACE, Approve, AsOf, ConfigFile, Json, WorkspaceFolder, app, execute


@app.command()
def score(
    config: ConfigFile = CONFIG, workspace: WorkspaceFolder = WORKSPACE, as_of: AsOf = None, json: Json = False
) -> None:
    """Compute health, reasons and coverage of every customer at the cutoff."""
    execute("score", config, workspace, as_of, json)


@app.command()
def publish(
    config: ConfigFile = CONFIG,
    workspace: WorkspaceFolder = WORKSPACE,
    as_of: AsOf = None,
    approve: Approve = False,
    json: Json = False,
) -> None:
    """Publish the week's lists, in one step."""
    execute("publish", config, workspace, as_of, json, approve=approve)


@app.command()
def run(
    config: ConfigFile = CONFIG,
    workspace: WorkspaceFolder = WORKSPACE,
    as_of: AsOf = None,
    approve: Approve = False,
    json: Json = False,
) -> None:
    """Do all of it: ingest, features, train where there is no champion yet or it is time, score, publish."""
    execute("run", config, workspace, as_of, json, approve=approve)


@app.command()
def replay(
    weeks: Annotated[int, typer.Option(min=1, max=520, help="How many weeks before the current one.")] = 14,
    config: ConfigFile = CONFIG,
    workspace: WorkspaceFolder = WORKSPACE,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Publish past weeks, each as it would have been then."""
    execute("replay", config, workspace, as_of, json, weeks=weeks)


@app.command()
def explain(
    account: Annotated[str, typer.Argument(help="The account_id.")],
    config: ConfigFile = CONFIG,
    workspace: WorkspaceFolder = WORKSPACE,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Show how one account's health is made up."""
    execute("explain", config, workspace, as_of, json, account=account)


@app.command()
def status(
    config: ConfigFile = CONFIG, workspace: WorkspaceFolder = WORKSPACE, as_of: AsOf = None, json: Json = False
) -> None:
    """Show the champion, the published weeks and where the lists are."""
    execute("status", config, workspace, as_of, json)

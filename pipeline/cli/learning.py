"""The commands that learn and that say who scores: train, backtest, promote and rollback."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.cli.app import CONFIG, WORKSPACE, AsOf, ConfigFile, Json, WorkspaceFolder, app, execute


@app.command()
def train(
    config: ConfigFile = CONFIG, workspace: WorkspaceFolder = WORKSPACE, as_of: AsOf = None, json: Json = False
) -> None:
    """Learn from the past, test on the latest part of it; the first model is champion, later ones are challengers."""
    execute("train", config, workspace, as_of, json)


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
    execute("backtest", config, workspace, as_of, json, learning_curve=learning_curve)


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
    execute("promote", config, workspace, as_of, json, reason=reason)


@app.command()
def rollback(
    config: ConfigFile = CONFIG, workspace: WorkspaceFolder = WORKSPACE, as_of: AsOf = None, json: Json = False
) -> None:
    """Let the former champion score again."""
    execute("rollback", config, workspace, as_of, json)

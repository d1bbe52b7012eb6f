"""The demo command: the exports of a made-up company."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.app import DAY, WORKSPACE, Json, WorkspaceFolder, app, report, reporter

if TYPE_CHECKING:
    from pipeline.stages.outcome import Outcome


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
    as_of: Annotated[date | None, typer.Option("--as-of", help="The last day of the made-up history.", **DAY)] = None,
    json: Json = False,
) -> None:
    """Write the exports of a made-up software company, with its hidden truth apart."""

    def write() -> Outcome:
        from pipeline.config import load_config
        from pipeline.demo.command import write_demo

        settings = None if config is None else load_config(config)
        return write_demo(workspace, accounts, weeks, seed, reporter(), end=as_of, config=settings)

    report(write, json)

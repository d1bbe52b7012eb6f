"""The commands that read: check, ingest and features."""

from __future__ import annotations

from pipeline.cli.app import CONFIG, WORKSPACE, AsOf, ConfigFile, Json, WorkspaceFolder, app, execute


@app.command()
def check(
    config: ConfigFile = CONFIG, workspace: WorkspaceFolder = WORKSPACE, as_of: AsOf = None, json: Json = False
) -> None:
    """Explain what is in the sources, and what is wrong with them, before anything runs."""
    execute("check", config, workspace, as_of, json)


@app.command()
def ingest(
    config: ConfigFile = CONFIG, workspace: WorkspaceFolder = WORKSPACE, as_of: AsOf = None, json: Json = False
) -> None:
    """Read the sources into canonical tables; what breaks a contract is quarantined."""
    execute("ingest", config, workspace, as_of, json)


@app.command()
def features(
    config: ConfigFile = CONFIG, workspace: WorkspaceFolder = WORKSPACE, as_of: AsOf = None, json: Json = False
) -> None:
    """Compute every feature at every cutoff, as it was known then."""
    execute("features", config, workspace, as_of, json)

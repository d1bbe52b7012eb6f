"""What began and did not end well is told by ``holdfast status``, until the week is whole."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.errors import ConfigError, GateError
from pipeline.stages.attempts import attempt, unfinished
from pipeline.warehouse import Workspace
from tests.commands.command import Company

WEEK = "2026-07-27"


def test_status_says_that_a_run_failed_where_with_which_exit_and_what_to_do(company: Company) -> None:
    before = company.published()
    company.edit("accounts.csv", lambda text: text.replace("Firm 1,", "Firm One,"))
    in_the_way = company.folder / "workspace" / "published" / f".staging-{WEEK}"
    in_the_way.write_text("a file where the week's folder is made")
    assert company.run("run").returncode == 74
    (told,) = company.json("status")["unfinished"]
    assert (told["command"], told["stage"], told["exit_code"]) == ("run", "publish", 74)
    assert "it ended in stage publish with exit 74" in told["told"]
    assert "The model that it trained is kept" in told["told"]
    assert "Check that the folder exists and may be written." in told["told"]
    assert company.published().items() >= before.items()
    in_the_way.unlink()
    assert company.json("run")["version"] == 2
    assert "NOT FINISHED" not in company.run("status").stdout


def test_a_run_that_is_at_work_is_told_from_one_that_was_killed(company: Company) -> None:
    where = ("--config", str(company.folder / "config.yaml"), "--workspace", str(company.folder / "workspace"))
    run = subprocess.Popen([sys.executable, "-m", "pipeline", "run", *where], stderr=subprocess.DEVNULL)
    workspace = Workspace(company.folder / "workspace")
    for _ in range(600):
        if any(each.stage for each in unfinished(workspace)):
            break
        time.sleep(0.05)
    (at_work,) = unfinished(workspace)
    assert at_work.told(workspace.holder()).startswith("'holdfast run' is at work in stage ")
    run.kill()
    run.wait()
    (killed,) = unfinished(workspace)
    said = killed.told(workspace.holder())
    assert f"it was killed, or the machine stopped, in stage {killed.stage}." in said
    assert "Run it again" in said


def left(workspace: Workspace) -> list[str]:
    return [each.command for each in unfinished(workspace)]


def fail(workspace: Workspace, command: str, error: Exception) -> None:
    with pytest.raises(type(error)), attempt(workspace, command, None):
        raise error


def test_only_a_whole_week_settles_what_failed_on_the_way_to_it(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    fail(workspace, "run", GateError("The week is held.", hint="Look at it."))
    fail(workspace, "erase", OSError("disk"))
    with attempt(workspace, "ingest", None):
        pass
    assert sorted(left(workspace)) == ["erase", "run"]
    with attempt(workspace, "publish", None):
        pass
    assert left(workspace) == ["erase"]
    with attempt(workspace, "erase", None):
        pass
    assert left(workspace) == []


def test_an_erasure_that_was_refused_left_nothing_unfinished(tmp_path: Path) -> None:
    fail(Workspace(tmp_path), "erase", ConfigError("Nothing is known of an account 'x'."))
    assert left(Workspace(tmp_path)) == []


def test_an_error_of_the_program_is_told_without_its_text(tmp_path: Path) -> None:
    fail(Workspace(tmp_path), "run", ValueError("a customer's comment"))
    (told,) = unfinished(Workspace(tmp_path))
    assert "ValueError" in told.problem
    assert "comment" not in (tmp_path / "attempts.json").read_text()

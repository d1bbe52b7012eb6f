from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipeline.errors import LockedError, StorageError
from pipeline.warehouse import Workspace, storage_errors

MONDAY = date(2026, 11, 16)


def writer(text: str):
    def write(folder: Path) -> dict[str, object]:
        (folder / "at_risk.csv").write_text(text)
        return {"as_of": MONDAY}

    return write


def test_a_published_week_appears_whole_and_latest_points_to_it(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    week, new = workspace.publish(MONDAY, writer("a"))
    assert new
    assert sorted(path.name for path in week.path.iterdir()) == ["at_risk.csv", "manifest.json"]
    assert (tmp_path / "published" / "latest").readlink() == Path("2026-11-16")


def test_a_run_that_fails_leaves_the_last_week_as_it_was(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    week, _ = workspace.publish(MONDAY, writer("a"))
    before = {path.name: path.read_bytes() for path in week.path.iterdir()}

    def broken(folder: Path) -> dict[str, object]:
        (folder / "at_risk.csv").write_text("half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        workspace.publish(MONDAY, broken)
    assert {path.name: path.read_bytes() for path in week.path.iterdir()} == before
    assert [path.name for path in (tmp_path / "published").iterdir() if not path.is_symlink()] == ["2026-11-16"]


def test_a_run_killed_before_latest_points_to_its_week_is_mended_by_the_next(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.publish(MONDAY - timedelta(weeks=1), writer("a"))
    killed = (
        "import os, sys; from datetime import date; from pathlib import Path\n"
        "from pipeline.warehouse import Workspace\n"
        "Workspace._point_latest = lambda self: os.kill(os.getpid(), 9)\n"
        "write = lambda folder: (folder / 'at_risk.csv').write_text('b') and {}\n"
        f"Workspace(Path(sys.argv[1])).publish(date.fromisoformat('{MONDAY}'), write)"
    )
    assert subprocess.run([sys.executable, "-c", killed, str(tmp_path)]).returncode == -9
    assert (tmp_path / "published" / "latest").readlink() == Path("2026-11-09")
    assert not workspace.publish(MONDAY, writer("b"))[1]
    assert (tmp_path / "published" / "latest").readlink() == Path("2026-11-16")


def test_f58_the_same_week_published_twice_is_one_version(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.publish(MONDAY, writer("a"))
    week, new = workspace.publish(MONDAY, writer("a"))
    assert (week.version, new) == (1, False)


def test_f59_corrected_data_make_a_second_version_and_the_first_stays(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    first, _ = workspace.publish(MONDAY, writer("a"))
    second, new = workspace.publish(MONDAY, writer("b"))
    assert (second.path.name, new) == ("2026-11-16.v2", True)
    assert (first.path / "at_risk.csv").read_text() == "a"
    assert workspace.current_weeks() == {MONDAY: second}


def test_f56_a_second_run_is_refused_and_names_the_holder(tmp_path: Path) -> None:
    hold = (
        "import sys, time; from pathlib import Path; from pipeline.warehouse import Workspace\n"
        "with Workspace(Path(sys.argv[1])).locked(): print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", hold, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LockedError, match=str(holder.pid)), Workspace(tmp_path).locked():
            pass
    finally:
        holder.kill()
        holder.wait()
    with Workspace(tmp_path).locked():
        pass


def test_a_full_or_read_only_disk_is_told_in_one_sentence() -> None:
    with pytest.raises(StorageError, match="No space left"), storage_errors(Path("somewhere")):
        raise OSError(28, "No space left on device", "somewhere")

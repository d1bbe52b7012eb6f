"""Erasing an account: no byte of it is left, and what never held it is as it was."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from pipeline.commands.week import publish
from pipeline.errors import ContractError
from pipeline.loop.overrides import COLUMNS
from pipeline.stages.erase import erase
from pipeline.warehouse import Workspace
from tests.commands.command import Company
from tests.commands.test_deliveries import run

WHO, NAME = "acme-0003", "Erasable Widgets"
BYTES = (WHO, NAME, "p3-0", "they moved")
"""What would tell of it: its key, its name, its one user, and what a manager said of it."""


@pytest.fixture(scope="module")
def knowing(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A week of which the second version and all else know an account that the first version does not."""
    company = Company(tmp_path_factory.mktemp("knowing") / "company")
    shutil.copytree(published, company.folder, symlinks=True)
    for path in company.exports.glob("*.csv"):
        company.edit(path.name, lambda text: text.replace(",a3,", f",{WHO},").replace("a3,Firm 3,", f"{WHO},{NAME},"))
    company.edit("usage.csv", lambda text: text + f"u-bad,{WHO},p3-0,login,no day,\n")
    said = (WHO, "green", "Ada", "they moved offices", "2026-12-31", "2026-07-28")
    folder = company.folder / "workspace" / "feedback"
    folder.mkdir()
    (folder / "overrides.jsonl").write_text(json.dumps(dict(zip(COLUMNS, said, strict=True))) + "\n")
    publish(run(company))
    return company.folder


@pytest.fixture
def known(knowing: Path, tmp_path: Path) -> Company:
    """The company of ``knowing``, free to be changed."""
    shutil.copytree(knowing, tmp_path / "company", symlinks=True)
    return Company(tmp_path / "company")


def gone_from_exports(company: Company) -> None:
    for path in company.exports.glob("*.csv"):
        company.edit(path.name, lambda text: "".join(row for row in text.splitlines(True) if WHO not in row))


def left(company: Company) -> list[str]:
    """The files of the workspace in which anything still tells of the account."""
    root = company.folder / "workspace"
    files = [path for path in sorted(root.rglob("*")) if path.is_file()]
    return [
        str(path.relative_to(root)) for path in files if any(word in text for text in texts(path) for word in BYTES)
    ]


def texts(path: Path) -> Iterator[str]:
    """What a file says, unpacked."""
    if path.suffix == ".parquet":
        yield pq.read_table(path).to_pandas().to_csv()
        yield str(pq.read_schema(path).metadata)
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as book:
            yield from (book.read(name).decode("utf-8", "replace") for name in book.namelist())
    else:
        yield path.read_bytes().decode("utf-8", "replace")


def test_f70_an_erased_account_is_nowhere_and_no_version_without_it_is_touched(known: Company) -> None:
    before, weeks = known.published(), known.folder / "workspace" / "published"
    scores = pd.read_csv(weeks / "latest" / "health_scores.csv", dtype=str)
    assert {"warehouse", "quarantine", "published", "feedback"} <= {name.split("/")[0] for name in left(known)}
    gone_from_exports(known)
    (known.folder / "workspace" / "warehouse" / ".facts.parquet.new").write_text(f"{WHO}, by a process that was killed")
    told = known.json("erase", WHO)
    assert told["weeks"] == ["published/2026-07-27.v2"] and told["remarks"] == 1
    assert left(known) == []
    after = known.published()
    assert {path.name for path in weeks.iterdir()} == {"2026-07-27", "2026-07-27.v3", "latest"}
    assert {name: after[name] for name in before if name.startswith("2026-07-27/")}.items() <= before.items()
    kept = pd.read_csv(weeks / "latest" / "health_scores.csv", dtype=str)
    pd.testing.assert_frame_equal(kept, scores[scores["account_id"] != WHO].reset_index(drop=True))
    assert json.loads((weeks / "latest" / "manifest.json").read_text())["erased"] == 1
    assert "'holdfast run' publishes it anew" in known.run("status").stdout
    week = publish(run(known)).data
    assert week["version"] == 4 and Path(week["path"], "index.html").exists() and left(known) == []


def test_what_the_exports_still_hold_is_not_erased_and_a_dry_run_changes_nothing(known: Company) -> None:
    before, remarks = known.published(), left(known)
    with pytest.raises(ContractError, match=r"still hold.*usage"):
        erase(run(known), [WHO])
    assert "would be erased" in erase(run(known), [WHO], dry_run=True).text
    assert known.published() == before and left(known) == remarks


def test_an_erasure_that_was_interrupted_is_finished_by_the_next(
    known: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(workspace: Workspace, week: object) -> None:
        raise KeyboardInterrupt

    gone_from_exports(known)
    with monkeypatch.context() as stopped, pytest.raises(KeyboardInterrupt):
        stopped.setattr(Workspace, "withdraw", killed)
        erase(run(known), [WHO])
    assert left(known)
    erase(run(known), [WHO])
    assert left(known) == []


def test_an_account_of_whom_nothing_is_known_is_told_with_the_nearest(company: Company) -> None:
    before = company.published()
    result = company.run("erase", "a3", "a33x", "--json")
    assert result.returncode == 2 and "a33x" in result.stderr and "a33" in json.loads(result.stdout)["error"]["hint"]
    assert company.published() == before

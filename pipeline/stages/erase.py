"""The erase stage: nothing of some accounts is left in the workspace, published weeks included.

A published week is not edited. A new version of it, without the accounts, is published in one step, and then every
version that held them is taken away. What is derived from records is deleted, since the next run makes it again.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.deliver.redacted import Erased, holds, redacted_manifest, write_redacted
from pipeline.errors import ConfigError, ContractError, closest
from pipeline.stages.context import Run
from pipeline.stages.held import release
from pipeline.stages.outcome import Outcome
from pipeline.stages.read import read
from pipeline.stages.remarks import accounts_of, forget, load_overrides, load_remarks
from pipeline.stages.tables import asked
from pipeline.warehouse import Week, replacing, storage_errors

_DERIVED = ("facts.key", "facts.parquet", "features/state.json", "features", "scores")
"""What the warehouse holds beside the canonical tables, with rows of accounts; first what says that it is whole."""
_UNFINISHED = ".*.new"
"""What a killed process left behind of a file that it was replacing."""


@dataclass(frozen=True)
class _Found:
    """Where accounts stand: rows by canonical table, rejected records, remarks and overrides, versions of weeks."""

    tables: dict[str, int]
    quarantined: int
    remarks: int
    weeks: list[Week]


def erase(run: Run, accounts: Sequence[str], dry_run: bool = False) -> Outcome:
    """Erase accounts from tables, rejected records, remarks, held and published weeks.

    ``dry_run``: tell where they stand, and do nothing. Raises ConfigError where nothing is known of one, ContractError
    where the sources still hold one: the next run would bring it back.
    """
    with run.workspace.locked() if dry_run else run.working("erase"):
        gone = _gone(run, accounts)
        before = _found(run, gone)
        if not dry_run:
            _read_without(run, gone)
            with run.stage("erase") as stage:
                _erase(run, gone, before.weeks)
                stage.wrote = f"{len({week.cutoff for week in before.weeks})} weeks anew"
    return _outcome(run, sorted(gone.keys), before, dry_run)


def _gone(run: Run, accounts: Sequence[str]) -> Erased:
    """The accounts with their names. Raises ConfigError for those of whom nothing is known."""
    weeks = run.workspace.weeks()
    names = _names(run)
    said = {*load_remarks(run)["account_id"], *load_overrides(run)["account_id"]}
    known = {*names, *said, *(each for week in weeks for each in accounts_of(week.path))}
    unknown = [each for each in dict.fromkeys(accounts) if each not in known and not _is_anywhere(run, each)]
    if unknown:
        hint = closest(unknown[0], known) or "An account_id is asked for, as in health_scores.csv."
        raise ConfigError(*(f"Nothing is known of an account {each!r}." for each in unknown), hint=hint)
    called = {each: names.get(each, "") for each in accounts}
    for week in weeks:
        shown = pd.read_parquet(week.path / "health_scores.parquet", columns=["account_id", "account_name"])
        called |= dict(shown[shown["account_id"].isin(called)].astype(str).itertuples(index=False))
    return Erased.of(called.keys(), called.values())


def _names(run: Run) -> dict[str, str]:
    """Every account of the canonical table with its name, empty where it has none."""
    path = run.table_paths().get("accounts")
    table = pd.read_parquet(path) if path else pd.DataFrame({"account_id": pd.Series(dtype="string")})
    named = table["name"] if "name" in table.columns else pd.Series("", table.index)
    return dict(zip(table["account_id"].astype(str), named.fillna("").astype(str), strict=True))


def _is_anywhere(run: Run, account: str) -> bool:
    gone = Erased.of([account])
    return bool(_rows(run, gone)) or any(holds(week.path, gone) for week in run.workspace.weeks())


def _found(run: Run, gone: Erased) -> _Found:
    weeks = [week for week in run.workspace.weeks() if holds(week.path, gone)]
    quarantined = sum(sum(theirs) for _, _, theirs in _rejected(run, gone))
    return _Found(_rows(run, gone), quarantined, forget(run, gone.keys, dry_run=True), weeks)


def _rows(run: Run, gone: Erased) -> dict[str, int]:
    """The rows of the accounts in each canonical table that has any."""
    query = "SELECT count(*) FROM read_parquet(?) WHERE list_contains(?, account_id::VARCHAR)"
    keys = sorted(gone.keys)
    counts = {name: asked(query, path, keys)[0][0] for name, path in run.table_paths().items()}
    return {name: count for name, count in counts.items() if count}


def _rejected(run: Run, gone: Erased) -> Iterator[tuple[Path, pa.Table, list[bool]]]:
    """Each file of rejected records, and which of them tell of the accounts."""
    for path in sorted(run.workspace.quarantine.glob("*.parquet")):
        table = pq.read_table(path)
        told = zip(table["value"].to_pylist(), table["raw"].to_pylist(), strict=True)
        yield path, table, [value in gone.keys or gone.is_named(raw or "") for value, raw in told]


def _read_without(run: Run, gone: Erased) -> None:
    """Read the sources again, and refuse to go on where they still hold one of the accounts."""
    read(run)
    rows = _rows(run, gone)
    if rows:
        told = ", ".join(f"{name} {count:,}" for name, count in rows.items())
        raise ContractError(
            f"The exports still hold what is to be erased (rows: {told}), so nothing was erased.",
            hint="Erase it in the products they come from and export again: the next run would bring it back.",
        )


def _erase(run: Run, gone: Erased, weeks: list[Week]) -> None:
    with storage_errors(run.workspace.root):
        derived = [run.workspace.warehouse / name for name in _DERIVED]
        for path in (*derived, *run.workspace.root.rglob(_UNFINISHED)):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        for path, table, theirs in _rejected(run, gone):
            if any(theirs):
                with replacing(path) as fresh:
                    pq.write_table(table.filter(pa.array([not each for each in theirs])), fresh)
    release(run)
    forget(run, gone.keys)
    for cutoff in sorted({week.cutoff for week in weeks}):
        run.reporter.doing(f"erase: the week of {cutoff}")
        _succeed(run, run.workspace.current_weeks()[cutoff], gone)
    for week in weeks:
        run.workspace.withdraw(week)


def _succeed(run: Run, week: Week, gone: Erased) -> None:
    """Publish a version without the accounts where the newest one has them."""

    def write(folder: Path) -> dict[str, Any]:
        write_redacted(week.path, folder, gone)
        return redacted_manifest(week.manifest(), gone)

    if holds(week.path, gone):
        run.workspace.publish(week.cutoff, write)


def _outcome(run: Run, accounts: list[str], before: _Found, dry_run: bool) -> Outcome:
    data = {
        "accounts": accounts,
        "dry_run": dry_run,
        "rows": before.tables,
        "quarantined": before.quarantined,
        "remarks": before.remarks,
        "weeks": [run.within(week.path) for week in before.weeks],
    }
    return Outcome(data, "\n".join(_lines(data, dry_run)))


def _lines(data: dict[str, Any], dry_run: bool) -> Iterator[str]:
    yield f"{', '.join(data['accounts'])}: {'would be erased' if dry_run else 'erased'}."
    rows = ", ".join(f"{name} {count:,}" for name, count in data["rows"].items())
    yield f"  rows read before: {rows or 'none'}; rejected records: {data['quarantined']}; remarks: {data['remarks']}"
    if weeks := data["weeks"]:
        names = weeks[0] if len(weeks) == 1 else f"{len(weeks)} versions, {weeks[0]} to {weeks[-1]}"
        yield f"  in place of {names}: the tables without them, and no pages, workbooks or digests"
    if dry_run:
        yield "The exports must hold them no more; 'holdfast erase' reads them again and refuses otherwise."
        return
    yield "'holdfast run' publishes the current week anew; 'holdfast train' learns without them."
    yield "What was sent, imported or copied before is not here and must be erased where it is; so must backups."

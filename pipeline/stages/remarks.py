"""Remarks and overrides of a workspace: kept line by line, and read by the weeks that come after."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from pipeline.deliver.returned import Returned, Said, read_returned
from pipeline.errors import ConfigError, ContractError
from pipeline.loop import overrides
from pipeline.loop.feedback import COLUMNS, Merged, merged, no_remarks
from pipeline.portfolio.headline import BANDS
from pipeline.stages.context import Run
from pipeline.stages.outcome import Outcome
from pipeline.warehouse import replacing, storage_errors

_REMARKS, _OVERRIDES = "remarks.jsonl", "overrides.jsonl"


def load_remarks(run: Run) -> pd.DataFrame:
    """Every remark that was read into this workspace, in the order of reading."""
    return _load(run.workspace.feedback / _REMARKS, COLUMNS, no_remarks())


def heard(run: Run, replayed: bool) -> pd.DataFrame:
    """The remarks that a week may hear; a replayed one none, since nobody was handed its lists."""
    return no_remarks() if replayed else load_remarks(run)


def load_overrides(run: Run) -> pd.DataFrame:
    """Every override that was given, in the order of giving."""
    return _load(run.workspace.feedback / _OVERRIDES, overrides.COLUMNS, overrides.no_overrides())


def read_feedback(run: Run, files: list[Path]) -> Outcome:
    """Read returned workbooks; what can be read of them is kept, and everything else is told.

    Where a file cannot be read at all, the exit code is that of a broken contract.
    """
    read_on = run.as_of or run.calendar.today()
    with run.workspace.locked(), run.stage("feedback") as stage:
        found, broken = _opened(run, files)
        rows, findings = _of_this_workspace(run, found, read_on)
        result = merged(load_remarks(run), rows)
        _save(run.workspace.feedback / _REMARKS, result.remarks)
        stage.read = f"{len(rows)} rows of {len(found)} workbooks"
        stage.wrote = f"{run.within(run.workspace.feedback / _REMARKS)}, new remarks: {result.added}"
    data = {**_told(found, rows, findings, result), "unreadable": broken}
    return Outcome(data, _text(data), exit_code=ContractError.exit_code if broken else 0)


def forget(run: Run, accounts: Collection[str], dry_run: bool = False) -> int:
    """Take away every remark and override about some accounts; how many there were."""
    kept = {_REMARKS: load_remarks(run), _OVERRIDES: load_overrides(run)}
    theirs = {name: table["account_id"].isin(list(accounts)) for name, table in kept.items()}
    for name, table in kept.items():
        if theirs[name].any() and not dry_run:
            _save(run.workspace.feedback / name, table[~theirs[name]])
    return int(sum(each.sum() for each in theirs.values()))


def give_override(run: Run, account: str, band: str, author: str, reason: str, until: date) -> Outcome:
    """Keep what a person says against the score of an account, until a day."""
    today = run.as_of or run.calendar.today()
    problems = [] if band in BANDS else [f"band: {band!r} is none of {', '.join(BANDS)}."]
    problems += [f"{name}: is empty." for name, text in (("by", author), ("reason", reason)) if not text.strip()]
    problems += [f"until: {until} is not after {today}."] if until <= today else []
    problems += [] if account in _accounts(run) else [f"No account {account!r} in the latest published week."]
    if problems:
        raise ConfigError(*problems)
    row = dict(zip(overrides.COLUMNS, (account, band, author, reason, str(until), str(today)), strict=True))
    with run.workspace.locked():
        table = pd.concat([load_overrides(run), pd.DataFrame([row], dtype="string")], ignore_index=True)
        _save(run.workspace.feedback / _OVERRIDES, table)
    return Outcome(row, f"From the next list to {until}, {account} shows that {author} says {band}: {reason}")


def _opened(run: Run, files: list[Path]) -> tuple[list[Returned], list[str]]:
    """The workbooks, and what is wrong with those that cannot be read."""
    found: list[Returned] = []
    broken: list[str] = []
    for path in files:
        run.reporter.doing(f"feedback: {path.name}")
        try:
            found.append(read_returned(path))
        except ContractError as error:
            broken += error.problems
    return found, broken


def _of_this_workspace(run: Run, found: list[Returned], read_on: date) -> tuple[list[dict[str, str]], list[str]]:
    """The rows about accounts of published weeks, and what was found about all others."""
    weeks = {day.isoformat(): week for day, week in run.workspace.current_weeks().items()}
    accounts = {
        day: accounts_of(weeks[day].path) for day in {said.week for each in found for said in each.said} & set(weeks)
    }
    rows, findings = [], [text for each in found for text in each.findings]
    for each in found:
        for said in each.said:
            if said.week not in weeks:
                findings.append(f"{said.place}: there is no published week {said.week}")
            elif said.account_id not in accounts[said.week]:
                findings.append(f"{said.place}: the week {said.week} has no account {said.account_id!r}")
            else:
                where = {"week": said.week, "account_id": said.account_id, "source": each.name}
                values, problem = _within(said, timedelta(weeks=run.config.lists.snooze_weeks))
                findings += [f"{said.place}: {problem}"] if problem else []
                rows += [{**where, "read_on": read_on.isoformat(), **values}] if values else []
    return rows, findings


def _within(said: Said, longest: timedelta) -> tuple[dict[str, str], str]:
    """What a row says, its snooze no longer than may be after its week, and what was wrong with the day."""
    values, until = dict(said.values), said.values.get("snooze_until", "")
    week = date.fromisoformat(said.week)
    if until and until <= said.week:
        values.pop("snooze_until")
        return values, f"snooze_until {until} is not after the week {week}; nobody is snoozed by it"
    if until > (latest := (week + longest).isoformat()):
        values["snooze_until"] = latest
        return values, f"snooze_until {until} is later than lists.snooze_weeks allows; snoozed until {latest}"
    return values, ""


def _accounts(run: Run) -> set[str]:
    weeks = list(run.workspace.current_weeks().values())
    return accounts_of(weeks[-1].path) if weeks else set()


def accounts_of(folder: Path) -> set[str]:
    """The accounts of a week, those who had given notice included."""
    scores = pd.read_parquet(folder / "health_scores.parquet", columns=["account_id"])
    leaving = pd.read_csv(folder / "leaving.csv", dtype="string", usecols=["account_id"], keep_default_na=False)
    return {*scores["account_id"], *leaving["account_id"]}


def _load(path: Path, columns: tuple[str, ...], nothing: pd.DataFrame) -> pd.DataFrame:
    if not path.exists():
        return nothing
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return pd.DataFrame(rows, columns=list(columns), dtype="string") if rows else nothing


def _save(path: Path, table: pd.DataFrame) -> None:
    lines = [json.dumps(row, ensure_ascii=True) for row in table.to_dict("records")]
    with storage_errors(path), replacing(path) as fresh:
        fresh.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _told(found: list[Returned], rows: list[dict[str, str]], findings: list[str], result: Merged) -> dict[str, object]:
    return {
        "files": [{"file": each.name, "rows": each.keyed, "filled": len(each.said)} for each in found],
        "read": len(rows),
        "new": result.added,
        "conflicts": [vars(each) for each in result.conflicts],
        "findings": findings,
    }


def _text(data: dict[str, object]) -> str:
    files, conflicts, findings, broken = (data[name] for name in ("files", "conflicts", "findings", "unreadable"))
    assert isinstance(files, list) and isinstance(conflicts, list)
    assert isinstance(findings, list) and isinstance(broken, list)
    lines = [f"{each['file']}: {each['filled']} of {each['rows']} rows say something" for each in files]
    lines += [
        f"conflict: {each['account_id']} ({each['week']}), {each['field']}: {each['kept']!r} of {each['kept_from']} "
        f"is kept, {each['dropped']!r} of {each['dropped_from']} is not"
        for each in conflicts
    ]
    lines += [f"found: {text}" for text in findings]
    lines += [f"not read: {text}" for text in broken]
    return "\n".join([*lines, _sum(int(str(data["new"])))])


def _sum(new: int) -> str:
    if new == 0:
        return "No new remark: nothing was filled in that was not known already."
    return "1 new remark; the next list knows it." if new == 1 else f"{new} new remarks; the next list knows them."

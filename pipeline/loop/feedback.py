"""What managers say about the rows of a list: kept for each week, carried to the next, and never typed over.

A remark is what one returned workbook says about one row of one published week. It is known from the day on which it
was read. The list of a cutoff is made in the week that begins with it, so it knows the remarks that were read by the
end of that week, about weeks before it. Remarks are no features: nothing is learned from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from pipeline.texts import word

ACTIONS = ("planned", "contacted", "met", "no reply")
VERDICTS = ("real", "false alarm", "already leaving", "wrong reason")
CONTACTS = ("contacted", "met")
"""Actions in which the customer heard from us."""

SAID = ("action", "verdict", "snooze_until", "notes")
"""What can be said about a row; a blank says nothing, and takes nothing back."""

COLUMNS = ("week", "account_id", *SAID, "source", "read_on")
"""A remark: the week of the row (ISO date), the account, what was said (text, empty where nothing; a day as ISO date),
the file it came from and the day on which it was read (ISO date)."""

CARRY = timedelta(weeks=8)
"""How long what was said stays beside an account: after that it is another story."""


def no_remarks() -> pd.DataFrame:
    """A table of remarks without any."""
    return pd.DataFrame({name: pd.Series(dtype="string") for name in COLUMNS})


def known(remarks: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """The remarks that the list of a cutoff may know: about earlier weeks, read by the end of its own week."""
    end = (as_of + timedelta(weeks=1)).isoformat()
    return remarks[(remarks["week"] < as_of.isoformat()) & (remarks["read_on"] < end)]


def standing(remarks: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """What was last said about each account within ``CARRY``, indexed by account_id.

    Each of action, verdict, snooze_until and notes is the newest that is not blank. A snooze stands until its own day,
    however long ago it was said, with the notes that were its reason; one whose day has come is over and missing.
    ``contacted_on`` is the day of the newest contact that was told (missing without one), ``judged_on`` that of the
    newest verdict.
    """
    newest = _still_said(known(remarks, as_of).sort_values(["week", "read_on"], kind="stable"), as_of)
    said = newest[["account_id", *SAID]].replace("", pd.NA).groupby("account_id").last()
    said = said.astype("string").fillna("")
    until = pd.to_datetime(said["snooze_until"].replace("", None))
    said["snooze_until"] = until.where(until > pd.Timestamp(as_of))
    said["contacted_on"] = _newest_day(newest[newest["action"].isin(CONTACTS)], said.index)
    said["judged_on"] = _newest_day(newest[newest["verdict"] != ""], said.index)
    return said


def _still_said(remarks: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """The remarks within ``CARRY``, and of a snooze that is not over what was said within it when it was given."""
    last = remarks[remarks["snooze_until"] != ""].groupby("account_id").last()
    ahead = last[last["snooze_until"] > as_of.isoformat()]
    given = {account: (date.fromisoformat(week) - CARRY).isoformat() for account, week in ahead["week"].items()}
    recent = remarks["week"] >= (as_of - CARRY).isoformat()
    with_it = [
        week >= given.get(name, "9999") for name, week in zip(remarks["account_id"], remarks["week"], strict=True)
    ]
    kept = remarks[recent | pd.Series(with_it, remarks.index, dtype=bool)].copy()
    kept.loc[~recent, ["action", "verdict"]] = ""
    return kept


def _newest_day(remarks: pd.DataFrame, accounts: pd.Index) -> pd.Series:
    days: pd.Series = pd.to_datetime(remarks.groupby("account_id")["read_on"].max()).reindex(accounts)
    return days


def last_words(remarks: pd.DataFrame) -> pd.DataFrame:
    """What was last said about each row of each week, indexed by (week, account_id)."""
    newest = remarks.sort_values(["week", "read_on"], kind="stable")
    return newest.replace("", pd.NA).groupby(["week", "account_id"])[list(SAID)].last().astype("string").fillna("")


@dataclass(frozen=True)
class Conflict:
    """Two workbooks that say different things of one row: the later one is kept, and a person must look."""

    week: str
    account_id: str
    field: str
    kept: str
    kept_from: str
    dropped: str
    dropped_from: str


@dataclass(frozen=True)
class Merged:
    """All remarks, how many of them are new, and what disagreed."""

    remarks: pd.DataFrame
    added: int
    conflicts: tuple[Conflict, ...]


def merged(remarks: pd.DataFrame, returned: Iterable[Mapping[str, str]]) -> Merged:
    """The remarks with those that came back, which are in the order in which they count.

    ``returned``: rows with week, account_id, source, read_on and what was said. What says nothing new adds nothing:
    what was last said of the row, by anybody or by the same file, and what the workbook was handed out with. So files
    that disagree may be read again, and do not take turns.
    """
    told, by_source = _told(remarks)
    handed: dict[str, dict[tuple[str, str], str]] = {}
    added: list[dict[str, str]] = []
    for row in returned:
        if row["week"] not in handed:
            handed[row["week"]] = _handed_out(remarks, row["week"])
        fresh: dict[str, str] = {}
        for name in (name for name in SAID if row.get(name)):
            key = (row["week"], row["account_id"], name)
            last = told.get(key, handed[row["week"]].get((row["account_id"], name), ""))
            if row[name] not in (last, by_source.get((row["source"], *key))):
                fresh[name] = told[key] = by_source[row["source"], *key] = row[name]
        if fresh:
            added.append({**dict.fromkeys(COLUMNS, ""), **{name: row[name] for name in _WHERE}, **fresh})
    more = pd.DataFrame(added, columns=list(COLUMNS), dtype="string")
    both = pd.concat([remarks, more], ignore_index=True)
    return Merged(both, len(added), tuple(disagreements(both)[len(disagreements(remarks)) :]))


def disagreements(remarks: pd.DataFrame) -> list[Conflict]:
    """Every row of which two files say different things, as far as the remarks hold both; the later one stands."""
    found: list[Conflict] = []
    told: dict[tuple[str, str, str], tuple[str, str]] = {}
    for row in remarks.to_dict("records"):
        for name in (name for name in SAID if row[name]):
            key = (row["week"], row["account_id"], name)
            before, source = told.get(key, ("", row["source"]))
            if source != row["source"] and before != row[name]:
                found.append(Conflict(*key, row[name], row["source"], before, source))
            told[key] = (row[name], row["source"])
    return found


_WHERE = ("week", "account_id", "source", "read_on")
Said = tuple[str, str, str]
"""What something is said of: week, account and field."""


def _told(remarks: pd.DataFrame) -> tuple[dict[Said, str], dict[tuple[str, str, str, str], str]]:
    """What each row was last said to be, by week, account and field; and the same by source before them."""
    rows = remarks.to_dict("records")
    said = {
        (row["source"], row["week"], row["account_id"], name): row[name] for row in rows for name in SAID if row[name]
    }
    last = {(row["week"], row["account_id"], name): row[name] for row in rows for name in SAID if row[name]}
    return last, said


def _handed_out(remarks: pd.DataFrame, week: str) -> dict[tuple[str, str], str]:
    """What the workbook of a week already held when it was handed out, by account and field."""
    said = standing(remarks, date.fromisoformat(week))
    said["snooze_until"] = said["snooze_until"].dt.strftime("%Y-%m-%d").fillna("")
    return {(str(account), name): str(row[name]) for account, row in said.iterrows() for name in SAID if row[name]}


def told(said: pd.DataFrame) -> pd.Series:
    """What was last said of each account in a few words: ``contacted; false alarm; they moved offices``."""
    parts = said[["action", "verdict", "notes"]].astype("string").fillna("").to_numpy()
    told = [(in_words("action", action), in_words("verdict", verdict), notes) for action, verdict, notes in parts]
    return pd.Series(["; ".join(text for text in row if text) for row in told], index=said.index, dtype="string")


def in_words(name: str, value: str) -> str:
    """An action or a verdict as people read it; anything else as it was said."""
    return word(f"loop.{name}.{value}", value)

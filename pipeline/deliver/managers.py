"""One workbook for each manager: what to act on now, renewals, good news. It comes back filled in and is read.

An account stands once in the whole workbook: on the first of its sheets that has a place for it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pandas as pd

from pipeline.deliver import words
from pipeline.deliver.delivery import Delivery
from pipeline.deliver.returned import KEY, row_key
from pipeline.deliver.sheets import MANAGER_ACT_NOW, MANAGER_GOOD_NEWS, MANAGER_RENEWALS
from pipeline.deliver.table import Sheet, write_sheet
from pipeline.deliver.workbook import opened, status_words
from pipeline.figures import short_money
from pipeline.lists.actions import in_lines
from pipeline.lists.signals import SIGNALS

OPERATIONS = "operations.xlsx"
NOTICE_GIVEN = "notice given"
"""The list that those stand on who leave."""

_OF_KIND = {kind: [s.name for s in SIGNALS if s.kind == kind] for kind in ("renewal", "good")}
_LEAVING_PLAY = "Make leaving easy, ask for the real reason, and keep the door open"
_TO_RETURN = "Fill in the four yellow columns and send this file back: the next list knows what you said."


def file_names(owners: Iterable[str]) -> dict[str, str]:
    """The file of each manager: the name in plain letters, made different where two would be the same."""
    names = sorted(set(owners))
    slugs = {owner: _slug(owner) for owner in names}
    taken = {slug for slug in slugs.values() if list(slugs.values()).count(slug) > 1} | {"", "operations"}
    return {o: f"{slug}-{_mark(o)}.xlsx".lstrip("-") if slug in taken else f"{slug}.xlsx" for o, slug in slugs.items()}


def write_managers(delivery: Delivery, folder: Path) -> list[Path]:
    """Writes every manager's workbook into ``folder`` and returns their paths."""
    folder.mkdir(exist_ok=True)
    sheets = ManagerSheets(delivery)
    return [_write(delivery, sheets, owner, folder / name) for owner, name in file_names(sheets.owners()).items()]


def _write(delivery: Delivery, sheets: ManagerSheets, owner: str, path: Path) -> Path:
    limit = delivery.about.as_of + timedelta(weeks=delivery.about.snooze_weeks)
    span = (delivery.about.as_of + timedelta(days=1), limit)
    act, renewals, good = sheets.of(owner)
    plans = (
        ("Act now", _lead(act, delivery), MANAGER_ACT_NOW, act),
        ("Renewals", f"{len(renewals)} to prepare. {_TO_RETURN}", MANAGER_RENEWALS, renewals),
        ("Good news", f"{len(good)} to thank, to ask or to offer more. {_TO_RETURN}", MANAGER_GOOD_NEWS, good),
    )
    with opened(delivery, path, owner) as pen:
        for name, lead, columns, frame in plans:
            heading = f"{name}: {owner}, {words.day(delivery.about.as_of)}"
            write_sheet(pen, Sheet(name, heading, lead, columns, span), frame)
    return path


class ManagerSheets:
    """The rows of every manager's three sheets, each account once."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery
        health = delivery.health.set_index("account_id")
        self._act = self._finished(delivery.actions, health)
        away = {*delivery.actions["account_id"], *delivery.set_aside["account_id"]}
        self._renewals = self._finished(self._renewal_rows(away), health)
        self._good = self._finished(self._signal_rows("good", {*away, *self._renewals["account_id"]}), health)

    def owners(self) -> list[str]:
        """Everybody who has an account, whether anything is to be done or not."""
        frames = (self._delivery.health, self._act, self._renewals)
        return sorted({str(owner) for frame in frames for owner in frame["owner"].dropna()})

    def of(self, owner: str) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """What to act on, the renewals and the good news of one manager."""
        act, renewals, good = (frame[frame["owner"] == owner] for frame in (self._act, self._renewals, self._good))
        return act, renewals, good

    def _renewal_rows(self, away: set[str]) -> pd.DataFrame:
        """Those who have given notice, the soonest first; then the renewals that need care."""
        leaving = self._delivery.leaving
        gone = leaving[["account_id", "account_name", "owner", "segment", "arr", "contact", "url"]].assign(
            list=NOTICE_GIVEN, renewal_date=leaving["ends_at"], why=words.notice(leaving), what_now=_LEAVING_PLAY
        )
        soon = self._signal_rows("renewal", {*away, *leaving["account_id"]}).sort_values(
            ["list", "renewal_date", "account_id"], kind="stable"
        )
        frames = [frame for frame in (gone, soon) if not frame.empty]
        return pd.concat(frames, ignore_index=True) if frames else soon

    def _signal_rows(self, kind: str, away: set[str]) -> pd.DataFrame:
        """The rows of the signals of one kind, each account by its first."""
        rows = self._delivery.signal_rows
        rows = rows[rows["list"].isin(_OF_KIND[kind]) & ~rows["account_id"].isin(list(away))]
        rows = rows.drop_duplicates("account_id")
        told = ("evidence", "reason_1", "reason_2") if kind == "renewal" else ("evidence",)
        return rows.assign(why=in_lines(rows, told))

    def _finished(self, rows: pd.DataFrame, health: pd.DataFrame) -> pd.DataFrame:
        """The rows with their key, what was said before, and their words."""
        rows = rows.reset_index(drop=True)
        known = health.reindex(rows["account_id"]).reset_index(drop=True)
        said = {name: known[name] for name in ("action", "verdict", "notes", "tags") if name in known}
        if "snoozed_until" in known:
            said["snooze_until"] = known["snoozed_until"]
        keys = [row_key(self._delivery.about.as_of, str(account)) for account in rows["account_id"]]
        decide = rows["decide_in_days"] if "decide_in_days" in rows else pd.Series(float("nan"), rows.index)
        override = known["override"] if "override" in known else pd.Series("", rows.index)
        now = rows["what_now"] if "what_now" in rows else pd.Series(None, rows.index, dtype="string")
        rows = rows.assign(**said, **status_words(rows), **{KEY: keys}, decide=decide.map(words.deciding))
        rows["why"] = _joined(rows["why"], override)
        rows["list"] = rows["list"].str.capitalize()
        rows["what_now"] = now.fillna(_what_now(rows, known))
        return rows


def _what_now(rows: pd.DataFrame, known: pd.DataFrame) -> pd.Series:
    """The play, and under it a tip for a feature that they do not use, where that is one of their signals."""
    if "play" not in rows:
        return pd.Series("", rows.index)
    if not {"tips", "tags"} <= set(known.columns):
        return rows["play"]
    tips = known["tips"].map(words.first_tip).astype("string")
    hinted = known["tags"].astype("string").fillna("").str.contains("unused features")
    return _joined(rows["play"], ("Tip: " + tips).where(hinted & (tips != ""), ""))


def _joined(first: pd.Series, second: pd.Series) -> pd.Series:
    """Two columns of text in one, a line each."""
    pairs = zip(first.fillna("").astype(str), second.fillna("").astype(str), strict=True)
    return pd.Series(["\n".join(text for text in pair if text) for pair in pairs], first.index, dtype="string")


def _lead(act: pd.DataFrame, delivery: Delivery) -> str:
    worth = act["arr"].sum(min_count=1) if len(act) else float("nan")
    money = "" if pd.isna(worth) else f", worth {short_money(float(worth), delivery.about.currency)} a year"
    return f"{len(act)} to act on this week{money}. {_TO_RETURN}"


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:60]


def _mark(name: str) -> str:
    return sha256(name.encode("utf-8", "replace")).hexdigest()[:6]

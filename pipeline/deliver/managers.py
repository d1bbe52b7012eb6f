"""One workbook for each manager: what to act on now, renewals, good news. It comes back filled in and is read.

An account stands once in the whole workbook: on the first of its sheets that has a place for it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pandas as pd
from slugify import slugify

from pipeline.deliver import words
from pipeline.deliver.delivery import Delivery
from pipeline.deliver.returned import KEY, row_key
from pipeline.deliver.sheets import MANAGER_ACT_NOW, MANAGER_GOOD_NEWS, MANAGER_RENEWALS
from pipeline.deliver.table import Sheet, write_sheet
from pipeline.deliver.text import clean
from pipeline.deliver.workbook import in_words, opened, title
from pipeline.lists.actions import good_news, in_lines
from pipeline.lists.signals import SIGNALS
from pipeline.loop import feedback
from pipeline.texts import say

OPERATIONS = "operations.xlsx"
NOTICE_GIVEN = "notice given"
"""The list that those stand on who leave."""

_MARKED = re.compile(r"(^|-)[0-9a-f]{6}$")
_RENEWALS = [signal.name for signal in SIGNALS if signal.kind == "renewal"]
_WARNINGS = [signal.name for signal in SIGNALS if signal.kind == "warning"]
MOST_AT_REST = 3
"""So many of those who rest are named above a list; the web page names all."""


def file_names(owners: Iterable[str]) -> dict[str, str]:
    """The file of each manager: the name in plain letters, made different where two would be the same."""
    names = sorted(set(owners))
    slugs = {owner: _slug(owner) for owner in names}
    taken = {slug for slug, count in Counter(slugs.values()).items() if count > 1} | {"", "operations"}
    # what looks as if it had a mark gets one, so that it is never another's
    marked = {owner for owner, slug in slugs.items() if slug in taken or _MARKED.search(slug)}
    return {o: f"{slug}-{_mark(o)}.xlsx".lstrip("-") if o in marked else f"{slug}.xlsx" for o, slug in slugs.items()}


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
        ("act_now", MANAGER_ACT_NOW, act),
        ("renewals", MANAGER_RENEWALS, renewals),
        ("good_news", MANAGER_GOOD_NEWS, good),
    )
    worth, left = words.worth(act["arr"], delivery.about.currency), sheets.good_left(owner)
    also = {"act_now": (*sheets.beyond(owner), *sheets.at_rest(owner)), "good_news": _good_left(left)}
    with opened(delivery, path, owner) as pen:
        for key, columns, frame in plans:
            asked = {"count": len(frame), **({"worth": worth} if key == "act_now" else {})}
            first = say(f"sheets.leads.none.{key}") if frame.empty else say(f"sheets.leads.{key}", **asked)
            lead = " ".join((first, *also.get(key, ()), *(() if frame.empty else (say("sheets.fill_in"),))))
            write_sheet(pen, Sheet(key, title(key, delivery, owner), lead, columns, span), frame)
    return path


def _good_left(left: int) -> tuple[str, ...]:
    return (say("sheets.leads.good_news_left", left=left),) if left else ()


class ManagerSheets:
    """The rows of every manager's three sheets, each account once; what did not fit is counted, and who rests named."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery
        health = delivery.health.set_index("account_id")
        self._act = self._finished(delivery.actions, health)
        away = {*delivery.actions["account_id"], *delivery.set_aside["account_id"]}
        self._renewals = self._finished(self._renewal_rows(away), health)
        away |= {*self._renewals["account_id"]}
        good, self._good_left = good_news(delivery.signal_rows, delivery.about.good_news, away)
        self._warned_left = self._beyond_warned()
        self._good = self._finished(good.assign(why=in_lines(good, ("evidence",))), health)

    def owners(self) -> list[str]:
        """Everybody who has an account, whether anything is to be done or not."""
        frames = (self._delivery.health, self._act, self._renewals)
        return sorted({str(owner) for frame in frames for owner in frame["owner"].dropna()})

    def of(self, owner: str) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """What to act on, the renewals and the good news of one manager."""
        act, renewals, good = (frame[frame["owner"] == owner] for frame in (self._act, self._renewals, self._good))
        return act, renewals, good

    def good_left(self, owner: str) -> int:
        """How much good news of a manager did not fit."""
        return int(self._good_left.get(owner, 0))

    def beyond(self, owner: str) -> tuple[str, ...]:
        """How many more would be on a manager's list if one could call them in a week; nothing where all fit."""
        risky, warned = int(self._delivery.at_risk.left_out.get(owner, 0)), int(self._warned_left.get(owner, 0))
        counts = [
            say(f"sheets.leads.{key}", count=n) for key, n in (("left_risky", risky), ("left_warned", warned)) if n
        ]
        return (say("sheets.leads.left", counts=", ".join(counts)),) if counts else ()

    def at_rest(self, owner: str) -> tuple[str, ...]:
        """Whom a manager would be asked to call and is not, why, and until when; the first few by name."""
        aside = self._delivery.set_aside
        rows = aside[aside["owner"] == owner].sort_values(["rests_until", "account_id"], kind="stable")
        told = [
            say("sheets.leads.rests", name=clean(str(name)), why=clean(str(why)), day=words.day(until))
            for name, why, until in rows[["account_name", "set_aside", "rests_until"]].head(MOST_AT_REST).to_numpy()
        ]
        more = len(rows) - len(told)
        told += [say("digest.and_more", count=more)] if more else []
        return (say("sheets.leads.at_rest", names="; ".join(told)),) if told else ()

    def _beyond_warned(self) -> pd.Series:
        """How many accounts of each manager carry a warning and stand on no sheet of theirs, nor rest or leave."""
        delivery = self._delivery
        frames = (self._act, self._renewals, delivery.set_aside, delivery.leaving)
        away = {*delivery.at_risk.eligible_ids, *(str(account) for frame in frames for account in frame["account_id"])}
        rows = delivery.signal_rows[delivery.signal_rows["list"].isin(_WARNINGS)]
        return rows[~rows["account_id"].isin(list(away))].groupby("owner")["account_id"].nunique()

    def _renewal_rows(self, away: set[str]) -> pd.DataFrame:
        """Those who have given notice, the soonest first; then the renewals that need care."""
        leaving = self._delivery.leaving
        gone = leaving[["account_id", "account_name", "owner", "segment", "arr", "contact", "url"]].assign(
            list=NOTICE_GIVEN,
            renewal_date=leaving["ends_at"],
            why=words.notice(leaving),
            what_now=say("sheets.leaving_play"),
        )
        soon = self._upcoming({*away, *leaving["account_id"]})
        frames = [frame for frame in (gone, soon) if not frame.empty]
        return pd.concat(frames, ignore_index=True) if frames else soon

    def _upcoming(self, away: set[str]) -> pd.DataFrame:
        """The renewals that need care, each account by the first of their signals."""
        rows = self._delivery.signal_rows
        rows = rows[rows["list"].isin(_RENEWALS) & ~rows["account_id"].isin(list(away))].drop_duplicates("account_id")
        rows = rows.assign(why=in_lines(rows, ("evidence", "reason_1", "reason_2")))
        return rows.sort_values(["list", "renewal_date", "account_id"], kind="stable")

    def _finished(self, rows: pd.DataFrame, health: pd.DataFrame) -> pd.DataFrame:
        """The rows with their key, what was said before, and their words.

        ``stands_on`` and ``news`` keep what ``list`` and ``status`` put into words.
        """
        rows = rows.reset_index(drop=True)
        known = health.reindex(rows["account_id"]).reset_index(drop=True)
        said = {name: known[name] for name in ("notes", "tags") if name in known}
        said |= {name: _said(name, known[name]) for name in ("action", "verdict") if name in known}
        if "snoozed_until" in known:
            said["snooze_until"] = known["snoozed_until"]
        keys = [row_key(self._delivery.about.as_of, str(account)) for account in rows["account_id"]]
        decide = rows["decide_in_days"] if "decide_in_days" in rows else pd.Series(float("nan"), rows.index)
        override = known["override"] if "override" in known else pd.Series("", rows.index)
        now = rows["what_now"] if "what_now" in rows else pd.Series(None, rows.index, dtype="string")
        rows = rows.assign(**said, **{KEY: keys}, decide=decide.map(words.deciding), stands_on=rows["list"])
        rows["news"] = rows.get("status", "")
        rows["why"] = _joined(rows["why"], override)
        rows["list"] = [words.sentence(words.list_name(name)) for name in rows["stands_on"]]
        rows["what_now"] = now.fillna(_what_now(rows, known))
        rows = rows.assign(**in_words(rows))
        return rows.assign(status=_joined(rows["status"], _listed(rows))) if "weeks_listed" in rows else rows


def _listed(rows: pd.DataFrame) -> pd.Series:
    """For how long each has been on the at-risk list, from the second week on."""
    weeks = pd.to_numeric(rows["weeks_listed"]).fillna(0).astype(int)
    return weeks.map(lambda count: say("digest.listed", weeks=count) if count > 1 else "").astype("string")


def _said(name: str, told: pd.Series) -> pd.Series:
    """An action or a verdict as the drop-downs of the workbook call it."""
    return told.map(lambda value: feedback.in_words(name, value) if isinstance(value, str) else value)


def _what_now(rows: pd.DataFrame, known: pd.DataFrame) -> pd.Series:
    """The play, and under it a tip for a feature that they do not use, where that is one of their signals."""
    if "play" not in rows:
        return pd.Series("", rows.index)
    if not {"tips", "tags"} <= set(known.columns):
        return rows["play"]
    tips = known["tips"].map(words.first_tip).astype("string")
    hinted = known["tags"].astype("string").fillna("").str.contains("unused features")
    told = tips.map(lambda tip: say("script.tip", tip=tip) if tip else "").astype("string")
    return _joined(rows["play"], told.where(hinted, ""))


def _joined(first: pd.Series, second: pd.Series) -> pd.Series:
    """Two columns of text in one, a line each."""
    pairs = zip(first.fillna("").astype(str), second.fillna("").astype(str), strict=True)
    return pd.Series(["\n".join(text for text in pair if text) for pair in pairs], first.index, dtype="string")


def _slug(name: str) -> str:
    return slugify(name, max_length=60)


def _mark(name: str) -> str:
    return sha256(name.encode("utf-8", "replace")).hexdigest()[:6]

"""What a manager with ten minutes needs: whom to call, why, what to do, and what changed. Plain text, made clean here.

Each way of sending puts the same content into its own form and makes it harmless there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import pandas as pd

from pipeline.deliver import words
from pipeline.deliver.delivery import Delivery
from pipeline.deliver.managers import NOTICE_GIVEN, ManagerSheets
from pipeline.deliver.text import clean, web_address
from pipeline.figures import money, percent, short_money
from pipeline.lists.plays import NEAR_DAYS, has_passed

MOST_CALLS = 20
"""Accounts that a digest tells of one by one; a longer list is told by its length."""
MOST_NAMES = 5
"""Names, renewals and good news that stand in a digest before the rest is counted."""
LONGEST = 300
"""Signs of a text that a person or another program wrote."""

Texts = Mapping[str, Any]
Row = dict[Any, Any]


@dataclass(frozen=True)
class Call:
    """One account to act on. ``link``: its page or its place in the CRM; empty where neither can be reached.

    ``near``: whether the last day to give notice is at most ``NEAR_DAYS`` days away.
    """

    place: int
    name: str
    link: str
    news: str
    band: str
    bad: str
    stake: str
    near: bool
    why: tuple[str, ...]
    now: tuple[str, ...]
    due: str


@dataclass(frozen=True)
class Digest:
    """One manager's week. ``listed``: how many are to be acted on, of whom ``calls`` tells the first.

    ``also``: how many more did not fit into the week, and who rests.

    ``changed``: a heading and the names below it; ``links``: a text and its address.
    """

    manager: str
    subject: str
    title: str
    greeting: str
    first: str
    calls: tuple[Call, ...]
    listed: int
    also: tuple[str, ...]
    changed: tuple[tuple[str, str], ...]
    renewals: tuple[str, ...]
    good: tuple[str, ...]
    outcome: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    where: str
    workbook: str
    sixty: str


@dataclass(frozen=True)
class Digests:
    """Makes the digests of a week. ``texts``: the catalogue's section of that name."""

    delivery: Delivery
    sheets: ManagerSheets
    texts: Texts

    def of(self, owner: str, workbook: str) -> Digest:
        """The digest of one manager, whose workbook has this file name."""
        act, renewals, good = self.sheets.of(owner)
        told, manager = self.texts, _short(owner)
        return Digest(
            manager=manager,
            subject=_counted(told, "subject", len(act), day=self._day()),
            title=told["title"].format(day=self._day()),
            greeting=_counted(told, "greeting", len(act), manager=manager, worth=self._worth(act)),
            first=self._first(act),
            calls=tuple(self._call(row) for row in act.head(MOST_CALLS).to_dict("records")),
            listed=len(act),
            also=(*self.sheets.beyond(owner), *self.sheets.at_rest(owner)),
            changed=tuple(self._changed(act, good)),
            renewals=tuple(self._most(_soonest(renewals), self._renewal)) or self._no_renewals(),
            good=tuple(self._most(good, self._good, self.sheets.good_left(owner))),
            outcome=tuple(self._outcome()),
            links=tuple(self._links(owner)),
            where="" if self.delivery.settings.address else told["no_address"],
            workbook=told["workbook"].format(file=workbook),
            sixty=told["sixty"].format(sixty=words.sixty(self.delivery.about)),
        )

    def _day(self) -> str:
        return words.day(self.delivery.about.as_of)

    def _worth(self, act: pd.DataFrame) -> str:
        if not act["arr"].notna().any():
            return ""
        money = short_money(float(act["arr"].sum()), self.delivery.about.currency)
        return str(self.texts["worth"]).format(money=money)

    def _first(self, act: pd.DataFrame) -> str:
        """Whose notice date is near, the nearest first, and whose has passed: these cannot wait for next week."""
        near = act[act["decide_in_days"].astype("Float64").between(0, NEAR_DAYS)]
        near = near.sort_values("decide_in_days", kind="stable")
        names = self._most(near, lambda row: f"{_text(row, 'account_name')} ({words.day(row['decide_by'])})")
        late = self._most(act[has_passed(act)], lambda row: _text(row, "account_name"))
        told = [self.texts["first"].format(names=", ".join(names))] if names else []
        return " ".join([*told, *([self.texts["passed"].format(names=", ".join(late))] if late else [])])

    def _call(self, row: Row) -> Call:
        role, due = _text(row, "play_role"), words.day(row["play_due"])
        return Call(
            place=int(row["place"]),
            name=_text(row, "account_name"),
            link=self._link(row),
            news=" · ".join(text for text in (_text(row, "list"), self._news(row)) if text),
            band=str(row["band"]),
            bad=", ".join(self._bad(row)),
            stake=", ".join(self._stake(row)),
            near=bool(pd.notna(row["decide_in_days"]) and 0 <= row["decide_in_days"] <= NEAR_DAYS),
            why=_lines(row, "why"),
            now=_lines(row, "what_now"),
            due=self.texts["due" if role else "due_only"].format(role=role, day=due) if due else role,
        )

    def _news(self, row: Row) -> str:
        """What is new; of an account that stands as it stood, for how long it has been listed."""
        weeks = int(row["weeks_listed"])
        if row["news"] != "same":
            return _text(row, "status")
        return str(self.texts["listed"]).format(weeks=weeks) if weeks > 1 else ""

    def _bad(self, row: Row) -> Iterator[str]:
        """How bad it is: band and health in words, what moved, and the chance where there is one."""
        told = self.texts
        label = words.band(row["band"])
        yield told["band"].format(band=label, health=round(row["health"]))
        moved = words.change(row["change_1w"])
        if moved not in ("", "0"):
            yield told["moved"].format(change=moved)
        if pd.notna(row["churn_probability"]):
            share = percent(float(row["churn_probability"]))
            yield told["chance"].format(share=share, verb=self.delivery.about.label)

    def _stake(self, row: Row) -> Iterator[str]:
        if pd.notna(row["arr"]):
            yield self.texts["a_year"].format(money=money(float(row["arr"]), self.delivery.about.currency))
        if pd.notna(row["decide_by"]):
            yield self.texts["decide"].format(day=words.day(row["decide_by"]), left=row["decide"])
        elif pd.notna(row["renewal_date"]):
            yield self.texts["renews"].format(day=words.day(row["renewal_date"]))

    def _changed(self, act: pd.DataFrame, good: pd.DataFrame) -> Iterator[tuple[str, str]]:
        told = self.texts
        groups = {name: act[act["news"] == name] for name in ("new", "worse", "better")}
        groups["recovered"] = good[good["stands_on"] == "recovered"]
        for name, rows in groups.items():
            if names := self._most(rows, lambda row: _text(row, "account_name")):
                yield told[name], ", ".join(names)

    def _most(self, rows: pd.DataFrame, line: Callable[[Row], str], beyond: int = 0) -> list[str]:
        """A line for each of the first few rows, and how many more there are, with those ``beyond`` the rows."""
        left = max(0, len(rows) - MOST_NAMES) + beyond
        found = [line(row) for row in rows.head(MOST_NAMES).to_dict("records")]
        return found + ([self.texts["and_more"].format(count=left)] if left > 0 else [])

    def _no_renewals(self) -> tuple[str, ...]:
        """Why there are none: nothing is near, or no contract says when it ends."""
        health = self.delivery.health
        ends = "renewal_date" in health and health["renewal_date"].notna().any()
        return (self.texts["no_renewals" if ends else "no_terms"],)

    def _renewal(self, row: Row) -> str:
        """A renewal in a line: who, what it is worth, when, and why it stands here."""
        worth: str = "" if pd.isna(row["arr"]) else short_money(float(row["arr"]), self.delivery.about.currency)
        first, *more = _lines(row, "why") or ("",)
        why = [first, *(text for text in more[:1] if text not in first)]
        parts = (worth, words.day(row["renewal_date"]), "; ".join(why))
        return f"{_text(row, 'account_name')}: {', '.join(part for part in parts if part)}"

    def _good(self, row: Row) -> str:
        told = "; ".join(_lines(row, "why")[:1])
        return f"{_text(row, 'account_name')}: {words.list_name(row['stands_on'])}{f', {told}' if told else ''}"

    def _outcome(self) -> Iterator[str]:
        told, groups = self.texts, {group.group: group for group in self.delivery.portfolio.realised}
        listed, others = groups.get("listed"), groups.get("not listed")
        if listed is None or others is None or listed.share is None or others.share is None:
            yield told["outcome_none"]
        else:
            counts = {"listed": listed.accounts, "left": listed.left, "share": percent(listed.share)}
            rest = {"others": others.accounts, "others_left": others.left, "others_share": percent(others.share)}
            book = self.delivery.portfolio
            text = told["outcome" if book.realised_final else "outcome_so_far"]
            yield text.format(weeks=book.realised_weeks, **counts, **rest)
        for week in self.delivery.report.weeks[:1]:
            yield told["answers"].format(listed=week.listed, day=words.day(week.as_of), answered=week.answered)

    def _links(self, owner: str) -> Iterator[tuple[str, str]]:
        if place := self.delivery.settings.address:
            chosen = urlencode({"list": "at-risk", "owner": clean(owner)}, quote_via=quote)
            yield self.texts["link"], f"{place}/latest/site/lists.html#{chosen}"
            yield self.texts["all"], f"{place}/latest/index.html"

    def _link(self, row: Row) -> str:
        """The account's page where it can be reached, else its place in the CRM."""
        if place := self.delivery.settings.address:
            chosen = urlencode({"id": clean(str(row["account_id"]))}, quote_via=quote)
            return f"{place}/latest/site/account.html#{chosen}"
        return web_address(row.get("url"))


def _soonest(renewals: pd.DataFrame) -> pd.DataFrame:
    """Those who have given notice, then the renewals by the day on which they are decided."""
    told = renewals["stands_on"] != NOTICE_GIVEN
    # where no contract says when it ends, the rows have no such days
    known = renewals.reindex(columns=["decide_by", "renewal_date"])
    day = pd.to_datetime(known["decide_by"]).fillna(pd.to_datetime(known["renewal_date"]))
    return renewals.assign(told=told, day=day).sort_values(["told", "day", "account_id"], kind="stable")


def _counted(texts: Texts, name: str, count: int, **values: str) -> str:
    which = {0: f"{name}_none", 1: f"{name}_one"}.get(count, name)
    return str(texts[which]).format(count=count, **values)


def _lines(row: Row, name: str) -> tuple[str, ...]:
    """A text of several lines as clean lines; reasons begin small, as they do in lists."""
    value = row.get(name)
    return tuple(_short(line) for line in value.split("\n") if line.strip()) if isinstance(value, str) else ()


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    return _short(value) if isinstance(value, str) else ""


def _short(text: str) -> str:
    shown = clean(text).strip()
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "\N{HORIZONTAL ELLIPSIS}"

"""The first page: whom to call first, whose list that is, and the book at a glance."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pandas as pd

from pipeline.deliver import words
from pipeline.deliver.delivery import Delivery
from pipeline.deliver.site import glance
from pipeline.deliver.site.lists import lists
from pipeline.deliver.text import clean
from pipeline.figures import decimal, money, percent, short_money
from pipeline.lists.plays import NEAR_DAYS, has_passed

FIRST = 5
"""Accounts that the first page names."""


def overview(delivery: Delivery, texts: dict[str, Any]) -> dict[str, Any]:
    """What the template of the overview is given."""
    rows = delivery.at_risk.rows
    return {
        "headline": words.headline(delivery),
        "news": words.news(delivery),
        "sixty": words.sixty(delivery.about),
        "bands": _bands(delivery),
        "first": [_call(row, delivery, texts) for row in rows.head(FIRST).to_dict("records")],
        "total_listed": len(rows),
        "owners": _owners(delivery),
        "any_passed": bool(has_passed(rows).any()),
        "also": _also(delivery, texts),
        "charts": glance.charts_of(delivery, texts),
    }


def _bands(delivery: Delivery) -> list[dict[str, Any]]:
    """The bands with their counts, where each begins in a bar of 100, and what became of them."""
    book = delivery.portfolio
    realised = {group.group: words.became(group, book.realised_weeks) for group in book.realised}
    result, start = [], 0.0
    for share in book.bands:
        width = 100 * share.share
        worth = "" if share.arr is None else short_money(share.arr, delivery.about.currency)
        bar = {"band": share.band, "label": words.band(share.band), "start": round(start, 3)}
        told = {"accounts": decimal(share.accounts), "worth": worth, "became": realised.get(share.band, "")}
        result.append({**bar, **told, "width": round(width, 3), "share": percent(share.share)})
        start += width
    return result


def _call(row: dict[Any, Any], delivery: Delivery, texts: dict[str, Any]) -> dict[str, Any]:
    decide, urgent = decision(row["decide_by"], delivery, texts)
    why = [clean(str(row[f"reason_{number}"])) for number in (1, 2, 3) if row[f"reason_{number}"]]
    return {
        "key": urlencode({"id": clean(str(row["account_id"]))}),
        "name": clean(str(row["account_name"])),
        "owner": clean(str(row["owner"])),
        "health": round(row["health"]),
        "band": row["band"],
        "label": words.band(row["band"]),
        "why": words.unbroken(words.sentence(why[0])) if why else "",
        "play": clean(str(row["play"])),
        "worth": "" if pd.isna(row["arr"]) else money(float(row["arr"]), delivery.about.currency),
        "decide": decide,
        "urgent": urgent,
    }


def _also(delivery: Delivery, texts: dict[str, Any]) -> list[dict[str, Any]]:
    """The other lists with somebody on them."""
    tagged = delivery.health["tags"].fillna("").str.split("; ") if "tags" in delivery.health.columns else pd.Series()
    counts = tagged.explode().value_counts()
    found = []
    for each in lists(delivery, texts):
        count = len(delivery.leaving) if each["kind"] == "leaving" else int(counts.get(each["tag"] or None, 0))
        if count:
            found.append({"key": each["key"], "title": each["title"], "count": decimal(count)})
    return found


def decision(moment: Any, delivery: Delivery, texts: dict[str, Any]) -> tuple[str, bool]:
    """The last day to give notice in words, and whether it is near or gone by."""
    if pd.isna(moment):
        return "", False
    days = (pd.Timestamp(moment) - pd.Timestamp(delivery.about.as_of)).days
    told = texts["script"]["passed" if days < 0 else "decide"].format(day=words.day(pd.Timestamp(moment)))
    return told, days <= NEAR_DAYS


def _owners(delivery: Delivery) -> list[dict[str, Any]]:
    """Each owner with accounts to call, the longest list first."""
    rows = delivery.at_risk.rows
    found = []
    for owner, mine in rows.groupby("owner", sort=False):
        left = (pd.to_datetime(mine["decide_by"]) - pd.Timestamp(delivery.about.as_of)).dt.days
        worth = mine["arr"].sum(min_count=1)
        found.append(
            {
                "name": clean(str(owner)),
                "key": urlencode({"list": "at-risk", "owner": clean(str(owner))}),
                "listed": len(mine),
                "new": int((mine["status"] == "new").sum()),
                "worth": "" if pd.isna(worth) else money(float(worth), delivery.about.currency),
                "near": int(left.between(0, NEAR_DAYS).sum()),
                "passed": int(has_passed(mine).sum()),
            }
        )
    return sorted(found, key=lambda each: (-each["listed"], each["name"]))

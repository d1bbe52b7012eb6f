"""What the page shows, as plain values: every text clean, every figure in words or missing, never ``nan``."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pandas as pd

from pipeline.deliver import words
from pipeline.deliver.delivery import Delivery
from pipeline.deliver.text import clean, web_address
from pipeline.features.info import DIMENSIONS
from pipeline.figures import days, money, percent, short_money, symbol

Row = dict[str, Any]

_DIMENSION_WORDS = {name: name.capitalize() for name in DIMENSIONS} | {"timing": "Renewal calendar"}


def act_now(delivery: Delivery) -> list[Row]:
    """The rows of the at-risk list."""
    places = _places(delivery)
    rows = delivery.at_risk.rows.to_dict("records")
    return [_call({str(k): v for k, v in row.items()}, delivery, places) for row in rows]


def leaving(delivery: Delivery) -> list[Row]:
    """The rows of those who have given notice."""
    currency = delivery.about.currency
    return [
        {
            "name": _text(row["account_name"]) or _text(row["account_id"]),
            "owner": _text(row["owner"]),
            "segment": _text(row["segment"]),
            "arr": _money(row["arr"], currency),
            "notice": words.day(_moment(row["notice_at"])),
            "ends": words.day(_moment(row["ends_at"])),
            "left": "" if pd.isna(row["days_left"]) else days(row["days_left"]),
            "contact": _text(row["contact"]),
            "url": web_address(row["url"]),
        }
        for row in delivery.leaving.to_dict("records")
    ]


def band_shares(delivery: Delivery) -> list[Row]:
    """The bands with their counts, where each begins in a bar of 100, and what became of them."""
    realised = {group.group: words.became(group) for group in delivery.portfolio.realised}
    result, start = [], 0.0
    for share in delivery.portfolio.bands:
        width = 100 * share.share
        worth = "" if share.arr is None else short_money(share.arr, delivery.about.currency)
        label = words.BAND_WORDS[share.band]
        bar: Row = {"start": round(start, 3), "width": round(width, 3)}
        told: Row = {"accounts": f"{share.accounts:,}", "worth": worth, "became": realised.get(share.band, "")}
        result.append({"band": share.band, "label": label, "share": percent(share.share), **bar, **told})
        start += width
    return result


def choices(delivery: Delivery, name: str) -> list[tuple[str, int]]:
    """The values of a column to filter by, in order, with the number of accounts of each."""
    if name not in delivery.health.columns:
        return []
    texts = [_text(value) for value in delivery.health[name]]
    parts = [part for text in texts for part in (text.split("; ") if name == "tags" else [text]) if part]
    return sorted(Counter(parts).items(), key=lambda item: item[0].casefold())


def accounts(delivery: Delivery) -> Row:
    """All accounts for the page's script: one row a list, in the order of ``columns``."""
    points = [name for name in DIMENSIONS if f"points_{name}" in delivery.health.columns]
    currency = delivery.about.currency
    return {
        "currency": symbol(currency),
        "dimensions": [_DIMENSION_WORDS[name] for name in points],
        "bands": words.BAND_WORDS,
        "asOf": str(delivery.about.as_of),
        "rows": [_record({str(k): v for k, v in row.items()}, points) for row in delivery.health.to_dict("records")],
    }


def _record(row: Row, points: list[str]) -> Row:
    """One account; what is missing is left out."""
    known = {
        "id": _text(row["account_id"]),
        "name": _text(row.get("account_name")) or _text(row["account_id"]),
        "owner": _text(row.get("owner")),
        "segment": _text(row.get("segment")),
        "band": _text(row["band"]),
        "health": _rounded(row["health"], 2),
        "score": _rounded(row["score"], 2),
        "chance": _rounded(row.get("churn_probability"), 5),
        "arr": _rounded(row.get("arr"), 0),
        "week": _rounded(row.get("change_1w"), 2),
        "month": _rounded(row.get("change_4w"), 2),
        "renewal": _iso(row.get("renewal_date")),
        "coverage": _rounded(row.get("coverage"), 3),
        "why": [text for at in (1, 2, 3) if (text := _text(row.get(f"reason_{at}")))],
        "tags": [tag for tag in _text(row.get("tags")).split("; ") if tag],
        "base": _rounded(row.get("points_base"), 2),
        "points": [_rounded(row[f"points_{name}"], 2) for name in points],
    }
    return {key: value for key, value in known.items() if value not in (None, "", [])}


def _call(row: Row, delivery: Delivery, places: dict[str, int]) -> Row:
    """One row of the at-risk list: who, what is at stake, how bad, why, what now, what is new."""
    currency = delivery.about.currency
    chance = row["churn_probability"]
    decide, renewal = _moment(row["decide_by"]), _moment(row["renewal_date"])
    tickets = row["open_urgent_tickets"]
    return {
        "place": places.get(str(row["account_id"]), -1),
        "rank": int(row["rank"]),
        "name": _text(row["account_name"]) or _text(row["account_id"]),
        "owner": _text(row["owner"]),
        "segment": _text(row["segment"]),
        "contact": _text(row["contact"]),
        "url": web_address(row["url"]),
        "health": round(row["health"]),
        "band": _text(row["band"]),
        "label": words.BAND_WORDS.get(str(row["band"]), ""),
        "chance": "" if pd.isna(chance) else percent(chance),
        "arr": _money(row["arr"], currency),
        "renewal": words.day(renewal),
        "decide": words.day(decide),
        "decide_near": decide is not None and (decide - pd.Timestamp(delivery.about.as_of)).days <= 14,
        "week": words.change(_figure(row["change_1w"])),
        "month": words.change(_figure(row["change_4w"])),
        "why": [text for at in (1, 2, 3) if (text := _text(row[f"reason_{at}"]))],
        "play": _text(row["play"]),
        "role": _text(row["play_role"]),
        "due": words.day(_moment(row["play_due"])),
        "touch": words.day(_moment(row["last_touch"])),
        "tickets": 0 if pd.isna(tickets) else int(tickets),
        "status": str(row["status"]),
        "status_label": words.STATUS_WORDS[str(row["status"])],
        "weeks": int(row["weeks_listed"]),
        "tags": [tag for tag in _text(row["tags"]).split("; ") if tag],
        "order": {
            "health": _figure(row["health"]),
            "arr": _figure(row["arr"]),
            "decide": _iso(row["decide_by"]) or _iso(row["renewal_date"]),
        },
    }


def _places(delivery: Delivery) -> dict[str, int]:
    """Where each account stands among all of them."""
    return {str(account): at for at, account in enumerate(delivery.health["account_id"])}


def _text(value: object) -> str:
    return clean(str(value)) if value is not None and not pd.isna(value) else ""  # type: ignore[call-overload]


def _money(value: Any, currency: str) -> str:
    return "" if pd.isna(value) else money(float(value), currency)


def _moment(value: Any) -> pd.Timestamp | None:
    return None if pd.isna(value) else pd.Timestamp(value)


def _iso(value: Any) -> str:
    return "" if value is None or pd.isna(value) else f"{pd.Timestamp(value):%Y-%m-%d}"


def _figure(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)


def _rounded(value: Any, places: int) -> float | None:
    return None if value is None or pd.isna(value) else round(float(value), places)

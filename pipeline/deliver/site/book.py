"""The portfolio page: the book of customers by segment and owner, and every figure of it."""

from __future__ import annotations

from typing import Any

import pandas as pd
from markupsafe import Markup

from pipeline.deliver import words
from pipeline.deliver.delivery import Delivery
from pipeline.deliver.site import charts, glance
from pipeline.deliver.site.charts import drawn
from pipeline.deliver.site.ledger import Section, notes, sections
from pipeline.deliver.text import clean
from pipeline.figures import decimal, number, percent, short_money
from pipeline.health.loyalty import QUADRANTS
from pipeline.portfolio.headline import BANDS

MOST_GROUPS = 25
"""Groups that a chart shows, the largest first."""

Group = tuple[str, Markup, tuple[str, ...], list[tuple[str, ...]]]


def portfolio(delivery: Delivery, texts: dict[str, Any]) -> dict[str, Any]:
    """What the template of the portfolio is given."""
    told, book = texts["portfolio"], delivery.portfolio
    counts = {"customers": book.customers, "then": book.customers_then, "won": book.won, "lost": book.lost}
    shown = [(told[name], decimal(value)) for name, value in counts.items() if value is not None]
    groups = [_group(delivery, column, told[title], texts) for column, title in _GROUPS]
    corners = _corners(delivery, texts)
    more = {"sections": [*corners, *sections(delivery.book, texts)], "footnotes": notes(delivery.book, texts)}
    return more | {"figures": [*words.retention(book), *shown], "groups": [each for each in groups if each is not None]}


def _corners(delivery: Delivery, texts: dict[str, Any]) -> list[Section]:
    """How many accounts stand in each corner of satisfaction against loyalty; nothing where it was not inferred."""
    if delivery.loyalty.empty:
        return []
    told, names = texts["portfolio"]["corners"], texts["script"]["loyalty"]["places"]
    worth = delivery.health.set_index("account_id").reindex(columns=["arr"])["arr"].astype(float)
    parts = {place: part["account_id"] for place, part in delivery.loyalty.groupby("quadrant")}
    rows: list[tuple[str, ...]] = []
    for place in (place for place in (*QUADRANTS, "") if place in parts):
        summed = worth.reindex(parts[place]).sum(min_count=1)
        money = "" if pd.isna(summed) else short_money(float(summed), delivery.about.currency)
        share = percent(len(parts[place]) / len(delivery.loyalty))
        rows.append((names.get(place, told["unknown"]), decimal(len(parts[place])), share, money))
    return [Section(told["title"], told["told"], tuple(told["heads"]), rows)]


_GROUPS = (("segment", "by_segment"), ("owner", "by_owner"))


def _group(delivery: Delivery, column: str, title: str, texts: dict[str, Any]) -> Group | None:
    """The accounts by owner or segment: bands, revenue, revenue at risk and usual health."""
    if column not in delivery.health.columns or delivery.health[column].dropna().empty:
        return None
    frame = delivery.health.assign(
        group=delivery.health[column].astype("string").fillna(delivery.about.unassigned).map(clean)
    )
    parts = sorted(frame.groupby("group"), key=lambda part: (-len(part[1]), str(part[0])))[:MOST_GROUPS]
    bars = [(str(name), band, int((part["band"] == band).sum())) for name, part in parts for band in BANDS]
    told = texts["portfolio"]
    heads = (told["group"], *(words.band(band) for band in BANDS), told["worth"], told["at_risk"], told["median"])
    rows = [_row(str(name), part, delivery) for name, part in parts]
    return title, drawn(charts.stacked(bars, texts["charts"]), title), heads, rows


def _row(name: str, part: pd.DataFrame, delivery: Delivery) -> tuple[str, ...]:
    about = delivery.about
    counts = (decimal(int((part["band"] == band).sum())) for band in BANDS)
    worth = part["arr"].astype(float).sum(min_count=1) if "arr" in part.columns else float("nan")
    risk = glance.revenue_at_risk(part, about.provisional)
    sums = (
        "" if value is None or pd.isna(value) else short_money(float(value), about.currency) for value in (worth, risk)
    )
    return (name, *counts, *sums, number(round(float(part["health"].median()))))

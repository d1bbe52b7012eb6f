"""The sections of ``portfolio.json`` as tables: each is there when its figures are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.deliver.text import clean
from pipeline.figures import decimal, duration, exact_percent, number, percent, short_money

Book = Mapping[str, Any]
Rows = list[tuple[str, ...]]
_MONTHS_SHOWN = 12
_COHORT_AGES = (0, 1, 2, 3, 6, 9, 12, 18, 24)
_MOVES = ("start", "new", "expansion", "contraction", "churn", "reactivation", "end")


@dataclass(frozen=True)
class Section:
    """A table with its title, and a sentence on what it shows. ``words``: how many columns begin it that are texts."""

    title: str
    told: str
    heads: tuple[str, ...]
    rows: Rows
    words: int = 1


def sections(book: Book, texts: dict[str, Any]) -> list[Section]:
    """Every section that has rows, in the order of the page."""
    told = texts["ledger"]
    found = []
    for name, make in _SECTIONS.items():
        rows = make(book)
        if rows:
            ages = tuple(str(age) for age in _COHORT_AGES) if name == "cohorts" else ()
            found.append(Section(told[name]["title"], told[name]["told"], (*told[name]["heads"], *ages), rows))
    return found


def _money(book: Book, minor: float | None) -> str:
    currency = book.get("currency", {})
    if minor is None:
        return ""
    return short_money(minor / 10 ** int(currency.get("digits", 2)), str(currency.get("code", "")))


def _share(value: float | None) -> str:
    """A percentage of 0 to 100."""
    return "" if value is None else exact_percent(value)


def _retention(book: Book) -> Rows:
    names = ("retention", "logo_churn", "gross_revenue_retention", "net_revenue_retention")
    counts = ("customers_then", "won", "lost")
    return [
        (str(each["weeks"]), *(decimal(each[name]) for name in counts), *(_share(each.get(name)) for name in names))
        for each in book.get("retention") or []
    ]


def _revenue(book: Book) -> Rows:
    months = (book.get("revenue") or [])[-_MONTHS_SHOWN:]
    return [(str(each["month"]), *(_money(book, each[name]) for name in _MOVES)) for each in reversed(months)]


def _cohorts(book: Book) -> Rows:
    rows = (book.get("cohorts") or {}).get("rows", [])
    return [
        (
            str(row["cohort"]),
            decimal(row["accounts"]),
            *(_kept(row["kept"], row["accounts"], age) for age in _COHORT_AGES),
        )
        for row in rows
        if row["accounts"]
    ]


def _kept(kept: list[int], size: int, age: int) -> str:
    return percent(kept[age] / size) if age < len(kept) else ""


def _surveys(book: Book) -> Rows:
    kinds = book.get("surveys") or {}
    return [_survey(name, each) for name, each in kinds.items() if each and each.get("value") is not None]


def _survey(name: str, each: Book) -> tuple[str, ...]:
    low, high = each.get("low"), each.get("high")
    before = (each.get("before") or {}).get("value")
    span = "" if low is None or high is None else f"{number(low)} – {number(high)}"
    counts = (decimal(each["asked"]), decimal(each["answered"]), percent(each["response_rate"] or 0.0))
    return (name.upper(), number(each["value"]), span, "" if before is None else number(before), *counts)


def _support(book: Book) -> Rows:
    support = book.get("support") or {}
    parts = [("", support["now"]), *((each["priority"], each) for each in support["by_priority"])] if support else []
    kinds = [(kind, figure) for kind in ("first_response", "resolution") for figure in _WAITS]
    return [
        (
            clean(str(name)) or "–",
            decimal(each["tickets"]),
            "" if each["open"] is None else decimal(each["open"]),
            *(_wait((each[a] or {}).get(b)) for a, b in kinds),
        )
        for name, each in parts
    ]


_WAITS = ("median_seconds", "p90_seconds")


def _wait(seconds: float | None) -> str:
    return "" if seconds is None else duration(seconds / 3600)


def _adoption(book: Book) -> Rows:
    features = (book.get("adoption") or {}).get("features", [])
    return [(clean(str(each["feature"])), decimal(each["accounts"]), percent(each["share"])) for each in features]


def _reasons(book: Book) -> Rows:
    rows = (book.get("churn_reasons") or {}).get("rows", [])
    return [(clean(str(each["reason"])), decimal(each["churns"]), _money(book, each.get("revenue"))) for each in rows]


_SECTIONS: dict[str, Callable[[Book], Rows]] = {
    "retention": _retention,
    "revenue": _revenue,
    "cohorts": _cohorts,
    "surveys": _surveys,
    "support": _support,
    "adoption": _adoption,
    "churn_reasons": _reasons,
}


def notes(book: Book, texts: dict[str, Any]) -> list[str]:
    """What cannot be known and why, and lifetime value as a footnote with its assumptions."""
    found = [clean(str(note["text"])) for note in book.get("notes") or []]
    lifetime = book.get("lifetime") or {}
    if lifetime.get("value") is None:
        return found
    low, high = lifetime.get("cost_to_win") or (None, None)
    values = {"value": _money(book, lifetime["value"]), "low": _money(book, low), "high": _money(book, high)}
    told = texts["ledger"]["lifetime" if low is not None else "lifetime_only"].format(**values)
    return [*found, " ".join([told, *(clean(str(text)) for text in lifetime.get("assumptions", []))])]

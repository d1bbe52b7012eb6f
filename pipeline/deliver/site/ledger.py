"""The sections of ``portfolio.json`` as tables: each is there when its figures are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipeline.deliver.text import clean
from pipeline.figures import decimal, duration, exact_percent, month, number, percent, short_money
from pipeline.portfolio.churn_reasons import NOT_STATED, OTHER
from pipeline.texts import say

Book = Mapping[str, Any]
Rows = list[tuple[str, ...]]
_MONTHS_SHOWN = 12
_COHORT_AGES = (0, 1, 2, 3, 6, 9, 12, 18, 24)
_MOST_PLANS = 8
"""Plans that adoption is told of, those with the most accounts first."""
_MOVES = ("start", "new", "expansion", "contraction", "churn", "reactivation", "end")


class Shaded(str):
    """A share as a percentage; the darker its cell the larger it is: ``depth`` 1 (``low`` and less) to 5 (all)."""

    depth: int

    def __new__(cls, share: float | None, low: float = 0.0) -> Shaded:
        """Empty where the share is not known, and no colour where there is nothing."""
        cell = super().__new__(cls, "" if share is None else percent(share))
        cell.depth = 0 if not share else min(5, 1 + int(5 * max(0.0, share - low) / (1 - low)))
        return cell


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
            more = _MORE_HEADS[name](book) if name in _MORE_HEADS else ()
            found.append(Section(told[name]["title"], told[name]["told"], (*told[name]["heads"], *more), rows))
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
    return [(_month(each["month"]), *(_money(book, each[name]) for name in _MOVES)) for each in reversed(months)]


def _cohorts(book: Book) -> Rows:
    return [
        (_month(row["cohort"]), decimal(row["accounts"]), *_kept(book, row["kept"], row["accounts"]))
        for row in _joined(book)
        if row["accounts"]
    ]


def _cohort_revenue(book: Book) -> Rows:
    """Beside the accounts: what those who joined paid at the end of that month, and how much of it is still there."""
    return [
        (
            _month(row["cohort"]),
            _money(book, row["kept_revenue"][0]),
            *_kept(book, row["kept_revenue"], row["kept_revenue"][0]),
        )
        for row in _joined(book)
        if row.get("kept_revenue") and row["kept_revenue"][0]
    ]


def _month(told: str) -> str:
    """A month of the book, ``2026-10``, for people."""
    return month(date.fromisoformat(f"{told}-01"))


def _joined(book: Book) -> list[Book]:
    rows: list[Book] = (book.get("cohorts") or {}).get("rows", [])
    return rows


def _kept(book: Book, kept: list[int], whole: int) -> Iterator[Shaded]:
    """The shares by age; most customers stay, so that the colours begin at a half."""
    return (Shaded(kept[age] / whole if age < len(kept) else None, 0.5) for age in _known_ages(book))


def _known_ages(book: Book) -> list[int]:
    oldest = max((len(row["kept"]) for row in _joined(book)), default=0)
    return [age for age in _COHORT_AGES if age < oldest]


def _ages(book: Book) -> tuple[str, ...]:
    return tuple(str(age) for age in _known_ages(book))


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
            clean(str(name)) or say("ledger.support.all"),
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
    adoption = book.get("adoption") or {}
    return [
        (
            clean(str(each["feature"]).replace("_", " ")),
            decimal(each["accounts"]),
            Shaded(each["share"]),
            *(_used(each["by_plan"][plan]) for plan in _plans(adoption)),
        )
        for each in adoption.get("features", [])
    ]


def _plans(adoption: Book) -> list[str]:
    plans = sorted(adoption.get("plans", []), key=lambda each: (-each["accounts"], each["plan"]))
    return sorted(each["plan"] for each in plans[:_MOST_PLANS])


def _used(by_plan: Book) -> str:
    """The share of a plan's customers; a dash where the plan does not offer it."""
    return "–" if by_plan["in_plan"] is False and not by_plan["accounts"] else Shaded(by_plan["share"])


def _plan_heads(book: Book) -> tuple[str, ...]:
    return tuple(clean(plan) for plan in _plans(book.get("adoption") or {}))


def _reasons(book: Book) -> Rows:
    told = book.get("churn_reasons") or {"rows": []}
    return [
        (_reason(str(each["reason"])), decimal(each["churns"]), Shaded(each["churns"] / told["churns"]))
        for each in told["rows"]
    ]


def _reason(stated: str) -> str:
    """The company's own word; ours where it has none."""
    ours = {OTHER: "ledger.churn_reasons.other", NOT_STATED: "ledger.churn_reasons.not_stated"}
    return say(ours[stated]) if stated in ours else clean(stated)


_SECTIONS: dict[str, Callable[[Book], Rows]] = {
    "retention": _retention,
    "revenue": _revenue,
    "cohorts": _cohorts,
    "cohort_revenue": _cohort_revenue,
    "surveys": _surveys,
    "support": _support,
    "adoption": _adoption,
    "churn_reasons": _reasons,
}
_MORE_HEADS: dict[str, Callable[[Book], tuple[str, ...]]] = {
    "cohorts": _ages,
    "cohort_revenue": _ages,
    "adoption": _plan_heads,
}
"""The headings that depend on the figures, after those of the texts."""


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

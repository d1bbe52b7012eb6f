"""How a figure is written for people: short, with its unit, and never as ``nan``."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import date
from numbers import Real

from pipeline.texts import say

SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹", "CHF": "CHF ", "CAD": "CA$", "AUD": "A$"}
"""What stands before an amount; a code that is not here stands there itself."""

_SHARES = {"share": 1.0, "csat score": 1.0, "ces score": 1.0, "percent": 100.0}
"""What is told as a percentage, and what the whole of it is: csat and ces are kept from 0 (worst) to 1."""

_UNSEEN = re.compile("[\u200e\u200f\u061c]")
"""Marks of direction, which texts do without."""

_HOURS = {"seconds": 1 / 3600, "minutes": 1 / 60, "hours": 1.0}


_LOCALE: ContextVar[str] = ContextVar("locale", default="en_GB")
_DIGITS: ContextVar[int] = ContextVar("digits", default=2)


@contextlib.contextmanager
def written_for(locale: str, digits: int = 2) -> Iterator[None]:
    """Figures and days are written as readers of ``locale`` (en_GB, de_DE) expect them, until the block ends.

    ``digits``: places of the currency's minor unit (2: cents; 0: yen).
    """
    tokens = _LOCALE.set(locale), _DIGITS.set(digits)
    try:
        yield
    finally:
        _LOCALE.reset(tokens[0])
        _DIGITS.reset(tokens[1])


def decimal(value: float, places: int = 0) -> str:
    """A figure with so many places: ``1,204.5``, in German ``1.204,5``."""
    if _LOCALE.get().startswith("en"):
        return f"{value:,.{places}f}"
    from babel.numbers import format_decimal

    return str(format_decimal(value, f"#,##0.{'0' * places}" if places else "#,##0", _LOCALE.get()))


def signs() -> dict[str, str] | None:
    """The signs for decimals and thousands, for what writes figures itself (a chart); None in English."""
    if _LOCALE.get().startswith("en"):
        return None
    from babel.numbers import get_decimal_symbol, get_group_symbol

    return {"decimal": str(get_decimal_symbol(_LOCALE.get())), "thousands": str(get_group_symbol(_LOCALE.get()))}


def day(moment: date) -> str:
    """A day for people: ``16 Nov 2026``, in German ``16.11.2026``."""
    if _LOCALE.get().startswith("en"):
        return f"{moment.day} {moment:%b %Y}"
    from babel.dates import format_date

    return str(format_date(moment, "medium", _LOCALE.get()))


def short_day(moment: date) -> str:
    """A day of this year or the last, as on an axis: ``16 Nov``, in German ``16.11.``."""
    if _LOCALE.get().startswith("en"):
        return f"{moment.day} {moment:%b}"
    from babel.dates import format_skeleton

    return str(format_skeleton("Md", moment, locale=_LOCALE.get()))


def month(moment: date) -> str:
    """A month: ``Nov 2026``, in German ``Nov. 2026``."""
    if _LOCALE.get().startswith("en"):
        return f"{moment:%b %Y}"
    from babel.dates import format_skeleton

    return str(format_skeleton("yMMM", moment, locale=_LOCALE.get()))


def number(value: float) -> str:
    """A bare number: ``1,204``, ``41``, ``3.5``, ``0.07``."""
    size = abs(value)
    if size >= 100 or abs(value - round(value)) < 1e-9:
        return decimal(round(value))
    return decimal(value, 1) if size >= 1 else _significant(value)


def _significant(value: float) -> str:
    """Two digits that say something: ``0.07``, in German ``0,07``."""
    text, found = f"{value:.2g}", signs()
    if found is None:
        return text
    return text.replace(".", found["decimal"])


def percent(share: float) -> str:
    """A share of one as a percentage: ``62 %``, below one per cent ``0.4 %``."""
    value = 100 * share
    if 0 < abs(value) < 0.1:
        return say("figures.tiny")
    return f"{decimal(value, 1 if 0 < abs(value) < 0.95 else 0)} %"


def exact_percent(value: float) -> str:
    """A percentage of 0 to 100 where a tenth of it counts: ``95.5 %``."""
    return f"{decimal(value, 1)} %"


def days(value: float) -> str:
    """A number of days: ``1 day``, ``12 days``."""
    return _counted(round(value), "day")


def money(amount: float, currency: str = "") -> str:
    """An amount in currency units, without cents: ``€1,204``, ``SEK 1,204``, in German ``1.204 €``."""
    return _with_currency(decimal(abs(amount)), currency, round(amount) < 0)


def currency_signs(currency: str) -> tuple[str, str]:
    """What stands before an amount and what behind it: ``€`` and nothing, in German nothing and `` €``.

    A currency without a sign has its code, and an amount without a currency neither.
    """
    if not currency:
        return "", ""
    if _LOCALE.get().startswith("en"):
        return SYMBOLS.get(currency, f"{currency} "), ""
    from babel import Locale
    from babel.numbers import get_currency_symbol

    sign = SYMBOLS.get(currency, "").strip() or str(get_currency_symbol(currency, _LOCALE.get()))
    pattern = Locale.parse(_LOCALE.get()).currency_formats["standard"]
    before, behind = (_UNSEEN.sub("", part).replace("¤", sign) for part in (pattern.prefix[0], pattern.suffix[0]))
    # a code is not read together with the figure behind it
    return f"{before}\N{NO-BREAK SPACE}" if before[-1:].isalpha() else before, behind


def _with_currency(figure: str, currency: str, is_negative: bool) -> str:
    before, behind = currency_signs(currency)
    return f"{'-' if is_negative else ''}{before}{figure}{behind}"


def short_money(amount: float, currency: str = "") -> str:
    """An amount for a headline: ``€412k``, ``€3.1m``, in German ``412k €`` (or as its texts say)."""
    for size, name in ((1e9, "billion"), (1e6, "million"), (1e3, "thousand")):
        if abs(amount) >= size:
            scaled = abs(amount) / size
            figure = decimal(scaled, 1 if scaled < 10 else 0)
            return _with_currency(f"{figure}{say(f'figures.{name}')}", currency, amount < 0)
    return money(amount, currency)


def duration(hours: float) -> str:
    """A wait: ``35 minutes``, ``6 hours``, ``3 days``."""
    if hours < 1:
        return _counted(round(hours * 60), "minute")
    return _counted(round(hours), "hour") if hours < 48 else days(hours / 24)


def change(value: float) -> str:
    """A change (now - before) / (now + before), from -1 (gone) to 1 (new), as people tell it: ``down 40 %``."""
    if abs(value) >= 1:
        return say("figures.gone" if value < 0 else "figures.fresh")
    growth = 2 * value / (1 - value)
    if abs(growth) < 0.005:
        return say("figures.unchanged")
    return say("figures.up" if growth > 0 else "figures.down", share=percent(abs(growth)))


def figure(value: object, unit: str, currency: str = "") -> str | None:
    """``value`` with its unit in words; None where there is nothing to say (missing or not finite).

    Units with words of their own: ``share``, ``csat score``, ``ces score`` (of one), ``percent``, ``days``,
    ``weeks``, ``seconds``, ``minutes``, ``hours``, ``minor`` (the currency's smallest unit), ``money`` (whole units),
    ``points`` (whole), ``change`` (from -1 to 1) and ``flag`` (yes or no). Every other unit is a bare number, since the
    reason's own text names what is counted.
    """
    if isinstance(value, str):
        return value or None
    if not isinstance(value, Real) or not math.isfinite(value):
        return None
    amount = float(value)
    if unit in _SHARES:
        return percent(amount / _SHARES[unit])
    if unit in ("days", "weeks"):
        return days(amount) if unit == "days" else _counted(round(amount), "week")
    if unit in _HOURS:
        return duration(amount * _HOURS[unit])
    if unit in ("change", "flag"):
        return change(amount) if unit == "change" else say("figures.affirmed" if amount else "figures.denied")
    if unit in ("minor", "money"):
        return money(amount / 10 ** _DIGITS.get() if unit == "minor" else amount, currency)
    # a tenth of a point of health or effort would claim to be exact
    return number(round(amount) if unit == "points" else amount)


def _counted(count: int, noun: str) -> str:
    """A count with its noun: ``1 week``, ``3 weeks``."""
    return say(f"figures.{noun}") if count == 1 else say(f"figures.{noun}s", count=decimal(count))

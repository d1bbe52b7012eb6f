"""One feature of one account in words: its figure, its own past where that is news, and what is typical of its peers.

``logins 41, was 108 (4 weeks); accounts like it 95``. A change within noise is no news and is not told as one, and a
peers' figure is left out where it is hardly another than the account's own.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import sqrt

import numpy as np

from pipeline.features.info import FeatureInfo
from pipeline.figures import figure
from pipeline.health.groups import CALENDAR, is_given, stands_back
from pipeline.health.peers import Typical
from pipeline.health.scorecard import before_of
from pipeline.texts import catalogue, say

Row = Mapping[str, object]
"""The features of one account."""

HARDLY = 0.15
"""Two figures less than this share of the larger apart are alike: the scorecard's rules of change start there too."""

_COUNTED = frozenset(
    {"answers", "attempts", "contacts", "days", "events", "features", "invoices", "number of days", "quantity"}
    | {"questions", "reopens", "replies", "tickets", "users"}
)
"""Units of what is counted one by one, so that chance alone moves it by the root of the count."""

_EASE = "ces score"
"""The unit of answers of which a reader must be told which end is good, for an effort score has the other."""

_SHORT = re.compile(r"\b(nps|csat|ces)\b")
_FIELD = re.compile(r"\{(\w+)\}")


class Clarity(IntEnum):
    """How well a figure explains a low score to a reader, the best first."""

    CHANGED = 0
    """It became worse than it was."""
    STANDS_OUT = 1
    """It is worse than is typical."""
    RANKED = 2
    """It is a low place among peers, without the number itself."""
    NEUTRAL = 3
    """It is of a kind that is neither better nor worse, and not what is typical."""
    LOOKS_GOOD = 4
    """Nothing is wrong with it."""


@dataclass(frozen=True)
class Teller:
    """Puts features into words: their templates by name, and the company's currency."""

    catalog: Mapping[str, FeatureInfo]
    currency: str = ""

    def tell(self, name: str, row: Row, typical: Mapping[str, Typical]) -> str | None:
        """The words for one feature of one account; None where there is nothing a person could check."""
        info = self.catalog[name]
        value = self._figure(row.get(name), info)
        if info.reason is None or value is None:
            return None
        before = row.get(before_of(info, row) or "") if is_news(info, row) else None
        peers = self._peers(info, row, typical.get(name))
        told = {"value": value, "before": self._figure(before, info), "weeks": info.weeks and str(info.weeks)}
        told |= {"peers": peers and peers[1], "rest": self._rest(row.get(name), info)}
        template = say("reasons.renewal_today") if _is_today(info, row) else info.reason
        text = fill(template, {field: text for field, text in told.items() if text})
        if text and info.unit == _EASE:
            text = say("reasons.ease", reason=text)
        if text and peers and "{peers}" not in info.reason:
            text = say("reasons.beside", reason=text, whose=say(f"reasons.{peers[0]}"), peers=peers[1])
        return say("reasons.seen", reason=text) if text and _says_no_why(info) else text

    def clarity(self, name: str, row: Row, typical: Mapping[str, Typical]) -> Clarity:
        """How well the words for one feature of one account explain a low score."""
        info = self.catalog[name]
        if is_news(info, row) and "{before}" in (info.reason or ""):
            return Clarity.CHANGED
        if info.direction == 0:
            return Clarity.NEUTRAL if _is_telling(info, row, typical.get(name)) else Clarity.LOOKS_GOOD
        if not _is_worse(info, row, typical.get(name)):
            return Clarity.LOOKS_GOOD
        return Clarity.RANKED if _is_rank(info) else Clarity.STANDS_OUT

    def _peers(self, info: FeatureInfo, row: Row, typical: Typical | None) -> tuple[str, str] | None:
        """Whose figure stands beside the account's own, and the figure; None where it would say nothing."""
        if typical is None or typical.whose is None or is_given(info) or _is_rank(info) or _is_none(info, typical):
            return None
        text = self._figure(typical.value, info)
        differs = apart(_number(row.get(info.name)), typical.value, info.unit)
        return (typical.whose, text) if text and differs and text != self._figure(row.get(info.name), info) else None

    def _rest(self, value: object, info: FeatureInfo) -> str | None:
        """The share of the peers that an account does not stand above."""
        return self._figure(1.0 - _number(value), info) if _is_rank(info) else None

    def _figure(self, value: object, info: FeatureInfo) -> str | None:
        return figure(value, info.unit, self.currency)


def fill(template: str, known: Mapping[str, str]) -> str | None:
    """The template with its fields filled; a clause whose field is not known is left out.

    Clauses are parted by commas or brackets. Returns None when the whole text would be left out.
    """
    clauses = re.findall(r"\s*\([^)]*\)|,?[^,(]*[^,(\s]", template)
    kept = [clause for clause in clauses if all(name in known for name in _FIELD.findall(clause))]
    text = _FIELD.sub(lambda match: known[match[1]], "".join(kept))
    one = catalogue()["reasons"]["singular"]
    text = _one_of(tuple(one)).sub(lambda match: f"1 {match[1]}{one[match[2]]}", text)
    text = _SHORT.sub(lambda match: match[1].upper(), text)
    return text.strip().lstrip(",").strip() or None


@functools.cache
def _one_of(nouns: Sequence[str]) -> re.Pattern[str]:
    """A figure of one with its noun in the plural, and up to three words between (``1 urgent or high tickets``)."""
    return re.compile(rf"(?<![\d.,])1 ((?:(?!of\b|in\b)[a-z]+ ){{0,3}}?)({'|'.join(map(re.escape, nouns))})\b")


def apart(value: float, other: float, unit: str) -> bool:
    """Whether two figures differ beyond noise: by ``HARDLY``, and what is counted by the root of its sum as well."""
    difference = abs(value - other)
    if not difference > 0 or difference < HARDLY * max(abs(value), abs(other)):
        return False
    return unit not in _COUNTED or difference >= sqrt(abs(value) + abs(other))


def is_news(info: FeatureInfo, row: Row) -> bool:
    """Whether the value is beyond noise from the one before, and worse: a change for the better is no worry."""
    value, before = _number(row.get(info.name)), _number(row.get(before_of(info, row) or ""))
    worse = info.direction == 0 or info.direction * (value - before) > 0
    return bool(worse and apart(value, before, info.unit))


def _is_worse(info: FeatureInfo, row: Row, typical: Typical | None) -> bool:
    value, usual = _number(row.get(info.name)), typical.value if typical else float("nan")
    return bool(info.direction * (value - usual) > 0 and apart(value, usual, info.unit))


def _is_telling(info: FeatureInfo, row: Row, typical: Typical | None) -> bool:
    """Whether a figure that is neither better nor worse says anything: not where it is what it is for everybody."""
    value = _number(row.get(info.name))
    return is_given(info) or typical is None or value != value or apart(value, typical.value, info.unit)


def _is_none(info: FeatureInfo, typical: Typical) -> bool:
    """Whether nothing is usual of what can be good or bad (no late invoice, no change), which goes without saying."""
    return info.direction != 0 and typical.value == 0


def _says_no_why(info: FeatureInfo) -> bool:
    """Whether the figure alone does not tell why it is held against an account: only the past of others does."""
    return info.dimension != CALENDAR and (info.direction == 0 or stands_back(info))


def _is_today(info: FeatureInfo, row: Row) -> bool:
    """Whether the term ends today, which nobody calls "in 0 days"."""
    return info.measure == "days_to_renewal" and _number(row.get(info.name)) == 0


def _is_rank(info: FeatureInfo) -> bool:
    """Whether the figure itself is a place among peers."""
    return info.measure.endswith("_peers")


def _number(value: object) -> float:
    """The value as a number, NaN where it is none."""
    return float(value) if isinstance(value, int | float | np.number) else float("nan")

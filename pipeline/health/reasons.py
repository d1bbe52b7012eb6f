"""Why an account is where it is, in plain words with numbers.

A reason is a group of correlated features that together cost points; it is told by the feature of the group that
costs most and that has both words and a value. A missing value is never a reason: nobody could check it. What a model
holds against an account although the figure looks good is told only where there is nothing else to tell.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.features.info import FeatureInfo
from pipeline.figures import figure
from pipeline.health.scorecard import before_of

LEAST_POINTS = 0.5
"""A group that costs less than this many points of the score is no reason."""

_NOUNS = (
    *("contact", "day", "event", "feature", "invoice", "login", "milestone", "payment", "question", "seat"),
    *("survey", "ticket", "time", "user", "week"),
)
_ONE = {"people": "person", "replies": "reply"} | {f"{noun}s": noun for noun in _NOUNS}
_ONE_OF = re.compile(rf"(?<![\d.,])1 ((?:[a-z]+ )?)({'|'.join(_ONE)})\b")
_SHORT = re.compile(r"\b(nps|csat|ces)\b")
CALENDAR = "timing"
"""The dimension of renewal dates and tenure, which nobody at the customer did anything about."""

_PEERS = ", usual here {peers}"
_FIELD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Teller:
    """Puts features into words: their templates, what is usual here, and the company's currency."""

    catalog: Mapping[str, FeatureInfo]
    usual: Mapping[str, float]
    currency: str = ""

    def tell(self, name: str, row: Mapping[str, object]) -> str | None:
        """The words for one feature of one account; None where there is nothing a person could check."""
        info = self.catalog[name]
        if info.reason is None:
            return None
        known = self._known(info, row)
        return fill(self._template(info, row), known) if "value" in known else None

    def is_plain(self, name: str, row: Mapping[str, object]) -> bool:
        """Whether the figure itself looks bad: worse than before or than usual, or with no better or worse to it."""
        info = self.catalog[name]
        return info.direction == 0 or _is_news(info, row) or self._worse_than_usual(info, row)

    def _known(self, info: FeatureInfo, row: Mapping[str, object]) -> dict[str, str]:
        """The texts that may stand in the template."""
        before = row.get(before_of(info, row) or "") if _is_news(info, row) else None
        texts = {
            "value": figure(row.get(info.name), info.unit, self.currency),
            "before": figure(before, info.unit, self.currency),
            "weeks": str(info.weeks) if info.weeks else None,
            "peers": figure(self.usual.get(info.name), info.unit, self.currency),
        }
        return {key: text for key, text in texts.items() if text is not None}

    def _template(self, info: FeatureInfo, row: Mapping[str, object]) -> str:
        """The feature's own words, with what is usual here where that makes the figure speak."""
        template = info.reason or ""
        tells_change = "{before}" in template and _is_news(info, row)
        if "{peers}" in template or tells_change or not self._worse_than_usual(info, row):
            return template
        return template + _PEERS

    def is_given(self, name: str) -> bool:
        """Whether a feature is of the calendar or an attribute of the account, and no behaviour."""
        info = self.catalog[name]
        return info.dimension == CALENDAR or info.source == "accounts"

    def _worse_than_usual(self, info: FeatureInfo, row: Mapping[str, object]) -> bool:
        value, usual = _number(row.get(info.name)), self.usual.get(info.name, np.nan)
        return bool(info.direction * (value - usual) > 0)


def fill(template: str, known: Mapping[str, str]) -> str | None:
    """The template with its fields filled; a clause whose field is not known is left out.

    Clauses are parted by commas or brackets. Returns None when the whole text would be left out.
    """
    clauses = re.findall(r"\s*\([^)]*\)|,?[^,(]*[^,(\s]", template)
    kept = [clause for clause in clauses if all(name in known for name in _FIELD.findall(clause))]
    text = _FIELD.sub(lambda match: known[match[1]], "".join(kept))
    text = _ONE_OF.sub(lambda match: f"1 {match[1]}{_ONE[match[2]]}", text)
    text = _SHORT.sub(lambda match: match[1].upper(), text)
    return text.strip().lstrip(",").strip() or None


def explain(
    points: pd.DataFrame,
    features: pd.DataFrame,
    catalog: Sequence[FeatureInfo],
    *,
    currency: str = "",
    count: int = 3,
    usual: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """The reasons of each account, worst first.

    ``points`` holds the points of the score that each feature gives (negative costs), ``features`` their values; both
    have one row an account in the same order. Returns, indexed like ``points``, ``reason_1..count`` (text, empty where
    there is none), ``main_dimension`` and ``main_measure`` (of the first reason, empty without one). ``usual``: what
    is usual of each feature here; the median of the accounts at hand if None.
    """
    told = [info for info in catalog if info.name in features.columns]
    teller = Teller({info.name: info for info in catalog}, _usual(features) if usual is None else usual, currency)
    groups = _groups(told)
    names = [info.name for info in told]
    values = points.reindex(columns=names, fill_value=0.0).to_numpy(dtype=float, na_value=0.0)
    rows = [{str(name): value for name, value in row.items()} for row in features.to_dict("records")]
    lines = [_reasons_of(values[at], rows[at], names, groups, teller, count) for at in range(len(points))]
    columns = [f"reason_{at}" for at in range(1, count + 1)] + ["main_dimension", "main_measure"]
    return pd.DataFrame(lines, index=points.index, columns=columns, dtype="string").fillna("")


def beside(words: pd.DataFrame, context: pd.DataFrame) -> pd.DataFrame:
    """``words`` of ``explain`` with the reasons left empty told by ``context``, each marked as "also".

    A simple rule looks at one figure; whoever calls the customer wants to know what else there is. The context is no
    part of the score.
    """
    columns = [name for name in words.columns if name.startswith("reason_")]
    pairs = zip(words[columns].values.tolist(), context[columns].values.tolist(), strict=True)
    filled = [_filled_up(said, also) for said, also in pairs]
    return words.assign(**pd.DataFrame(filled, index=words.index, columns=columns, dtype="string"))


def _filled_up(said: Sequence[str], also: Sequence[str]) -> list[str]:
    told = [text for text in said if text]
    told += [f"also: {text}" for text in also if text and text not in told]
    return (told + [""] * len(said))[: len(said)]


def _reasons_of(
    points: np.ndarray,
    row: Mapping[str, object],
    names: Sequence[str],
    groups: Mapping[str, np.ndarray],
    teller: Teller,
    count: int,
) -> list[str]:
    """One account's line of ``explain``."""
    cost = sorted((float(points[members].sum()), name) for name, members in groups.items())
    worth = [name for total, name in cost if total <= -LEAST_POINTS]
    told = (_first_told(points, row, names, groups[group], teller) for group in worth)
    lines = [line for line in told if line]
    plain = [line for line in lines if teller.is_plain(line[1], row)]
    found = _told_apart(plain or lines, count, teller)
    texts = [text for text, _ in found] + [""] * (count - len(found))
    main = teller.catalog[found[0][1]] if found else None
    return [*texts, main.dimension if main else "", main.measure if main else ""]


def _told_apart(lines: Sequence[tuple[str, str]], count: int, teller: Teller) -> list[tuple[str, str]]:
    """What the customer did before what it is and when its term ends, which nobody there did anything about.

    Where the calendar or an attribute costs most of all, it still stands last: a reader must see what moved the score.
    """
    given = [line for line in lines if teller.is_given(line[1])]
    behaved = [line for line in lines if not teller.is_given(line[1])]
    if lines and lines[0] in given:
        return [*behaved[: count - 1], *given[:1]] if behaved else given[:count]
    return _varied(behaved, count, teller) if len(behaved) >= count else [*behaved, *given][:count]


def _varied(lines: Sequence[tuple[str, str]], count: int, teller: Teller) -> list[tuple[str, str]]:
    """The first ``count``, of which the last is of another dimension than the rest, where there is such a one."""
    first = list(lines[: count - 1])
    said = {teller.catalog[name].dimension for _, name in first}
    rest = lines[count - 1 :]
    other = [line for line in rest if teller.catalog[line[1]].dimension not in said]
    return [*first, *(other or rest)[:1]]


def _first_told(
    points: np.ndarray, row: Mapping[str, object], names: Sequence[str], members: np.ndarray, teller: Teller
) -> tuple[str, str] | None:
    """The words and the name of the costliest feature of a group that has words; they are correlated, and one speaks
    for all."""
    for at in members[np.argsort(points[members], kind="stable")]:
        if text := teller.tell(names[at], row):
            return text, names[at]
    return None


def _groups(infos: Sequence[FeatureInfo]) -> dict[str, np.ndarray]:
    """The positions of each group's features."""
    found: dict[str, list[int]] = {}
    for at, info in enumerate(infos):
        found.setdefault(info.group or info.measure, []).append(at)
    return {name: np.array(members) for name, members in found.items()}


def _usual(features: pd.DataFrame) -> dict[str, float]:
    """The median of each numeric feature over the accounts at hand."""
    medians = features.select_dtypes("number").median()
    return {str(name): float(value) for name, value in medians.items()}


def _is_news(info: FeatureInfo, row: Mapping[str, object]) -> bool:
    """Whether the value before makes the value look bad: a change for the better is no reason for worry."""
    value, before = _number(row.get(info.name)), _number(row.get(before_of(info, row) or ""))
    if info.direction == 0:
        return bool(abs(value - before) > 0)
    return bool(info.direction * (value - before) > 0)


def _number(value: object) -> float:
    """The value as a number, NaN where it is none."""
    return float(value) if isinstance(value, int | float | np.number) else float("nan")

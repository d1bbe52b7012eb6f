"""Why an account is where it is, in plain words with numbers.

A reason is a group of correlated features that together cost points. One of them speaks for all: that which is
clearest to a reader (``teller.Clarity``), and of those the costliest. A missing value is never a reason: nobody could
check it. What a model holds against an account although the figure looks good is told only where there is nothing else
to tell. How a feature is put into words stands in ``teller``.

What the customer did comes before what it is, what it agreed to and when its term ends, which nobody there did anything
about. Where one of these costs most of all the words say so; and where the calendar costs more than all else together
it comes first, for then the account is where it is because its term ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.features.info import FeatureInfo
from pipeline.health.groups import CALENDAR, declared, members_of, stands_back
from pipeline.health.peers import Peers, Typical
from pipeline.health.teller import Clarity, Row, Teller
from pipeline.health.worded import worded
from pipeline.texts import say

LEAST_POINTS = 0.5
"""A group that costs less than this many points of the score is no reason."""


def explain(
    points: pd.DataFrame,
    features: pd.DataFrame,
    catalog: Sequence[FeatureInfo],
    *,
    currency: str = "",
    count: int = 3,
    peers: Peers | None = None,
    groups: Mapping[str, str] | None = None,
    weighed: bool = True,
) -> pd.DataFrame:
    """The reasons of each account, worst first.

    ``points`` holds the points of the score that each feature gives (negative costs), ``features`` their values; both
    have one row an account in the same order. Returns, indexed like ``points``, ``reason_1..count`` (text, empty where
    there is none), ``main_dimension`` and ``main_measure`` (of the first reason, empty without one). ``peers``: what
    is typical of accounts like each; of all accounts at hand, which must be of one cutoff, if None. ``groups``: the
    group of each feature (``health.groups``), as declared if None. ``weighed``: whether to say what costs most where it
    does not come first by itself.
    """
    catalog = worded(catalog)
    told = [info for info in catalog if info.name in features.columns]
    names = [info.name for info in told]
    teller = Teller({info.name: info for info in catalog}, currency)
    peers = peers or Peers.of(features)
    members = members_of(names, groups or declared(told))
    values = points.reindex(columns=names, fill_value=0.0).to_numpy(dtype=float, na_value=0.0)
    rows = [{str(name): value for name, value in row.items()} for row in features.to_dict("records")]
    accounts = (_Account(values[at], rows[at], peers.like(at), names, teller) for at in range(len(points)))
    lines = [_reasons_of(account, members, count, weighed) for account in accounts]
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
    told += [say("reasons.also", reason=text) for text in also if text and not any(text in each for each in told)]
    return (told + [""] * len(said))[: len(said)]


@dataclass(frozen=True)
class _Line:
    """The words for one group: those of the feature that speaks for it, and what the group costs, in points."""

    text: str
    speaker: FeatureInfo
    cost: float
    plain: bool
    """Whether the figure itself looks bad."""

    @property
    def behind(self) -> bool:
        """Whether it is told after what the customer did."""
        return stands_back(self.speaker)


@dataclass(frozen=True)
class _Account:
    """One account: the points and the value of each feature, what is typical of its peers, and who tells of it."""

    points: np.ndarray
    row: Row
    typical: Mapping[str, Typical]
    names: Sequence[str]
    teller: Teller

    def line(self, members: np.ndarray, cost: float) -> _Line | None:
        """The words for a group by the feature that speaks for it; None where none has words."""
        costly = members[np.argsort(self.points[members], kind="stable")]
        for at in sorted(costly, key=self._clarity):
            name = self.names[at]
            if text := self.teller.tell(name, self.row, self.typical):
                plain = self.teller.clarity(name, self.row, self.typical) < Clarity.LOOKS_GOOD
                return _Line(text, self.teller.catalog[name], cost, plain)
        return None

    def _clarity(self, at: int) -> Clarity:
        """What is to an account's credit explains no cost, whatever it looks like."""
        in_its_favour = self.points[at] > 0
        return Clarity.LOOKS_GOOD if in_its_favour else self.teller.clarity(self.names[at], self.row, self.typical)


def _reasons_of(account: _Account, groups: Mapping[str, np.ndarray], count: int, weighed: bool) -> list[str]:
    """One account's line of ``explain``."""
    cost = {name: -float(account.points[members].sum()) for name, members in groups.items()}
    order = sorted((name for name in groups if cost[name] >= LEAST_POINTS), key=lambda name: (-cost[name], name))
    lines = [line for name in order if (line := account.line(groups[name], cost[name]))]
    lines = [line for line in lines if line.plain] or lines
    costs = [each for each in cost.values() if each > 0]
    found = _told_apart(lines, count, costs) if lines else []
    texts = [_weighed(line, found, costs) if weighed else line.text for line in found] + [""] * (count - len(found))
    main = found[0].speaker if found else None
    return [*texts, main.dimension if main else "", main.measure if main else ""]


def _told_apart(lines: Sequence[_Line], count: int, costs: Sequence[float]) -> list[_Line]:
    """What the customer did before what it is, what it agreed to and when its term ends: see above.

    ``lines``: the costliest first; ``costs``: of all groups. What stands back comes only where there is room, but for
    the costliest of all: a reader must see what moved the score.
    """
    first, rest = lines[0], lines[1:]
    if first.speaker.dimension == CALENDAR and first.cost > sum(costs) / 2:
        return [first, *(_told_apart(rest, count - 1, costs) if rest and count > 1 else [])]
    behaved, behind = [line for line in lines if not line.behind], [line for line in lines if line.behind]
    if len(behaved) < count:
        return [*behaved, *behind][:count]
    return [*behaved[: count - 1], first] if first.behind and first.cost >= max(costs) else _varied(behaved, count)


def _varied(lines: Sequence[_Line], count: int) -> list[_Line]:
    """The first ``count``, of which the last is of another dimension than the rest, where there is such a one."""
    first = list(lines[: count - 1])
    said = {line.speaker.dimension for line in first}
    rest = lines[count - 1 :]
    other = [line for line in rest if line.speaker.dimension not in said]
    return [*first, *(other or rest)[:1]]


def _weighed(line: _Line, found: Sequence[_Line], costs: Sequence[float]) -> str:
    """The words of a line; where it stands back and costs most of all, they say so."""
    if not line.behind or line.cost < max(costs) or len(found) < 2:
        return line.text
    return say("reasons.more_than_all" if line.cost > sum(costs) / 2 else "reasons.most", reason=line.text)

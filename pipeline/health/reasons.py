"""Why an account is where it is, in plain words with numbers.

A reason is a group of correlated features that together cost points. One of them speaks for all: that which is
clearest to a reader (``teller.Clarity``), and of those the costliest. A missing value is never a reason: nobody could
check it. What a model holds against an account although the figure looks good is told only where there is nothing else
to tell. How a feature is put into words stands in ``teller``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.features.info import FeatureInfo
from pipeline.health.groups import CALENDAR, declared, is_given, members_of
from pipeline.health.peers import Peers, Typical
from pipeline.health.teller import Clarity, Row, Teller

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
) -> pd.DataFrame:
    """The reasons of each account, worst first.

    ``points`` holds the points of the score that each feature gives (negative costs), ``features`` their values; both
    have one row an account in the same order. Returns, indexed like ``points``, ``reason_1..count`` (text, empty where
    there is none), ``main_dimension`` and ``main_measure`` (of the first reason, empty without one). ``peers``: what
    is typical of accounts like each; of all accounts at hand, which must be of one cutoff, if None. ``groups``: the
    group of each feature (``health.groups``), as declared if None.
    """
    told = [info for info in catalog if info.name in features.columns]
    names = [info.name for info in told]
    teller = Teller({info.name: info for info in catalog}, currency)
    peers = peers or Peers.of(features)
    members = members_of(names, groups or declared(told))
    values = points.reindex(columns=names, fill_value=0.0).to_numpy(dtype=float, na_value=0.0)
    rows = [{str(name): value for name, value in row.items()} for row in features.to_dict("records")]
    accounts = (_Account(values[at], rows[at], peers.like(at), names, teller) for at in range(len(points)))
    lines = [_reasons_of(account, members, count) for account in accounts]
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


@dataclass(frozen=True)
class _Account:
    """One account: the points and the value of each feature, what is typical of its peers, and who tells of it."""

    points: np.ndarray
    row: Row
    typical: Mapping[str, Typical]
    names: Sequence[str]
    teller: Teller

    def line(self, members: np.ndarray) -> tuple[str, str] | None:
        """The words and the name of the feature that speaks for a group; None where none has words."""
        costly = members[np.argsort(self.points[members], kind="stable")]
        for at in sorted(costly, key=self._clarity):
            if text := self.teller.tell(self.names[at], self.row, self.typical):
                return text, self.names[at]
        return None

    def is_plain(self, line: tuple[str, str]) -> bool:
        """Whether the figure of a line itself looks bad."""
        return self.teller.clarity(line[1], self.row, self.typical) < Clarity.LOOKS_GOOD

    def _clarity(self, at: int) -> Clarity:
        """What is to an account's credit explains no cost, whatever it looks like."""
        in_its_favour = self.points[at] > 0
        return Clarity.LOOKS_GOOD if in_its_favour else self.teller.clarity(self.names[at], self.row, self.typical)


def _reasons_of(account: _Account, groups: Mapping[str, np.ndarray], count: int) -> list[str]:
    """One account's line of ``explain``."""
    teller = account.teller
    cost = sorted((float(account.points[members].sum()), name) for name, members in groups.items())
    told = (account.line(groups[name]) for total, name in cost if total <= -LEAST_POINTS)
    lines = [line for line in told if line]
    plain = [line for line in lines if account.is_plain(line)]
    found = _told_apart(plain or lines, count, teller)
    texts = [text for text, _ in found] + [""] * (count - len(found))
    main = teller.catalog[found[0][1]] if found else None
    return [*texts, main.dimension if main else "", main.measure if main else ""]


def _told_apart(lines: Sequence[tuple[str, str]], count: int, teller: Teller) -> list[tuple[str, str]]:
    """What the customer did before what it is and when its term ends, which nobody there did anything about.

    Where an attribute costs most of all, it still stands last: a reader must see what moved the score. The calendar
    comes only where there is room, since the day of renewal stands beside the reasons on every list.
    """
    given = [line for line in lines if is_given(teller.catalog[line[1]])]
    behaved = [line for line in lines if line not in given]
    if len(behaved) < count:
        return [*behaved, *given][:count]
    if lines[0] in given and teller.catalog[lines[0][1]].dimension != CALENDAR:
        return [*behaved[: count - 1], lines[0]]
    return _varied(behaved, count, teller)


def _varied(lines: Sequence[tuple[str, str]], count: int, teller: Teller) -> list[tuple[str, str]]:
    """The first ``count``, of which the last is of another dimension than the rest, where there is such a one."""
    first = list(lines[: count - 1])
    said = {teller.catalog[name].dimension for _, name in first}
    rest = lines[count - 1 :]
    other = [line for line in rest if teller.catalog[line[1]].dimension not in said]
    return [*first, *(other or rest)[:1]]

"""A tip for each feature of the plan that an account does not use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from pipeline.features.info import slug
from pipeline.texts import say, word

WEEKS = 13
"""A feature counts as unused when nobody used it for this long."""

MOST = 3
"""Tips for one account: more is a tour, and nobody takes it."""


def tips(
    features: pd.DataFrame, plans: pd.Series, offered: Mapping[str, Sequence[str]], told: Mapping[str, str]
) -> pd.Series:
    """For each account the tips for features its plan offers and nobody there uses, a line each; empty without any.

    ``features`` and ``plans`` are indexed by account_id. ``offered``: the features of each plan, the most useful
    first. ``told``: the company's words for a feature; without them the tip only names it. A feature that is not
    counted one by one gives no tip, since nobody can say that it is unused.
    """
    lines: dict[object, list[str]] = {account: [] for account in features.index}
    for plan, names in offered.items():
        on_plan = features.loc[plans.reindex(features.index).eq(plan).fillna(False)]
        for name in names:
            for account in _unused(on_plan, name):
                lines[account].append(_line(name, told))
    return pd.Series(["\n".join(each[:MOST]) for each in lines.values()], index=features.index, dtype="string")


def _unused(accounts: pd.DataFrame, name: str) -> pd.Index:
    column = f"event_{slug(name)}_{WEEKS}w"
    return accounts.index[accounts[column] == 0] if column in accounts.columns else accounts.index[:0]


def _line(name: str, told: Mapping[str, str]) -> str:
    feature = word(f"reasons.names.{name}", name.replace("_", " "))
    return say("tips.line", feature=feature, told=told.get(name) or say("tips.unused"))

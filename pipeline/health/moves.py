"""Why a score moved between two weeks: points by feature, and whether the customer, the model or the settings moved it.

A score is 60 plus the points of the model's base and of each feature. Between two weeks stand scores that were never
published: this week's model on last week's figures, say. Each step from one to the next has one cause, so that

    score now - score then = sum over causes and features of (points after the step - points before it)

which is exact by construction. Where the model and the configuration changed in the same week they cannot be told
apart without the old model, and the step is the model's: a new model is what a changed configuration asks for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from pandas import CategoricalDtype

from pipeline.figures import decimal
from pipeline.health.groups import CALENDAR
from pipeline.texts import say, word

CUSTOMER, MODEL, CONFIGURATION = "customer", "model", "configuration"
CAUSES = (CUSTOMER, MODEL, CONFIGURATION)
BASE = "points_base"
"""The column of a frame of points that holds the points of the model's base."""

COLUMNS = ("account_id", "what", "dimension", "feature", "points")
"""A move: the account, what caused it, the dimension and feature whose points changed, and by how many."""

NONE_OF_THEM = ""
"""The dimension of the base, which belongs to no behaviour."""


def moves(then: pd.DataFrame, steps: Sequence[tuple[str, pd.DataFrame]], dimension: Mapping[str, str]) -> pd.DataFrame:
    """The moves of every account that is in all frames, sorted; those of no points are left out.

    ``then`` and the frame of each step hold points by feature and ``BASE``, indexed by account_id: ``then`` as it was
    published, the last as it is published now. A feature that a frame does not have has no points in it.
    """
    accounts = then.index
    for _, frame in steps:
        accounts = accounts.intersection(frame.index)
    words = _Words.of([then, *(frame for _, frame in steps)], dimension)
    found, before = [], then.loc[accounts]
    for what, frame in steps:
        after = frame.loc[accounts]
        found += words.rows(after.sub(before, fill_value=0.0), what)
        before = after
    table = pd.concat(found, ignore_index=True) if found else words.none()
    return table.sort_values(list(COLUMNS[:4]), kind="stable", ignore_index=True)


@dataclass(frozen=True)
class _Words:
    """The few words that millions of rows repeat, kept once: causes, dimensions and features."""

    what: CategoricalDtype
    dimension: CategoricalDtype
    feature: CategoricalDtype
    of_feature: Mapping[str, str]

    @classmethod
    def of(cls, frames: Sequence[pd.DataFrame], dimension: Mapping[str, str]) -> _Words:
        features = sorted({str(name) for frame in frames for name in frame.columns})
        dimensions = sorted({NONE_OF_THEM, *dimension.values()})
        return cls(
            CategoricalDtype(sorted(CAUSES)), CategoricalDtype(dimensions), CategoricalDtype(features), dimension
        )

    def rows(self, difference: pd.DataFrame, what: str) -> list[pd.DataFrame]:
        """A frame of differences as rows, those of 0 left out; column by column, since most of it is 0."""
        found = []
        for name in difference.columns:
            points = difference[name].fillna(0.0)
            points = points[points != 0.0]
            if len(points):
                told = (what, self.of_feature.get(str(name), NONE_OF_THEM), str(name))
                found.append(self._table(points, told))
        return found

    def none(self) -> pd.DataFrame:
        """A table of moves without any."""
        return self._table(pd.Series(dtype=float), (CUSTOMER, NONE_OF_THEM, BASE)).head(0)

    def _table(self, points: pd.Series, told: tuple[str, str, str]) -> pd.DataFrame:
        kinds = (self.what, self.dimension, self.feature)
        words = [pd.Categorical([word], dtype=kind).repeat(len(points)) for word, kind in zip(told, kinds, strict=True)]
        columns = [points.index.to_numpy(), *words, points.to_numpy()]
        return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))


def cause_sums(table: pd.DataFrame, accounts: pd.Index, there: pd.Index) -> pd.DataFrame:
    """``moved_<cause>`` of each account: 0 where a cause moved nothing.

    ``there``: the accounts that were scored then; for all others it is missing.
    """
    sums = table.groupby(["account_id", "what"], observed=True)["points"].sum().unstack("what")
    sums = sums.reindex(columns=list(CAUSES)).reindex(accounts).astype(float).fillna(0.0)
    sums.loc[~accounts.isin(there)] = float("nan")
    return sums.add_prefix("moved_")


def calendar_sums(table: pd.DataFrame, accounts: pd.Index, there: pd.Index) -> pd.Series:
    """``moved_calendar`` of each account: of what the customer moved, what the contract's calendar did by itself.

    A renewal that comes nearer or lies behind, and tenure: nobody calls a customer for that. ``there`` as above.
    """
    own = table[(table["what"] == CUSTOMER) & (table["dimension"] == CALENDAR)]
    sums = own.groupby("account_id", observed=True)["points"].sum().reindex(accounts).astype(float).fillna(0.0)
    return sums.where(accounts.isin(there)).rename("moved_calendar")


def told(table: pd.DataFrame, accounts: pd.Index) -> pd.Series:
    """The moves of each account by cause and dimension as a JSON list, the largest first; empty without any."""
    sums = table.groupby(["account_id", "what", "dimension"], sort=True, observed=True)["points"].sum().reset_index()
    sums = sums[sums["points"] != 0]
    order = sums.assign(size=-sums["points"].abs()).sort_values(["account_id", "size"], kind="stable")
    pieces = [json.dumps(piece) for piece in order[["what", "dimension", "points"]].to_dict("records")]
    joined = order.assign(piece=pieces).groupby("account_id")["piece"].agg(", ".join)
    return ("[" + joined.reindex(accounts).astype("string") + "]").fillna("")


def drivers(table: pd.DataFrame, accounts: pd.Index, count: int = 3) -> pd.DataFrame:
    """``driver_1..count``: what moved each account most beside the model, in words: ``logins (4 weeks) -3.1``."""
    own = table[(table["what"] != MODEL) & (table["feature"] != BASE)]
    order = own.assign(size=-own["points"].abs()).sort_values(["account_id", "size"], kind="stable")
    order = order[order["size"] <= -LEAST].groupby("account_id").head(count)
    places = order.groupby("account_id").cumcount() + 1
    words = [_words(row) for row in order.to_dict("records")]
    wide = order.assign(place=places, words=words).pivot(index="account_id", columns="place", values="words")
    wide = wide.reindex(index=accounts, columns=range(1, count + 1)).astype("string").fillna("")
    return wide.set_axis([f"driver_{at}" for at in range(1, count + 1)], axis=1)


LEAST = 0.05
"""Points below which a move is not worth a word."""

_ITEM = re.compile(r"^(?:event|attr|level)_")
_WINDOW = re.compile(r"_(\d+)w(?=$|_)")


def _words(row: Mapping[Hashable, object]) -> str:
    points = float(str(row["points"]))
    told = f"{'+' if points > 0 else MINUS}{decimal(abs(points), 1)}"
    name, span = called(str(row["feature"]))
    return (
        say(f"reasons.{span[0]}", name=name, points=told, weeks=span[1])
        if span
        else say("reasons.driver", name=name, points=told)
    )


def called(feature: str) -> tuple[str, tuple[str, str] | None]:
    """What people call a feature, and the window that it looks at: the text that tells it, and its length in words.

    The word for a whole column comes first, then that for its measure. Events and attributes are called as the company
    calls them.
    """
    if whole := word(f"reasons.names.{feature}", ""):
        return whole, None
    window = _WINDOW.search(feature)
    measure = _WINDOW.sub("", feature).removesuffix("_before")
    item = _ITEM.sub("", measure)
    name = word(f"reasons.names.{measure}", "") or word(f"reasons.names.{item}", item.replace("_", " "))
    if window is None:
        return name, None
    length = say("figures.week") if window[1] == "1" else say("figures.weeks", count=window[1])
    return name, ("driver_before" if "_before_" in feature else "driver_weeks", length)


MINUS = "\N{MINUS SIGN}"

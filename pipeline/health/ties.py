"""What ties a customer to us, each tie with its strength and the figures that show it.

The kinds of ties are those of the literature on customer retention: a contract, money, technology, the situation and
emotion (Meyer and Oevermann 1995, "Kundenbindung"; Homburg and Bruhn, "Handbuch Kundenbindungsmanagement"). A strength
runs from 0 (none) to 1 and is missing where nothing is known; what is not known ties nobody and unties nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from pipeline.features.info import slug
from pipeline.figures import figure
from pipeline.texts import say

YEAR = 365.25
_MONTH = YEAR / 12
_FULL_DISCOUNT = 40.0
"""Per cent of discount, or of a price below that of others, that nobody would give up."""
_PEERS = 5
"""Accounts on a plan from which on there is a usual price."""
_SHALLOW, _DEEP = 0.35, 0.85
"""Mean depth of use at which the product is hardly built into their work, and at which it is all through it."""
_INERT = 0.4
"""Depth below which staying is a habit and not a need."""
_HABIT = 3 * YEAR
_INTEGRATION = 0.25

Told = Sequence[str | None]


@dataclass(frozen=True)
class Tie:
    """One kind of tie for every account: strength, the figures in words, and how far it holds by itself (0 to 1)."""

    kind: str
    holds: float
    strength: pd.Series
    told: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """What is known of the accounts this week, indexed by account_id.

    ``features``: this week's; ``terms``: plan, mrr (minor units a month), seats, term_end, term_months, notice_days.
    ``offered``: the features of each plan; ``integrations``: events by which a customer's own tools use the product.
    """

    features: pd.DataFrame
    terms: pd.DataFrame
    as_of: date
    offered: Mapping[str, Sequence[str]] = field(default_factory=dict)
    integrations: Sequence[str] = ()
    currency: str = ""
    digits: int = 2

    def __call__(self, name: str) -> pd.Series:
        """A figure by name, of the contract first; all missing where there is none."""
        for frame in (self.terms, self.features):
            if name in frame.columns and pd.api.types.is_numeric_dtype(frame[name]):
                return frame[name].astype("Float64").astype("float64").reindex(self.features.index)
        return pd.Series(np.nan, self.features.index)

    def told(self, name: str, values: pd.Series, unit: str = "") -> Told:
        """The text of this name (``ties``) with each value in words; None where it is missing."""
        places, different = pd.factorize(values.to_numpy())
        texts = (figure(value, unit, self.currency) for value in different)
        words = [None if text is None else say(f"ties.{name}", value=text) for text in texts]
        # what is missing has the place -1
        return [*map([*words, None].__getitem__, places)]

    def days_left(self) -> pd.Series:
        """Days to the end of the running term."""
        if "term_end" not in self.terms:
            return self("days_to_renewal")
        ends = pd.to_datetime(self.terms["term_end"].reindex(self.features.index))
        return (ends.dt.normalize() - pd.Timestamp(self.as_of)).dt.days.astype("float64")


def where(holds: pd.Series, name: str) -> Told:
    """The text of this name for those of whom it holds; None for others."""
    text = say(f"ties.{name}")
    return [text if each else None for each in holds]


def joined(*parts: Told) -> tuple[str, ...]:
    """Several things told of each account, by commas; what is not known is left out."""
    return tuple(", ".join(part for part in row if part) for row in zip(*parts, strict=True))


def contractual(facts: Facts) -> Tie:
    """How long the contract runs before they can be gone: a year binds fully.

    Where it renews by itself and the day to give notice has passed, the next term counts too.
    """
    left, notice, months = facts.days_left(), facts("notice_days"), facts("term_months")
    renews = facts("auto_renew") == 1
    passed = renews & (left - notice.fillna(0.0) < 0)
    bound = left + (months * _MONTH).where(passed, 0.0).fillna(0.0)
    told = joined(
        facts.told("term", months.where(months > 1)),
        where(months <= 1, "monthly"),
        facts.told("left", left.clip(lower=0), "days"),
        facts.told("notice", notice.where(notice > 0), "days"),
        where(passed, "notice_passed"),
        where(renews, "renews"),
    )
    return Tie("contractual", 0.8, (bound / YEAR).clip(0, 1), told)


def economic(facts: Facts) -> Tie:
    """What they would lose in money: a discount, or a price a seat below what others on their plan pay."""
    discount, price = facts("discount"), facts("mrr") / facts("seats").where(facts("seats") > 0)
    usual = _usual_on_plan(price, facts)
    below = (1 - price / usual).clip(lower=0)
    cheaper = below >= 0.05
    cents = 10.0**facts.digits
    told = joined(
        facts.told("discount", discount.where(discount > 0), "percent"),
        facts.told("price", (price / cents).where(cheaper), "money"),
        facts.told("usual_price", (usual / cents).where(cheaper), "money"),
    )
    strength = pd.concat([discount / _FULL_DISCOUNT, below.where(cheaper, below * 0) * 100 / _FULL_DISCOUNT], axis=1)
    return Tie("economic", 0.4, strength.max(axis=1).clip(0, 1), told)


def technical(facts: Facts) -> Tie:
    """How far the product is built into their work: seats, key features, features of the plan, own tools."""
    depth, told = depth_of_use(facts)
    tools = _integrations(facts)
    base = ((depth - _SHALLOW) / (_DEEP - _SHALLOW)).clip(0, 1)
    strength = base.add(_INTEGRATION * (tools > 0), fill_value=0).where(depth.notna() | (tools > 0)).clip(0, 1)
    uses = facts.told("tools", tools.where(tools > 0))
    return Tie("technical", 0.8, strength, joined(told, uses))


def situational(facts: Facts) -> Tie:
    """Convenience and habit: customers for a year or more who stay although they use little of it."""
    tenure, (depth, deep) = facts("tenure_days"), depth_of_use(facts)
    inert = (tenure >= YEAR) & (depth < _INERT)
    strength = (tenure / _HABIT).clip(0, 1).where(inert, 0.0).where(tenure.notna() & depth.notna())
    told = joined(facts.told("customer", tenure, "days"), deep)
    return Tie("situational", 0.4, strength, told)


def depth_of_use(facts: Facts) -> tuple[pd.Series, tuple[str, ...]]:
    """The mean of what is known of depth, 0 to 1, and its figures in words."""
    seats = facts("seat_utilisation_4w")
    keys, peers = facts("key_features_share_4w"), facts("features_used_4w_peers")
    offered = _features_offered(facts)
    used = offered - facts("plan_features_unused_13w")
    parts = pd.concat([seats.clip(0, 1), keys, (used / offered).clip(0, 1), peers], axis=1)
    told = joined(
        facts.told("seats", seats, "share"),
        facts.told("key_features", keys, "share"),
        _used_of_plan(used, offered),
        facts.told("peers", peers.where(peers > 0), "share"),
    )
    return parts.mean(axis=1), told


def _used_of_plan(used: pd.Series, offered: pd.Series) -> Told:
    pairs = list(zip(used, offered, strict=True))
    words = {pair: (figure(pair[0], ""), figure(pair[1], "")) for pair in set(pairs)}
    told = {pair: say("ties.plan_features", used=a, offered=b) if a and b else None for pair, (a, b) in words.items()}
    return [told[pair] for pair in pairs]


def _features_offered(facts: Facts) -> pd.Series:
    if "plan" not in facts.terms:
        return facts("")
    counts = {plan: float(len(set(names))) for plan, names in facts.offered.items() if names}
    return facts.terms["plan"].astype("object").reindex(facts.features.index).map(counts).astype("float64")


def _integrations(facts: Facts) -> pd.Series:
    columns = [facts(f"event_{slug(name)}_13w") for name in facts.integrations]
    return pd.concat(columns, axis=1).sum(axis=1, min_count=1) if columns else facts("")


def _usual_on_plan(price: pd.Series, facts: Facts) -> pd.Series:
    """The median price a seat of the accounts on the same plan, where there are enough of them."""
    if "plan" not in facts.terms:
        return facts("")
    groups = price.groupby(facts.terms["plan"].astype("object").reindex(price.index))
    return groups.transform("median").where(groups.transform("count") >= _PEERS)

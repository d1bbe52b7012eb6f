"""Why a customer stays and how firmly: the type and stage of loyalty, and satisfaction against loyalty. Inferred.

Satisfied is not loyal (Jones and Sasser 1995, "Why Satisfied Customers Defect", Harvard Business Review 73(6)), so the
two are kept apart: satisfaction comes from answers alone, loyalty from what ties a customer (``pipeline.health.ties``)
alone. A customer who was never asked is as loyal as one who was; only its satisfaction is not known. Nothing of this
is a feature, and no score depends on it.

Stages are Oliver's (1999, "Whence Consumer Loyalty?", Journal of Marketing 63), each resting on the one before:
cognitive (stays for what it gets), affective (likes it), conative (means to stay), action (has stayed, and would go to
some trouble to). Behind the first, data tell something only of customers who answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.usual import freshness
from pipeline.figures import days, figure
from pipeline.health.answers import recent
from pipeline.health.ties import YEAR, Facts, Tie, contractual, economic, joined, situational, technical, where
from pipeline.texts import say

COLUMNS = (
    *("account_id", "loyalty_type", "loyalty_ties", "loyalty_stage", "satisfaction", "loyalty", "quadrant"),
    *("evidence", "inferred"),
)
TYPES = ("contractual", "economic", "technical", "situational", "emotional")
STAGES = ("none", "at least cognitive", "cognitive", "affective", "conative", "action")
QUADRANTS = ("apostle", "loyalist", "hostage", "mercenary", "defector")

SATISFIED = 70.0
"""Satisfaction from here on counts as satisfied: an NPS answer of 7, a mean CSAT of 70 %."""
LOYAL = 50.0
"""Loyalty from here on counts as loyal."""
HELD = 0.25
"""A tie weaker than this holds nobody: a contract that ends within a quarter, a discount below 10 %."""

Strengths = NDArray[np.float64]

_PROMOTER, _DETRACTOR, _BAD_CSAT = 9.0, 6.0, 0.5


@dataclass(frozen=True)
class Satisfaction:
    """What the answers of the last half year say, 0 to 100, missing without one; their words; the NPS among them."""

    value: pd.Series
    told: tuple[str, ...]
    nps: pd.Series


def loyalty(facts: Facts, scores: pd.DataFrame) -> pd.DataFrame:
    """``COLUMNS`` for every account of ``facts``, in their order.

    ``scores``: band and churn_probability, indexed by account_id. ``loyalty_type`` is the strongest tie and
    ``loyalty_ties`` all that hold, strongest first, joined by ``; `` ("none" where none of those looked at holds, empty
    where nothing is known). ``satisfaction`` and ``loyalty`` run from 0 to 100; ``quadrant`` is empty where either is
    missing. ``evidence``: for each claim ``claim: figures in words``, joined by ``; ``.
    """
    asked = satisfaction(facts)
    bonds = (contractual(facts), economic(facts), technical(facts), situational(facts))
    ties = (*bonds, _emotional(asked))  # in the order of TYPES
    firm, why = loyalty_of(bonds, scores.reindex(facts.features.index))
    place = quadrants(asked, firm)
    stage, stage_told = stages(facts, asked, firm)
    strengths = _matrix(ties)
    held = [_held(row) for row in strengths]
    claims = zip(stage_told, asked.told, why, strict=True)
    lines = [_lines(ties, names, at, told) for at, (names, told) in enumerate(zip(held, claims, strict=True))]
    columns = {
        "account_id": facts.features.index.astype("string"),
        "loyalty_type": [_type(row, names) for row, names in zip(strengths, held, strict=True)],
        "loyalty_ties": ["; ".join(names) for names in held], "loyalty_stage": stage,
        "satisfaction": asked.value.to_numpy(), "loyalty": firm.to_numpy(), "quadrant": place,
        "evidence": ["; ".join(each) for each in lines], "inferred": True,
    }  # fmt: skip
    return pd.DataFrame(columns, columns=list(COLUMNS))


def satisfaction(facts: Facts) -> Satisfaction:
    """The last NPS answer (ten times) and the mean CSAT (as a percentage), weighted by how new they are.

    With an answer that is plainly bad (an NPS of 6 or less, a mean CSAT below a half) nobody counts as satisfied.
    """
    nps = recent(facts("nps_last"), facts("nps_age_days"))
    csat = recent(facts("csat_mean_26w"), facts("csat_age_days"))
    weights = [_weight(facts(age), known) for age, known in (("nps_age_days", nps), ("csat_age_days", csat))]
    total = weights[0] + weights[1]
    bad = (nps <= _DETRACTOR) | (csat < _BAD_CSAT)
    summed = (10 * nps).fillna(0) * weights[0] + (100 * csat).fillna(0) * weights[1]
    told = joined(
        facts.told("nps", nps),
        _ago(facts("nps_age_days").where(nps.notna())),
        facts.told("csat", csat, "csat score"),
        _unasked(facts, nps.isna() & csat.isna()),
    )
    value = (summed / total.where(total > 0)).round(6)
    return Satisfaction(value.where(~bad, value.clip(upper=SATISFIED - 1)), told, nps)


def _weight(ages: pd.Series, answers: pd.Series) -> pd.Series:
    return freshness(ages).where(answers.notna(), 0.0)


def loyalty_of(bonds: Sequence[Tie], scores: pd.DataFrame) -> tuple[pd.Series, tuple[str, ...]]:
    """How firmly the ties hold together, 0 to 100, and why; missing where none of them is known.

    Each tie that is known leaves ``1 - holds * strength`` of the freedom to go. Whom the model calls red may go
    whatever ties it has, so it is never called loyal.
    """
    free = pd.concat([1 - tie.holds * tie.strength for tie in bonds], axis=1)
    firm = 100 * (1 - free.prod(axis=1, min_count=1))
    red = (scores["band"] == "red") & scores["churn_probability"].notna()
    firm = firm.where(~red, firm.clip(upper=LOYAL - 1)).round(6)
    chance = [figure(p, "share") if each else None for p, each in zip(scores["churn_probability"], red, strict=True)]
    parts = [_bound(row) for row in _matrix(bonds)]
    told = [say("ties.red", share=each) if each else None for each in chance]
    return firm, joined(parts, told)


def quadrants(asked: Satisfaction, firm: pd.Series) -> list[str]:
    """The corner of satisfaction against loyalty that each account stands in; empty where either is not known.

    Loyalist (of these an apostle, who would recommend us), hostage (loyal, not satisfied), mercenary (satisfied, not
    loyal), defector (neither).
    """
    named = {(True, True): "loyalist", (False, True): "hostage", (True, False): "mercenary", (False, False): "defector"}
    places = []
    for pleased, loyal, nps in zip(asked.value, firm, asked.nps, strict=True):
        known = not (np.isnan(pleased) or np.isnan(loyal))
        place = named[pleased >= SATISFIED, loyal >= LOYAL] if known else ""
        places.append("apostle" if place == "loyalist" and nps >= _PROMOTER else place)
    return places


def stages(facts: Facts, asked: Satisfaction, firm: pd.Series) -> tuple[list[str], tuple[str, ...]]:
    """The stage of each account, empty where it is not known, and the figures that show it."""
    known, loyal, pleased = asked.value.notna(), firm >= LOYAL, asked.value >= SATISFIED
    promotes, grown = pleased & (asked.nps >= _PROMOTER), pleased & (facts("seats_change_13w") > 0)
    acted = (promotes | grown) & loyal & (facts("terms") >= 2) & (facts("tenure_days") >= YEAR)
    found = np.select(
        [acted, promotes | grown, pleased, loyal & known, loyal, known & firm.notna()],
        ["action", "conative", "affective", "cognitive", "at least cognitive", "none"],
        "",
    )
    told = joined(
        facts.told("satisfaction", asked.value.round(0)),
        facts.told("recommends", asked.nps.where(promotes)),
        facts.told("grown", facts("seats_change_13w").where(grown), "change"),
        facts.told("terms", facts("terms").where(acted)),
        facts.told("customer", facts("tenure_days").where(acted), "days"),
        facts.told("loyalty", firm.where(~pleased | acted).round(0)),
        where(~known, "no_further"),
    )
    return [str(each) for each in found], told


def _emotional(asked: Satisfaction) -> Tie:
    """Liking, from answers alone: it starts where satisfaction does."""
    strength = ((asked.value - SATISFIED) / (100 - SATISFIED)).clip(0, 1)
    return Tie("emotional", 0.0, strength, asked.told)


def _matrix(ties: Sequence[Tie]) -> Strengths:
    """The strengths (accounts, ties), NaN where they are not known."""
    return np.column_stack([tie.strength.to_numpy(dtype=np.float64) for tie in ties])


def _held(strengths: Strengths) -> list[str]:
    """The kinds of ties that hold an account, strongest first."""
    return [TYPES[at] for at in np.argsort(-strengths, kind="stable") if strengths[at] >= HELD]


def _type(strengths: Strengths, held: Sequence[str]) -> str:
    if held:
        return held[0]
    return "" if np.isnan(strengths).all() else "none"


def _lines(ties: Sequence[Tie], held: Sequence[str], at: int, told_of: Sequence[str]) -> list[str]:
    """The evidence of one account for each claim; where no tie holds, what was looked at."""
    told = {tie.kind: tie.told[at] for tie in ties}
    looked = ", ".join(tie.told[at] for tie in ties[:3] if tie.told[at])
    kinds = [f"{kind}: {told[kind]}" for kind in held] or ([f"none: {looked}"] if looked else [])
    named = zip(("stage", "satisfaction", "loyalty"), told_of, strict=True)
    claims = [*kinds, *(f"{name}: {text}" for name, text in named if text)]
    # claims are parted by semicolons, so none may stand within one
    return [each.replace("; ", ", ") for each in claims]


def _bound(strengths: Strengths) -> str:
    """How far each tie that is known binds; those that do not bind at all only where none does."""
    known = [(kind, round(100 * each)) for kind, each in zip(TYPES, strengths, strict=False) if not np.isnan(each)]
    shown = [(kind, share) for kind, share in known if share] or known
    told = ", ".join(say("ties.share", tie=say(f"ties.kinds.{kind}"), share=share) for kind, share in shown)
    return say("ties.binds", ties=told) if told else ""


def _ago(ages: pd.Series) -> list[str | None]:
    return [None if np.isnan(age) else say("ties.ago", days=days(age)) for age in ages]


def _unasked(facts: Facts, unknown: pd.Series) -> list[str | None]:
    """Why satisfaction is not known: nobody answered, or not lately."""
    last = pd.concat([facts("nps_age_days"), facts("csat_age_days")], axis=1).min(axis=1)
    return [_no_answer(age) if each else None for age, each in zip(last, unknown, strict=True)]


def _no_answer(age: float) -> str:
    return say("ties.unanswered") if np.isnan(age) else say("ties.old_answer", days=days(age))

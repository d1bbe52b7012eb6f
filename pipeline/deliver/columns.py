"""Every column that a delivered table may have: its type, its unit, and whether it is ever empty.

What each means in words stands under ``schema`` in the catalogue of texts. A column that is not here is not delivered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.lists.at_risk import LISTED_FOR

Type = Literal["string", "integer", "number", "boolean", "date"]
"""A type of the Table Schema standard."""


@dataclass(frozen=True)
class Column:
    """``unit``: a key of ``schema.units`` in the texts; ``filled``: never empty; ``values``: all that it can say."""

    type: Type = "string"
    unit: str = ""
    filled: bool = False
    values: tuple[str, ...] = ()


_TEXT, _DAY, _FLAG = Column(), Column("date"), Column("boolean", filled=True)
_NAME = Column(filled=True)
_BANDS = ("red", "amber", "green")
_POINTS, _MOVED = Column("number", "points", filled=True), Column("number", "points")
_CHANCE, _DAYS, _MONEY = Column("number", "share"), Column("number", "days"), Column("number", "money")

COLUMNS: dict[str, Column] = {
    # who
    **{"account_id": _NAME, "account_name": _NAME, "owner": _NAME, "segment": _TEXT, "contact": _TEXT, "url": _TEXT},
    # how bad
    **{"score": _POINTS, "health": Column("number", "points", filled=True), "points_base": _POINTS},
    **{"band": Column(filled=True, values=_BANDS), "model": _NAME, "coverage": _CHANCE},
    **dict.fromkeys(("churn_probability", "churn_30d", "churn_60d", "churn_90d", "churn_180d"), _CHANCE),
    **{"weeks_to_leaving": Column("number", "weeks"), "change_1w": _MOVED, "change_4w": _MOVED},
    # what is at stake
    **{"arr": _MONEY, "revenue_at_risk": _MONEY, "renewal_date": _DAY, "decide_by": _DAY, "decide_in_days": _DAYS},
    **{"notice_at": _DAY, "ends_at": _DAY, "days_left": _DAYS},
    # why
    **dict.fromkeys(("reason_1", "reason_2", "reason_3", "main_dimension", "tags", "evidence", "why"), _TEXT),
    # what now
    **{"play": _TEXT, "play_role": _TEXT, "play_due": _DAY, "tip": _TEXT, "tips": _TEXT, "last_touch": _DAY},
    "open_urgent_tickets": Column("number", "tickets"),
    # which list, and what is new
    **{"list": _NAME, "rank": Column("integer", filled=True), "place": Column("integer", filled=True)},
    **{"status": Column(values=("new", "worse", "same", "better")), "on_at_risk": _FLAG},
    "listed_for": Column(values=LISTED_FOR),
    **{"weeks_listed": Column("integer", "weeks", filled=True), "eligible": _FLAG, "assigned": _FLAG},
    **{"contacted": _FLAG, "set_aside": _TEXT, "rests_until": _DAY},
    # what people said
    **dict.fromkeys(("action", "verdict", "notes", "snooze_reason", "said"), _TEXT),
    **{"snoozed_until": _DAY, "override_until": _DAY, "override_band": Column(values=_BANDS)},
    **dict.fromkeys(("override_by", "override_reason", "override"), _TEXT),
    # why it moved
    **dict.fromkeys(("score_before", "moved_customer", "moved_model", "moved_configuration", "moved_calendar"), _MOVED),
    **dict.fromkeys(("moved", "driver_1", "driver_2", "driver_3", "what", "dimension", "feature"), _TEXT),
    **{"points": _POINTS, "as_of": Column("date", filled=True)},
    # how loyal, inferred
    **dict.fromkeys(("loyalty_type", "loyalty_ties", "loyalty_stage", "quadrant"), _TEXT),
    **{"satisfaction": _MOVED, "loyalty": _MOVED, "inferred": _FLAG},
    # what a CRM is told
    **{"crm_list": _NAME, "crm_probability": Column("number", "percent"), "crm_health": _MOVED, "crm_band": _TEXT},
}

FAMILIES = {"points_": _POINTS, "age_": _DAYS}
"""Columns of which there is one for each dimension or source, by how their names begin."""

FEATURE = Column("number", "points")
"""A column of points.parquet, which has one for each feature of the model."""


def column(name: str) -> tuple[str, Column]:
    """The entry that describes a column, and the column itself. Raises KeyError where nothing describes it."""
    family = next((family for family in FAMILIES if name.startswith(family)), name)
    return (name, COLUMNS[name]) if name in COLUMNS else (family, FAMILIES[family])

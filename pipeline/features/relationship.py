"""Who holds the relation: contacts by the CS team, and the person in the account who uses the product most."""

from __future__ import annotations

from typing import Literal

from pipeline.features.aggregates import Aggregate, Champion, Count, Since
from pipeline.features.base import Row, measure


@measure(
    source="touches",
    dimension="relationship",
    windows=(4, 13),
    before=(13,),
    direction=-1,
    reason="{value} contacts by CS, was {before} ({weeks} weeks)",
)
def touches(row: Row) -> Aggregate:
    """Contacts between the CS team and the account. Unit: contacts."""
    return Count()


@measure(
    source="touches", dimension="relationship", direction=1, group="touches", reason="last contact by CS {value} ago"
)
def days_since_touch(row: Row) -> Aggregate:
    """Days since the latest contact; null without any. Unit: days."""
    return Since(row["occurred_at"])


@measure(
    source="usage",
    dimension="relationship",
    direction=1,
    group="champion",
    reason="the most active user was last seen {value} ago",
)
def champion_days_since_seen(row: Row) -> Aggregate:
    """Days since the most active user of the last full 13 weeks used anything. Unit: days."""
    return _champion(row, "since")


@measure(
    source="usage",
    dimension="relationship",
    direction=1,
    group="champion_share",
    reason="one person makes {value} of the use",
)
def champion_share(row: Row) -> Aggregate:
    """Share of the rows of use of the last full 13 weeks that their most active user made. Unit: share."""
    return _champion(row, "share")


def _champion(row: Row, tell: Literal["share", "since"]) -> Aggregate:
    return Champion(row["user_id"], row["events"], row["last_day"], weeks=13, tell=tell)

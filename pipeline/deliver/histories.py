"""What happened at each account before a cutoff: the tables behind the pages of single accounts."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True)
class Histories:
    """One table a kind of event, each with account_id and sorted by account and time; empty where nothing is known.

    Nothing in them happened, or was known, at the cutoff or later.
    """

    use: pd.DataFrame
    """Usage by week (its first day) or period (its last day): week, amount."""
    tickets: pd.DataFrame
    """at, priority, category, solved_at (missing while open)."""
    surveys: pd.DataFrame
    """at (asked), kind (nps, csat, ces), answered_at, score, and the comment where comments may be shown."""
    touches: pd.DataFrame
    """at, channel, author."""
    terms: pd.DataFrame
    """Versions of subscriptions that changed something: at, what (start, renewal, revenue, plan, seats), was, now."""
    health: pd.DataFrame
    """Health in the published weeks: as_of, health, band, model, points_base, points_<dimension>."""
    notices: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["account_id", "at", "reason"]))
    """The latest notice of each account that gave one: at, and the reason it stated, where that may be shown."""
    use_unit: str = "events"
    """What ``use`` counts."""
    use_span: str = "week"
    """Over what it counts: a ``week``, or a ``period`` of the company's own, dated by its end."""

"""How hard it is to be this vendor's customer: asked where answered, otherwise read off the tickets.

    effort = 100 * (1 - mean CES of 26 weeks)                       where a CES question was answered
           = 100 * weighted mean of the known parts                 otherwise, over solved tickets of 26 weeks

    part        weight  0 at              1 at
    contacts    30      1 reply           5 or more replies a ticket
    reopens     25      none              1 or more a ticket
    hops        20      1 channel         3 or more channels a ticket
    wait        25      solved at once    72 hours or more to the solution

A part that no ticket tells is left out of the mean, and its weight with it. Null where nothing is known.
"""

from __future__ import annotations

from typing import Any

import ibis

from pipeline.features.aggregates import Aggregate, Mean, micro
from pipeline.features.base import Row, Wide, derived, measure

# column: (value at no effort, value at full effort, weight)
_PARTS = {
    "replies_per_ticket_26w": (1, 5, 30),
    "reopens_per_ticket_26w": (0, 1, 25),
    "channels_per_ticket_26w": (1, 3, 20),
    "resolution_26w": (0, 72, 25),
}

_SCORE: dict[str, Any] = {
    "dimension": "effort",
    "weeks": 26,
    "direction": 1,
    "group": "effort",
    "reason": "effort score {value} of 100, where 100 is hardest",
}


@measure(
    source="tickets",
    dimension="effort",
    windows=(13, 26),
    direction=1,
    group="effort",
    reason="{value} replies for each ticket ({weeks} weeks)",
)
def replies_per_ticket(row: Row) -> Aggregate:
    """Mean messages that a solved ticket took. Unit: replies."""
    return Mean(row["replies"])


@measure(source="tickets", dimension="effort", windows=(26,), direction=1, group="effort")
def reopens_per_ticket(row: Row) -> Aggregate:
    """Mean times that a solved ticket was reopened. Unit: reopens."""
    return Mean(row["reopens"])


@measure(source="tickets", dimension="effort", windows=(26,), direction=1, group="effort")
def channels_per_ticket(row: Row) -> Aggregate:
    """Mean channels that a solved ticket went through. Unit: channels."""
    return Mean(row["channels"])


@measure(source="surveys", dimension="effort", windows=(26,), hidden=True)
def ease(row: Row) -> Aggregate:
    """Mean answer to CES questions, 0 hardest to 1 easiest. Unit: ease."""
    return Mean(micro(row["score"]), where=row["kind"] == "ces", scale=1_000_000)


@derived(source="tickets", dimension="effort", needs=tuple(_PARTS), weeks=26, hidden=True)
def ticket_effort(wide: Wide) -> Any:
    """Effort read off the tickets, 0 to 100. Unit: points."""
    total: Any = ibis.literal(0.0)
    weights: Any = ibis.literal(0)
    for name, (low, high, weight) in _PARTS.items():
        part = ((wide[name] - low) / (high - low)).clip(lower=0.0, upper=1.0)
        total = total + (part * weight).fill_null(0.0)
        weights = weights + part.notnull().ifelse(weight, 0)
    return total * 100 / weights.nullif(0)


@derived(source="tickets", name="effort_score", needs=("ticket_effort",), **_SCORE)
def score_of_tickets(wide: Wide) -> Any:
    """How hard things are for the customer, 0 to 100, read off the tickets. Unit: points."""
    return wide["ticket_effort"]


@derived(source="surveys", name="effort_score", needs=("ease_26w",), **_SCORE)
def score_of_surveys(wide: Wide) -> Any:
    """How hard things are for the customer, 0 to 100, by CES answers. Unit: points."""
    return (1 - wide["ease_26w"]) * 100


@derived(source="surveys", name="effort_score", needs=("ease_26w", "ticket_effort"), **_SCORE)
def score_of_both(wide: Wide) -> Any:
    """How hard things are for the customer, 0 to 100: by CES answers, else read off the tickets. Unit: points."""
    return ibis.coalesce((1 - wide["ease_26w"]) * 100, wide["ticket_effort"])

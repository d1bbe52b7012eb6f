"""Where an account stands among its peers: the accounts of its segment at the same cutoff."""

from __future__ import annotations

from typing import Any

import ibis

from pipeline.features.base import Wide, derived


def rank(wide: Wide, name: str) -> Any:
    """The share of the other peers with a lower value, 0 to 1; null without a value or without other peers."""
    value = wide[name]
    peers = [wide["spine.c"], wide["spine.segment"], value.isnull()]
    below = ibis.rank().over(ibis.window(group_by=peers, order_by=value))
    others = value.count().over(ibis.window(group_by=peers)) - 1
    return value.isnull().ifelse(ibis.null("float64"), below.cast("float64") / others.nullif(0))


@derived(
    source="usage",
    dimension="usage",
    each="ranked",
    name="{item}_peers",
    needs=("{item}", "spine.c", "spine.segment"),
    across_rows=True,
    of="{item}",
    reason="more {item} than {value} of its peers",
    reason_good="no more {item} than {rest} of its peers",
)
def among_peers(wide: Wide) -> Any:
    """Share of the other accounts of the segment with a lower {item}. Unit: share."""
    return rank(wide, "{item}")


@derived(
    source="levels",
    dimension="usage",
    each="levels",
    name="level_{item}_peers",
    needs=("level_{item}_last", "spine.c", "spine.segment"),
    across_rows=True,
    of="level_{item}_last",
    reason="more {item} than {value} of its peers",
    reason_good="no more {item} than {rest} of its peers",
)
def level_among_peers(wide: Wide) -> Any:
    """Share of the other accounts of the segment with less {item}. Unit: share."""
    return rank(wide, "level_{item}_last")

"""Versions of a subscription: until when each one held, and when that could first be known.

Nobody knows that a version is over before its successor is known. A version that comes in a week or more after its
own successor did (a correction of the past) never was in force in any week's eyes: it holds for no time, so that it
changes nothing of what earlier weeks knew.
"""

from __future__ import annotations

from collections.abc import Sequence

_OF_ONE = "PARTITION BY _source, subscription_id ORDER BY occurred_at"
_LATER = f"{_OF_ONE} ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING"
_EARLIER = f"{_OF_ONE} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"


def closed(rows: str, open_ended: Sequence[int]) -> str:
    """SQL for the subscription rows with ``valid_to`` and ``replaced_known_at``.

    ``open_ended``: the sources (``_source``) whose versions end where the next one begins. Those of the others end as
    they say; where the next one begins at that very moment, the end is known no sooner than that one.
    """
    told = (
        f"SELECT * REPLACE (CASE WHEN lead(occurred_at) OVER ({_OF_ONE}) = valid_to "
        f"THEN greatest(replaced_known_at, lead(known_at) OVER ({_OF_ONE})) ELSE replaced_known_at END "
        f"AS replaced_known_at) FROM ({rows})"
    )
    if not open_ended:
        return told
    numbers = ", ".join(map(str, open_ended))
    late = (
        f"SELECT *, coalesce(min(known_week) OVER ({_LATER}) < known_week, false) AND _source IN ({numbers}) AS _late "
        f"FROM ({told})"
    )
    following = (
        "SELECT *, "
        f"_late AND coalesce(bool_or(NOT _late) OVER ({_EARLIER}), false) AS _never, "
        f"min(occurred_at) FILTER (NOT _late) OVER ({_LATER}) AS _next_at, "
        f"min(known_at) FILTER (NOT _late) OVER ({_LATER}) AS _next_known, "
        f"lead(occurred_at) OVER ({_OF_ONE}) AS _after, lead(known_at) OVER ({_OF_ONE}) AS _after_known "
        f"FROM ({late})"
    )
    valid_to = "CASE WHEN _never THEN occurred_at WHEN _late THEN _after ELSE _next_at END"
    known = "CASE WHEN _never THEN known_at WHEN _late THEN greatest(_after, _after_known) ELSE _next_known END"
    return (
        "SELECT * EXCLUDE (_late, _never, _next_at, _next_known, _after, _after_known) REPLACE ("
        f"CASE WHEN _source IN ({numbers}) THEN {valid_to} ELSE valid_to END AS valid_to, "
        f"CASE WHEN _source IN ({numbers}) THEN {known} ELSE replaced_known_at END AS replaced_known_at) "
        f"FROM ({following})"
    )

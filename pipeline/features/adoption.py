"""Who in the account uses the product and how much of it."""

from __future__ import annotations

from typing import Any

import ibis

from pipeline.features.aggregates import Aggregate, Distinct, Sum, change, ratio
from pipeline.features.base import Row, Wide, derived, measure
from pipeline.features.info import slug


@measure(
    source="usage",
    dimension="adoption",
    windows=(1, 4, 13, 26),
    before=(4, 13),
    direction=-1,
    reason="{value} active users, was {before} ({weeks} weeks)",
)
def users(row: Row) -> Aggregate:
    """Different people who used anything. Unit: users."""
    return Distinct(row["user_id"])


@measure(source="usage", dimension="adoption", windows=(4,), hidden=True)
def user_weeks(row: Row) -> Aggregate:
    """Different pairs of a person and a week of use. Unit: pairs."""
    return Distinct(row["user_id"], row["o"])


@derived(
    source="usage",
    dimension="adoption",
    needs=("users_4w", "user_weeks_4w"),
    weeks=4,
    direction=-1,
    reason="only {value} of the month's users come in a usual week",
)
def stickiness_4w(wide: Wide) -> Any:
    """Mean weekly active users over active users of 4 weeks. Unit: share."""
    return ratio(wide["user_weeks_4w"], wide["users_4w"] * 4)


@derived(
    source="usage",
    dimension="adoption",
    needs=("users_4w", "spine.seats"),
    weeks=4,
    direction=-1,
    reason="{value} of the seats in use",
)
def seat_utilisation_4w(wide: Wide) -> Any:
    """Active users over licensed seats. Unit: share."""
    return ratio(wide["users_4w"], wide["spine.seats"])


@derived(
    source="usage",
    dimension="adoption",
    needs=("users_4w", "users_before_4w"),
    weeks=4,
    direction=-1,
    group="users",
)
def users_trend_4w(wide: Wide) -> Any:
    """Change of active users against the 4 weeks before, -1 to 1. Unit: change."""
    return change(wide["users_4w"], wide["users_before_4w"])


@measure(
    source="usage",
    dimension="adoption",
    windows=(4, 13, 26),
    before=(4, 13),
    direction=-1,
    reason="{value} features in use, was {before} ({weeks} weeks)",
)
def features_used(row: Row) -> Aggregate:
    """Breadth: different features used. Unit: features."""
    return Distinct(row["event"])


@measure(source="usage", dimension="adoption", windows=(17,), hidden=True)
def features_lately(row: Row) -> Aggregate:
    """Different features used in the last 4 weeks or the 13 before. Unit: features."""
    return Distinct(row["event"])


@derived(
    source="usage",
    dimension="adoption",
    needs=("features_lately_17w", "features_used_4w"),
    weeks=4,
    direction=1,
    reason="{value} features no longer used",
)
def features_dropped(wide: Wide) -> Any:
    """Features used in the 13 weeks before the last 4, and not in the last 4. Unit: features."""
    return wide["features_lately_17w"] - wide["features_used_4w"]


@derived(
    source="usage",
    dimension="adoption",
    needs=("use_4w", "features_used_4w"),
    weeks=4,
    direction=-1,
    reason="{value} uses of each feature in use ({weeks} weeks)",
)
def depth_4w(wide: Wide) -> Any:
    """Quantity for each feature in use. Unit: quantity."""
    return ratio(wide["use_4w"], wide["features_used_4w"])


@derived(
    source="usage",
    dimension="adoption",
    needs=("use_4w", "users_4w"),
    weeks=4,
    direction=-1,
    reason="{value} uses by each active user ({weeks} weeks)",
)
def use_per_user_4w(wide: Wide) -> Any:
    """Quantity for each active user. Unit: quantity."""
    return ratio(wide["use_4w"], wide["users_4w"])


@measure(
    source="usage",
    dimension="adoption",
    windows=(4, 13),
    before=(4,),
    asks="key_events",
    direction=-1,
    group="key_use",
    reason="{value} key features in use, was {before} ({weeks} weeks)",
)
def key_features_used(row: Row) -> Aggregate:
    """Different key features used. Unit: features."""
    return Distinct(row["event"], where=row["event"].isin(row.settings.key_events))


@measure(
    source="usage",
    dimension="adoption",
    windows=(4, 13),
    before=(4,),
    asks="key_events",
    direction=-1,
    reason="use of key features {value}, was {before} ({weeks} weeks)",
)
def key_use(row: Row) -> Aggregate:
    """Quantity of key features. Unit: quantity."""
    return Sum(row["quantity"], where=row["event"].isin(row.settings.key_events))


@derived(
    source="usage",
    dimension="adoption",
    needs=("key_features_used_4w",),
    weeks=4,
    asks="key_events",
    direction=-1,
    group="key_use",
    reason="{value} of the key features in use ({weeks} weeks)",
)
def key_features_share_4w(wide: Wide) -> Any:
    """Share of the key features in use. Unit: share."""
    return ratio(wide["key_features_used_4w"], ibis.literal(len(wide.settings.key_events)))


@measure(
    source="usage",
    dimension="adoption",
    windows=(13,),
    each="plan_features",
    name="used_of_plan_{item}",
    hidden=True,
)
def used_of_plan(row: Row) -> Aggregate:
    """Different features of the plan {item} used. Unit: features."""
    return Distinct(row["event"], where=row["event"].isin(row.settings.plan_features[row.item]))


@derived(
    source="usage",
    dimension="adoption",
    needs=("spine.plan", "used_of_plan_*"),
    asks="plan_features",
    weeks=13,
    direction=1,
    reason="{value} features of the plan unused ({weeks} weeks)",
)
def plan_features_unused_13w(wide: Wide) -> Any:
    """Features that the plan offers and nobody used; null where the plan's features are not listed. Unit: features."""
    unused: Any = ibis.null("int64")
    for plan, offered in wide.settings.plan_features.items():
        left = len(set(offered)) - wide[f"used_of_plan_{slug(plan)}_13w"]
        unused = (wide["spine.plan"] == plan).ifelse(left, unused)
    return unused

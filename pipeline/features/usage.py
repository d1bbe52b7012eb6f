"""How much, how regularly and how lately an account uses the product, and how that changes."""

from __future__ import annotations

from typing import Any

from pipeline.features.aggregates import Aggregate, Days, Distinct, Since, Sum, change, ratio
from pipeline.features.base import Row, Wide, derived, measure

_WEEKS = (1, 4, 13, 26)


@measure(
    source="usage",
    dimension="usage",
    windows=_WEEKS,
    before=(4, 13),
    direction=-1,
    group="use",
    reason="{value} events, was {before} ({weeks} weeks)",
)
def events(row: Row) -> Aggregate:
    """Rows of usage by anyone in the account. Unit: events."""
    return Sum(row["events"])


@measure(
    source="usage",
    dimension="usage",
    windows=_WEEKS,
    before=(4, 13),
    direction=-1,
    group="use",
    reason="use {value}, was {before} ({weeks} weeks)",
)
def use(row: Row) -> Aggregate:
    """Quantity used by anyone in the account. Unit: quantity."""
    return Sum(row["quantity"])


@measure(
    source="usage",
    dimension="usage",
    windows=_WEEKS,
    before=(4, 13),
    direction=-1,
    asks="login_events",
    reason="logins {value}, was {before} ({weeks} weeks)",
)
def logins(row: Row) -> Aggregate:
    """Sign-ins by anyone in the account. Unit: events."""
    return Sum(row["quantity"], where=row["event"].isin(row.settings.login_events))


@measure(
    source="usage",
    dimension="usage",
    windows=(4, 13),
    before=(4,),
    each="features",
    name="event_{item}",
    direction=-1,
    reason="{item} {value}, was {before} ({weeks} weeks)",
)
def one_event(row: Row) -> Aggregate:
    """Quantity of {item}. Unit: quantity."""
    return Sum(row["quantity"], where=row["event"] == row.item)


@measure(
    source="usage",
    dimension="usage",
    windows=_WEEKS,
    before=(4,),
    direction=-1,
    group="regularity",
    reason="used on {value} days, was {before} ({weeks} weeks)",
)
def active_days(row: Row) -> Aggregate:
    """Different days with any use. Unit: number of days."""
    return Days()


@measure(
    source="usage",
    dimension="usage",
    windows=(13, 26),
    direction=-1,
    group="regularity",
    reason="used in {value} of {weeks} weeks",
)
def active_weeks(row: Row) -> Aggregate:
    """Different weeks with any use. Unit: number of weeks."""
    return Distinct(row["o"])


@measure(source="usage", dimension="usage", direction=1, group="recency", reason="last used {value} ago")
def days_since_use(row: Row) -> Aggregate:
    """Days since anyone used anything. Unit: days."""
    return Since(row["last_day"])


@measure(
    source="usage",
    dimension="usage",
    direction=1,
    group="recency",
    asks="login_events",
    reason="last login {value} ago",
)
def days_since_login(row: Row) -> Aggregate:
    """Days since anyone signed in. Unit: days."""
    return Since(row["last_day"], where=row["event"].isin(row.settings.login_events))


@derived(source="usage", dimension="usage", needs=("use_4w", "use_before_4w"), weeks=4, direction=-1, group="use")
def use_trend_4w(wide: Wide) -> Any:
    """Change of use against the 4 weeks before, -1 to 1. Unit: change."""
    return change(wide["use_4w"], wide["use_before_4w"])


@derived(source="usage", dimension="usage", needs=("use_13w", "use_before_13w"), weeks=13, direction=-1, group="use")
def use_trend_13w(wide: Wide) -> Any:
    """Change of use against the 13 weeks before, -1 to 1. Unit: change."""
    return change(wide["use_13w"], wide["use_before_13w"])


@derived(
    source="usage",
    dimension="usage",
    needs=("logins_4w", "logins_before_4w"),
    weeks=4,
    direction=-1,
    group="logins",
)
def logins_trend_4w(wide: Wide) -> Any:
    """Change of sign-ins against the 4 weeks before, -1 to 1. Unit: change."""
    return change(wide["logins_4w"], wide["logins_before_4w"])


@derived(
    source="usage",
    dimension="usage",
    needs=("use_4w", "use_26w", "tenure_days"),
    weeks=4,
    direction=-1,
    group="use",
    reason="use is {value} of its own average ({weeks} weeks)",
)
def use_to_baseline_4w(wide: Wide) -> Any:
    """Weekly use of 4 weeks over the account's own mean of 26, or of its weeks as a customer. Unit: share."""
    weeks = ((wide["tenure_days"] / 7).floor().clip(lower=4, upper=26)).fill_null(26)
    return ratio(wide["use_4w"] * weeks, wide["use_26w"] * 4)

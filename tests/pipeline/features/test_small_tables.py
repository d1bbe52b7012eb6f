"""Measures of the small tables against counting row by row, with late rows and answers that come later still."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipeline.engine import DuckDB
from pipeline.features.aggregates import Count, Distinct, Highest, Last, Lowest, Mean, Since, Sum
from pipeline.features.base import Registry, Row
from pipeline.features.build import build_features
from tests.pipeline.builders import table
from tests.pipeline.features import worlds

CUTOFFS = worlds.weeks(*range(1, 18))

registry = Registry()
about = {"source": "tickets", "dimension": "support"}
spans: dict[str, Any] = {"windows": (1, 4), "before": (1, 4)}


@registry.measure(**about, **spans)
def asked(row: Row) -> Count:
    return Count()


@registry.measure(**about, **spans)
def unsolved(row: Row) -> Count:
    return Count(where=row["solved_at"].isnull())


@registry.measure(**about, **spans)
def reopens(row: Row) -> Sum:
    return Sum(row["reopens"], where=row["solved_at"].notnull())


@registry.measure(**about, **spans)
def wait(row: Row) -> Mean:
    return Mean(row["first_response_seconds"], scale=60)


@registry.measure(**about, **spans)
def people(row: Row) -> Distinct:
    return Distinct(row["user_id"])


@registry.measure(**about)
def most(row: Row) -> Highest:
    return Highest(row["reopens"])


@registry.measure(**about)
def least(row: Row) -> Lowest:
    return Lowest(row["reopens"], where=row["priority"] == "high")


@registry.measure(**about)
def since(row: Row) -> Since:
    return Since(row["solved_at"])


@registry.measure(**about)
def last(row: Row) -> Last:
    return Last(row["first_response_seconds"], by=row["solved_at"])


@registry.measure(**about)
def one_before(row: Row) -> Last:
    return Last(row["first_response_seconds"], by=row["occurred_at"], nth=2)


DELAYS = st.sampled_from([0, 0, 0, 3, 8, 30])
tickets = st.fixed_dictionaries(
    {
        "account_id": st.sampled_from(["a0", "a1"]),
        "user_id": st.sampled_from(["u", "v", None]),
        "priority": st.sampled_from(["high", "low", None]),
        "day": st.integers(0, 100),
        "late": DELAYS,
        "solved": st.sampled_from([None, 0, 2, 7, 20]),
        "told": DELAYS,
        "answered": st.sampled_from([None, 0, 1, 9]),
        "reopens": st.integers(0, 4),
    }
)


def as_table(found: list[dict[str, Any]]) -> pa.Table:
    made = []
    for number, ticket in enumerate(found):
        # no two tickets happen, are solved or become known at one moment: which of them is the last would be open
        at = worlds.FIRST + timedelta(days=ticket["day"], minutes=number)
        row = {name: ticket[name] for name in ("account_id", "user_id", "priority", "reopens")}
        row |= {"ticket_id": f"t{number}", "occurred_at": at, "known_at": at + timedelta(days=ticket["late"])}
        if ticket["solved"] is not None:
            solved_at = at + timedelta(days=ticket["solved"])
            row |= {"solved_at": solved_at, "solved_known_at": solved_at + timedelta(days=ticket["told"])}
        if ticket["answered"] is not None:
            row |= {"first_response_at": at + timedelta(days=ticket["answered"]), "first_response_seconds": number}
        made.append(row)
    return table("tickets", made, worlds.CALENDAR)


def as_known(row: dict[str, Any], cutoff: datetime) -> dict[str, Any]:
    """What a row said at the cutoff."""
    if row["solved_known_at"] is None or row["solved_known_at"] >= cutoff:
        row = row | {"solved_at": None, "reopens": None}
    if row["response_known_at"] is None or row["response_known_at"] >= cutoff:
        row = row | {"first_response_seconds": None}
    return row


def expected(rows: list[dict[str, Any]], c: int) -> dict[str, Any]:
    """Every measure at a cutoff, counted row by row."""
    start = worlds.CALENDAR.start_of(c)
    cutoff = datetime(start.year, start.month, start.day)
    seen = [as_known(row, cutoff) for row in rows if max(row["occurred_at"], row["known_at"]) < cutoff]
    found: dict[str, Any] = {}
    for weeks, lag, name in ((1, 0, "_1w"), (4, 0, "_4w"), (1, 1, "_before_1w"), (4, 4, "_before_4w")):
        first, end = cutoff - timedelta(weeks=lag + weeks), cutoff - timedelta(weeks=lag)
        inside = [row for row in seen if first <= row["occurred_at"] < end]
        waits = [row["first_response_seconds"] for row in inside if row["first_response_seconds"] is not None]
        found["asked" + name] = len(inside)
        found["unsolved" + name] = sum(row["solved_at"] is None for row in inside)
        found["reopens" + name] = sum(row["reopens"] for row in inside if row["solved_at"])
        found["wait" + name] = pytest.approx(sum(waits) / len(waits) / 60) if waits else None
        found["people" + name] = len({row["user_id"] for row in inside} - {None})
    told = [row for row in seen if row["reopens"] is not None]
    found["most"] = max((row["reopens"] for row in told), default=None)
    found["least"] = min((row["reopens"] for row in told if row["priority"] == "high"), default=None)
    solved = sorted((row for row in seen if row["solved_at"]), key=lambda row: row["solved_at"])
    found["since"] = start.toordinal() - solved[-1]["solved_at"].toordinal() if solved else None
    found["last"] = solved[-1]["first_response_seconds"] if solved else None
    ordered = sorted(seen, key=lambda row: row["occurred_at"])
    found["one_before"] = ordered[-2]["first_response_seconds"] if len(ordered) > 1 else None
    return found


# shrinking a failing table takes minutes, and counting its rows by hand no fewer
@settings(
    max_examples=12,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(found=st.lists(tickets, min_size=20, max_size=60))
def test_measures_of_tickets_equal_counting_row_by_row(engine: DuckDB, found: list[dict[str, Any]]) -> None:
    made = as_table(found)
    spine = engine.frame(worlds.spine(CUTOFFS, accounts=2))
    built = build_features({"tickets": engine.frame(made)}, spine, worlds.SETTINGS, engine, registry=registry)
    rows = made.to_pylist()
    begun = min(row["known_week"] for row in rows)
    for told in pa.Table.from_batches(engine.batches(built)).to_pylist():
        c = worlds.CALENDAR.week_of(told["cutoff"])
        if c > begun:
            truth = expected([row for row in rows if row["account_id"] == told["account_id"]], c)
            assert {name: told[name] for name in truth} == truth

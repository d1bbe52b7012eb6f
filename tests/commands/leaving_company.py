"""A company of 150 customers of whom every third leaves, quieter before it does, for tests that learn."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from tests.commands.small_company import Row, write

CONFIG = """\
name: Leaving & Co
data_root: exports
calendar: {as_of: data}
label: {kinds: [cancellation], horizon_days: 56, grace_days: 0}
model: {candidates: [logistic, lightgbm], folds: 3, min_churns: 20}
lists: {capacity: 5}
sources:
  accounts:
    files: accounts.csv
    columns: {account_id: id, name: name, owner: owner, segment: size}
    attributes:
      region: {static: true}
      closed: {column: closed_on}
      status: {}
  subscriptions:
    files: subscriptions.csv
    columns: {subscription_id: id, account_id: account, started_at: start, ended_at: end, mrr: price, plan: plan}
  usage:
    files: usage.csv
    columns: {event_id: id, account_id: account, user_id: user, event: event, occurred_at: at}
    time_zone: UTC
    delay: 1 hours
"""
FIRST, WEEKS, ACCOUNTS = date(2024, 1, 1), 90, 150


def write_leaving_company(folder: Path) -> Path:
    """Write the exports and the configuration; the path of the configuration."""
    exports = folder / "exports"
    exports.mkdir(parents=True)
    draw = np.random.default_rng(3)
    ends = {n: int(draw.integers(20, WEEKS)) for n in range(0, ACCOUNTS, 3)}
    write(exports / "accounts.csv", ["id", "name", "owner", "size", "region", "closed_on", "status"], _accounts(ends))
    write(exports / "subscriptions.csv", ["id", "account", "start", "end", "price", "plan"], _subscriptions(ends))
    write(exports / "usage.csv", ["id", "account", "user", "event", "at"], _usage(ends, draw))
    path = folder / "config.yaml"
    path.write_text(CONFIG)
    return path


def _end(ends: dict[int, int], number: int) -> object:
    return FIRST + timedelta(weeks=ends[number]) if number in ends else ""


def _accounts(ends: dict[int, int]) -> Iterator[Row]:
    for number in range(ACCOUNTS):
        size, region = ["small", "large"][number % 2], ["eu", "us", "asia"][number % 4 % 3]
        owner, status = ["Ada", "Ben", "Cleo"][number // 3 % 3], "closed" if number in ends else "active"
        yield f"a{number}", f"Firm {number}", owner, size, region, _end(ends, number), status


def _subscriptions(ends: dict[int, int]) -> Iterator[Row]:
    for number in range(ACCOUNTS):
        start = FIRST - timedelta(days=20 + 3 * number)
        yield f"s{number}", f"a{number}", start, _end(ends, number), 100 + 7 * (number % 50), f"plan {number // 2 % 2}"


def _usage(ends: dict[int, int], draw: np.random.Generator) -> Iterator[Row]:
    """About five sign-ins a week; a third fewer in the ten weeks before an end."""
    for number in range(ACCOUNTS):
        last = ends.get(number, WEEKS)
        for week in range(last):
            ending = number in ends and week >= last - 10
            for event in range(int(draw.poisson(3.4 if ending else 5.0))):
                day = FIRST + timedelta(weeks=week, days=event % 6)
                yield f"{number}-{week}-{event}", f"a{number}", f"p{number}-{event % 3}", "login", f"{day} 09:00:00"

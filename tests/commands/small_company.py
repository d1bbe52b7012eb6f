"""A company of forty customers in four CSV files, written by hand rules, for tests of the real command."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

CONFIG = """\
name: Small & Co
data_root: exports
calendar: {as_of: data}
label: {kinds: [cancellation], horizon_days: 28, grace_days: 7}
model: {min_churns: 30}
sources:
  accounts:
    files: accounts.csv
    columns: {account_id: id, name: name, owner: owner, segment: size}
  subscriptions:
    files: subscriptions.csv
    columns: {subscription_id: id, account_id: account, started_at: start, ended_at: end, mrr: price, seats: seats}
  usage:
    files: usage*.csv
    columns: {event_id: id, account_id: account, user_id: user, event: event, occurred_at: at, known_at: received}
    time_zone: UTC
  tickets:
    files: tickets.csv
    columns: {ticket_id: id, account_id: account, occurred_at: created, priority: priority, solved_at: solved}
    time_zone: UTC
"""
FIRST, WEEKS = date(2026, 1, 5), 30
CHURNED = {5: 12, 11: 16, 17: 20, 23: 24}
"""Account number to the week in which it left."""

Row = Sequence[object]


def write_company(folder: Path, config: str = CONFIG) -> Path:
    """Write the exports and the configuration; the path of the configuration."""
    exports = folder / "exports"
    exports.mkdir(parents=True)
    write(exports / "accounts.csv", ["id", "name", "owner", "size"], _accounts())
    header = ["id", "account", "start", "end", "price", "seats"]
    write(exports / "subscriptions.csv", header, _subscriptions())
    write(exports / "usage.csv", ["id", "account", "user", "event", "at", "received"], _usage())
    write(exports / "tickets.csv", ["id", "account", "created", "priority", "solved"], _tickets())
    path = folder / "config.yaml"
    path.write_text(config)
    return path


def write(path: Path, header: Sequence[str], rows: Iterator[Row]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def _accounts() -> Iterator[Row]:
    for number in range(40):
        yield f"a{number}", f"Firm {number}", ["Ada", "Ben"][number % 2], ["small", "large"][number % 3 == 0]


def _subscriptions() -> Iterator[Row]:
    for number in range(40):
        end = FIRST + timedelta(weeks=CHURNED[number]) if number in CHURNED else ""
        yield f"s{number}", f"a{number}", FIRST - timedelta(days=30 + number), end, 100 + number, 5 + number % 4


def _usage() -> Iterator[Row]:
    """Every user signs in on two days a week; those who leave stop five weeks before."""
    for number in range(40):
        last = CHURNED.get(number, WEEKS + 5) - 5
        for week in range(min(WEEKS, max(last, 2))):
            for user in range(1 + number % 3):
                for weekday in (0, 2 + user):
                    day = FIRST + timedelta(weeks=week, days=weekday)
                    name = f"u-{number}-{week}-{user}-{weekday}"
                    yield name, f"a{number}", f"p{number}-{user}", "login", f"{day} 09:30:00", f"{day} 10:00:00"


def _tickets() -> Iterator[Row]:
    for number in range(0, 40, 4):
        for week in range(number % 5, WEEKS, 6):
            day = FIRST + timedelta(weeks=week, days=1)
            yield f"t{number}-{week}", f"a{number}", f"{day} 08:00:00", "high", f"{day + timedelta(days=3)} 12:00:00"

"""A company with enough churns to learn from: 160 customers over 70 weeks.

Who leaves looks into the billing pages more often for six weeks before: no stated rule knows that, a model can learn
it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from tests.commands.small_company import CONFIG, Row, write

FIRST, WEEKS, ACCOUNTS = date(2025, 1, 6), 70, 160
LEARNING_CONFIG = CONFIG.replace("name: Small & Co", "name: Learning & Co") + "features: {features: [billing, login]}\n"


def write_learning_company(folder: Path) -> Path:
    """Write the exports and the configuration; the path of the configuration."""
    exports = folder / "exports"
    exports.mkdir(parents=True)
    end = _ends()
    write(exports / "accounts.csv", ["id", "name", "owner", "size"], _accounts())
    header = ["id", "account", "start", "end", "price", "seats"]
    write(exports / "subscriptions.csv", header, _subscriptions(end))
    write(exports / "usage.csv", ["id", "account", "user", "event", "at", "received"], _usage())
    write(exports / "tickets.csv", ["id", "account", "created", "priority", "solved"], _tickets())
    path = folder / "config.yaml"
    path.write_text(LEARNING_CONFIG)
    return path


def _ends() -> dict[int, int]:
    """Account number to the week in which it leaves; one in six leaves without a sign."""
    chance = random.Random(5)
    leaving = chance.sample(range(ACCOUNTS), ACCOUNTS // 2)
    return {number: chance.randrange(14, WEEKS) for number in leaving}


def _accounts() -> Iterator[Row]:
    for number in range(ACCOUNTS):
        yield f"a{number}", f"Firm {number}", ["Ada", "Ben"][number % 2], ["small", "large"][number % 3 == 0]


def _subscriptions(end: dict[int, int]) -> Iterator[Row]:
    for number in range(ACCOUNTS):
        left = FIRST + timedelta(weeks=end[number]) if number in end else ""
        yield f"s{number}", f"a{number}", FIRST - timedelta(days=30 + number), left, 100 + number, 5 + number % 4


def _usage() -> Iterator[Row]:
    chance = random.Random(7)
    end = _ends()
    for number in range(ACCOUNTS):
        for week in range(min(WEEKS, end.get(number, WEEKS))):
            for use in range(chance.randrange(2, 6)):
                day = FIRST + timedelta(weeks=week, days=use)
                name = f"u-{number}-{week}-{use}"
                event = "billing" if chance.random() < (0.4 if _doubts(number, week, end) else 0.08) else "login"
                yield name, f"a{number}", f"p{number}-{use % 2}", event, f"{day} 09:30:00", f"{day} 10:00:00"


def _doubts(number: int, week: int, end: dict[int, int]) -> bool:
    return number in end and number % 6 != 0 and week >= end[number] - 6


def _tickets() -> Iterator[Row]:
    for number in range(0, ACCOUNTS, 4):
        for week in range(number % 5, WEEKS, 6):
            day = FIRST + timedelta(weeks=week, days=1)
            yield f"t{number}-{week}", f"a{number}", f"{day} 08:00:00", "high", f"{day + timedelta(days=3)} 12:00:00"

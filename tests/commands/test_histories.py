"""What the pages of single accounts tell, from the real command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.commands.command import Company

CUTOFF = "2026-06-15"


def stories(company: Company, *as_of: str) -> dict[str, Any]:
    """The histories of a week that is published now, by account."""
    published = company.json("publish", *as_of)
    found: dict[str, Any] = {}
    for path in sorted(Path(published["path"], "site", "data").glob("accounts-*.js")):
        found |= json.loads(path.read_text().split("=", 1)[1].rstrip().removesuffix(";").split("=", 1)[1])
    return found


def test_f31_what_happens_after_a_cutoff_changes_no_page_of_its_week(company: Company) -> None:
    before = stories(company, "--as-of", CUTOFF)
    # tickets of later weeks are gone, and those of then were solved later than they were
    company.edit("tickets.csv", lambda text: "\n".join(_rewritten(text.splitlines())) + "\n")
    company.edit("usage.csv", lambda text: text.replace("2026-07-0", "2026-07-1"))
    assert stories(company, "--as-of", CUTOFF) == before
    told = [row for story in before.values() for row in story.get("tickets", [])]
    assert told and max(row[0] for row in told) < CUTOFF
    assert all(row[3] is None or row[3] < CUTOFF for row in told)
    assert max(row[0] for story in before.values() for row in story["use"]) < CUTOFF


def _rewritten(lines: list[str]) -> list[str]:
    kept = [lines[0]]
    for line in lines[1:]:
        name, account, created, priority, solved = line.split(",")
        if created < CUTOFF:
            kept.append(
                ",".join([name, account, created, priority, solved if solved < CUTOFF else "2026-07-20 12:00:00"])
            )
    return kept


def test_an_account_tells_its_use_tickets_and_contract(company: Company) -> None:
    found = stories(company)
    story = found["a4"]
    assert story["use"][-1][1] == 4
    assert {row[1] for row in story["tickets"]} == {"high"}
    assert [row[1] for row in found["a1"]["terms"]] == ["start"]
    assert story["health"][-1][0] > story["tickets"][-1][0]


def test_who_gave_notice_has_a_reason_on_its_page_where_more_than_one_customer_stated_it(company: Company) -> None:
    notices = {"a1": "price", "a2": "price", "a3": "Bob was rude"}

    def with_notices(text: str) -> str:
        head, *lines = text.splitlines()
        rows = ((line, notices.get(line.split(",")[1], "")) for line in lines)
        told = [f"{line},{'2026-06-10 09:00:00' if reason else ''},{reason}" for line, reason in rows]
        return "\n".join([f"{head},notice,why", *told]) + "\n"

    company.edit("subscriptions.csv", with_notices)
    company.configure(
        lambda text: text.replace("seats: seats}", "seats: seats, cancel_requested_at: notice, cancel_reason: why}")
    )
    early = stories(company, "--as-of", "2026-06-08")
    assert not any("notices" in story for story in early.values())
    found = stories(company, "--as-of", CUTOFF)
    told = {account: story["notices"] for account, story in found.items() if "notices" in story}
    day = "2026-06-10"
    assert told == {"a1": [[day, "price"]], "a2": [[day, "price"]], "a3": [[day, None]]}
    company.configure(lambda text: text + "deliver: {comments: true}\n")
    assert stories(company, "--as-of", CUTOFF)["a3"]["notices"] == [[day, "Bob was rude"]]

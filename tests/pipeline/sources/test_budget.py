"""How much of a source may be quarantined is a share of what the source is wanted for."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.check import check
from pipeline.config.company import parse_config
from pipeline.errors import ContractError
from tests.pipeline.sources.exports import HEADER, TICKETS, Exports

ACCOUNTS: dict[str, Any] = {"files": "accounts.csv", "columns": {"account_id": "id"}}
OTHERS = "".join(f"o{i},b,2024-05-01,0\n" for i in range(400))
WANTED = "w1,a,2024-05-01,0\nw2,a,2024-05-01,many\n"


def problems(exports: Exports, sources: dict[str, Any]) -> tuple[str, ...]:
    """What ingest ends with, which is what the check finds beforehand."""
    with pytest.raises(ContractError) as failure:
        exports.ingest(sources)
    assert failure.value.exit_code == 3
    config = parse_config({"data_root": "data", "sources": sources}, exports.folder / "config.yaml")
    found = [told for source in check(config, progress=lambda told: None).sources for told in source.problems]
    assert [told for told in found if told != failure.value.hint] == list(failure.value.problems)
    return failure.value.problems


def test_half_of_the_wanted_rows_cannot_hide_among_those_that_are_filtered_out(exports: Exports) -> None:
    exports.write("tickets.csv", HEADER + OTHERS + WANTED)
    source = TICKETS | {"where": {"account": "a"}, "budget": 0.01}
    assert problems(exports, {"tickets": source}) == (
        "sources.tickets: 1 of 2 records (400 more are filtered out) are quarantined, over the budget of 1.00%: "
        "1 x reopens: 'many' is not a whole number",
    )
    report = exports.ingest({"tickets": source | {"budget": 0.5}})
    assert report.tables["tickets"].sources[0].wanted == 2


def test_rows_that_are_filtered_out_are_broken_at_no_cost(exports: Exports) -> None:
    exports.write("tickets.csv", HEADER + OTHERS.replace(",0\n", ",many\n") + "w1,a,2024-05-01,0\n")
    report = exports.ingest({"tickets": TICKETS | {"where": {"account": "a"}, "budget": 0.0}})
    assert (report.total("accepted"), report.total("quarantined"), report.total("filtered")) == (1, 0, 400)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            "1,a,yesterday,0\n",
            "the only record is quarantined: 1 x created: 'yesterday' is not an ISO date or time; declare its format; "
            "write {column: created, format: ...}, in signs such as %d.%m.%Y %H:%M:%S",
        ),
        (
            "1,a,2024-05-01,x\n2,b,2024-05-01,y\n",
            "all 2 records are quarantined: 2 x reopens: 'x' is not a whole number",
        ),
        ("1;a\n2;b\n", "all 2 records are quarantined: 2 x has 1 fields, the header has 4"),
    ],
)
def test_that_no_row_was_accepted_is_said_with_what_was_found(exports: Exports, body: str, told: str) -> None:
    exports.write("tickets.csv", HEADER + body)
    found = problems(exports, {"tickets": TICKETS | {"budget": 0.2}})
    assert found == (f"no row of sources.tickets was accepted: {told}",)


def test_that_no_line_is_a_json_object_is_said_with_the_first(exports: Exports) -> None:
    exports.write("tickets.jsonl", '\n[{"id": 1},{"id": 2}]\n')
    found = problems(exports, {"tickets": TICKETS | {"files": "tickets.jsonl"}})
    assert found == (
        "no row of sources.tickets was accepted: no line of its files is a JSON object; line 2 of tickets.jsonl begins "
        'with \'[{"id": 1},{"id": 2}]\'',
    )


def test_accounts_that_are_all_filtered_out_are_told_of_and_nobody_else_is_blamed(exports: Exports) -> None:
    exports.write("accounts.csv", "id,kind\na,customer\nb,customer\n")
    exports.write("tickets.csv", HEADER + OTHERS)
    accounts = ACCOUNTS | {"where": {"kind": "client"}}
    with pytest.raises(ContractError) as failure:
        exports.ingest({"accounts": accounts, "tickets": TICKETS | {"budget": 0.01}})
    assert failure.value.problems == ("no row of sources.accounts was accepted: where filters out 2 of 2 records",)


def test_another_source_of_which_no_row_was_accepted_is_warned_of(exports: Exports) -> None:
    exports.write("tickets.csv", HEADER + OTHERS)
    report = exports.ingest({"tickets": TICKETS | {"where": {"account": "nobody"}}})
    assert report.tables["tickets"].rows == 0
    assert report.warnings == ["tickets: no row of it was accepted: where filters out 400 of 400 records"]

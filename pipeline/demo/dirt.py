"""The few bad rows that every real export holds. They are added beside the good ones, never in place of one.

Rates are far below the usual quarantine budget of 1 %; a small demo has none, since one row would be too many.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.demo.sinks import Row

_ONE_IN = 1_200
_MOST = 40


def dirty_rows(table: str, header: Sequence[str], row: Row, accepted: int) -> list[Row]:
    """Bad rows for a table that holds ``accepted`` good ones, made from its last good ``row``."""
    kinds = _FAULTS.get(table, ())
    number = min(accepted // _ONE_IN, _MOST)
    return [_spoilt(header, row, kinds[place % len(kinds)], place) for place in range(number)] if kinds else []


def _spoilt(header: Sequence[str], row: Row, fault: dict[str, object], number: int) -> Row:
    """A copy with a key of its own and one fault."""
    copy = list(row)
    copy[0] = f"9{number:09}" if isinstance(row[0], int) else f"{row[0]}x{number}"
    for column, value in fault.items():
        copy[header.index(column)] = value
    return copy if fault else copy[: len(copy) // 2]


_FAULTS: dict[str, tuple[dict[str, object], ...]] = {
    "zendesk/ticket": ({"created_at": "2026-02-31 25:61:00"}, {"organization_id": 370_999_999_999}, {}),
    "wootric/responses": (
        {"score": "eleven", "completed": "true"},
        {"end_user_id": 1},
        {"created_at": "yesterday"},
    ),
    "stripe/subscription_history": (
        {"quantity": -3},
        {"_fivetran_start": "31/12/2025"},
        {"customer_id": "cus_unknown"},
    ),
    "stripe/invoice": ({}, {"created": "0000-00-00 00:00:00"}, {"customer_id": "cus_unknown"}),
    "salesforce/task": ({"account_id": "001000000000000AAA"}, {"completed_date_time": "n/a"}),
}
"""What goes wrong in which table; a fault without columns cuts the row short."""

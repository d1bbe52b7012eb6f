"""Columns bear the names that the real products' exports bear."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from pipeline.demo.company import HEADERS

REPOSITORY = Path(__file__).parents[3]
TRUE_HEADERS = (REPOSITORY / os.environ.get("HOLDFAST_DATA", "../shared/data")) / "export_headers"
ADDED = {
    # the connector writes these two where history is kept; the rest are fields that the sample account does not use
    "stripe/subscription_history": {
        "_fivetran_start",
        "_fivetran_end",
        "discount_percent_off",
        "plan_id",
        "cancellation_details_feedback",
    },
    "stripe/customer": {"metadata_account_id"},
    "stripe/invoice": {"id", "created", "status_transitions_paid_at"},
    "salesforce/account": {"created_date", "primary_contact_c", "primary_contact_email_c", "segment_c"},
}
"""Columns beside those of the sample exports."""
SAMPLES = {
    "zendesk/ticket": "zendesk/ticket_data.csv",
    "zendesk/organization": "zendesk/organization_data.csv",
    "stripe/customer": "stripe/customer_data.csv",
    "stripe/subscription_history": "stripe/subscription_history_data.csv",
    "stripe/subscription_item": "stripe/subscription_item_data.csv",
    "stripe/price": "stripe/price_data.csv",
    "stripe/invoice": "stripe/invoice_data.csv",
    "salesforce/account": "salesforce/sf_account_data.csv",
    "salesforce/user": "salesforce/sf_user_data.csv",
    "salesforce/task": "salesforce/sf_task_data.csv",
}


@pytest.mark.skipif(not TRUE_HEADERS.is_dir(), reason="the sample exports are absent (HOLDFAST_DATA)")
@pytest.mark.parametrize("table", SAMPLES)
def test_an_export_has_the_columns_of_the_real_product(table: str) -> None:
    with (TRUE_HEADERS / SAMPLES[table]).open(encoding="utf-8", newline="") as file:
        real = set(next(csv.reader(file)))
    assert set(HEADERS[table]) - real <= ADDED.get(table, set())

"""The files of a published week that other programs read: their names, their schema, and what a CRM is given."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet
import pytest
from frictionless import Package

from pipeline.commands.week import publish
from pipeline.config import load_config
from pipeline.errors import ConfigError
from pipeline.stages.context import Run
from pipeline.warehouse import Workspace
from tests.commands.command import Company
from tests.commands.test_send import Heard

WHO = "account_id account_name owner segment"
HEADERS = {
    "health_scores.csv": (
        "account_id account_name as_of score health band churn_probability coverage model points_base points_usage "
        "points_adoption points_support points_effort points_sentiment points_relationship points_commercial "
        "points_onboarding points_timing churn_30d churn_60d churn_90d churn_180d weeks_to_leaving owner segment arr "
        "renewal_date change_1w change_4w reason_1 reason_2 reason_3 tags weeks_listed main_dimension play play_role "
        "play_due tips decide_by decide_in_days contact url last_touch open_urgent_tickets eligible assigned contacted "
        "set_aside rests_until action verdict notes snoozed_until snooze_reason said override_band override_by "
        "override_reason override_until override score_before moved_customer moved_model moved_configuration "
        "moved_calendar moved age_usage age_tickets"
    ),
    "at_risk.csv": (
        f"rank {WHO} health band churn_probability arr revenue_at_risk renewal_date decide_by change_1w change_4w "
        "reason_1 reason_2 reason_3 play status weeks_listed tags play_role play_due contact url last_touch "
        "open_urgent_tickets as_of decide_in_days coverage said override listed_for"
    ),
    "leaving.csv": f"{WHO} arr notice_at ends_at days_left contact url as_of",
    "signals.csv": (
        f"list rank {WHO} health band churn_probability arr renewal_date decide_by decide_in_days change_1w change_4w "
        "evidence reason_1 reason_2 reason_3 tip play play_role play_due status on_at_risk set_aside contact url "
        "last_touch coverage said override as_of"
    ),
    "action_list.csv": (
        "owner place list account_id account_name segment health band churn_probability arr renewal_date decide_by "
        "decide_in_days change_1w change_4w why play play_role play_due status weeks_listed tags tip contact url "
        "last_touch open_urgent_tickets coverage said override as_of listed_for"
    ),
    "set_aside.csv": f"{WHO} health band arr set_aside rests_until said reason_1 as_of",
    "changes.csv": (
        f"{WHO} health band score_before score change_1w moved_customer moved_model moved_configuration moved_calendar "
        "driver_1 driver_2 driver_3 as_of"
    ),
    "loyalty.csv": (
        "account_id loyalty_type loyalty_ties loyalty_stage satisfaction loyalty quadrant evidence inferred"
    ),
    "crm/salesforce_accounts.csv": (
        "External_Id__c Churn_List__c Health_Score__c Health_Band__c Churn_Probability__c Churn_Reason__c "
        "Churn_Play__c Churn_Play_Due__c Health_As_Of__c"
    ),
    "crm/hubspot_companies.csv": (
        "external_account_id churn_list health_score health_band churn_probability churn_reason churn_play "
        "churn_play_due health_as_of"
    ),
}
"""Scripts and CRMs rely on these names and their order: a change of one is a change of the product."""


def latest(company: Company) -> Path:
    return (company.folder / "workspace" / "published" / "latest").resolve()


def resources(company: Company) -> dict[str, dict[str, Any]]:
    schema = json.loads((latest(company) / "schema.json").read_text())
    return {resource["path"]: resource for resource in schema["resources"]}


def names(resource: dict[str, Any]) -> list[str]:
    return [field["name"] for field in resource["schema"]["fields"]]


def test_every_csv_has_the_promised_columns_in_order(company: Company) -> None:
    week = latest(company)
    found = {path.relative_to(week).as_posix(): path for path in week.rglob("*.csv")}
    assert found.keys() == HEADERS.keys()
    for name, path in found.items():
        with path.open(newline="") as file:
            assert next(csv.reader(file)) == HEADERS[name].split(), name


def test_the_schema_tells_of_every_table_its_columns_in_order_and_what_each_means(company: Company) -> None:
    week, told = latest(company), resources(company)
    tables = {path.relative_to(week).as_posix() for ending in ("csv", "parquet") for path in week.rglob(f"*.{ending}")}
    assert told.keys() == tables
    for name, resource in told.items():
        parquet = name.endswith(".parquet")
        header = pyarrow.parquet.read_schema(week / name).names if parquet else HEADERS[name].split()
        assert names(resource) == header, name
        meanings = {field["name"]: field["description"] for field in resource["schema"]["fields"]}
        assert all(len(description) > 3 for description in meanings.values()), name
        # whoever joins a table by a script learns here why a key may not match
        assert "apostrophe" in meanings.get("account_id", "apostrophe"), name
    units = {field["name"]: field.get("unit") for field in told["at_risk.csv"]["schema"]["fields"]}
    assert (units["arr"], units["health"], units["decide_in_days"]) == ("USD a year", "points", "days")


def test_the_standards_own_reader_finds_every_csv_as_the_schema_says(company: Company) -> None:
    company.configure(lambda text: text + "scale: {red: 55, amber: 80}\n")
    publish(run(company))
    week = latest(company)
    assert len(pd.read_csv(week / "at_risk.csv")) > 3
    schema = json.loads((week / "schema.json").read_text())
    schema["resources"] = [each for each in schema["resources"] if each["format"] == "csv"]
    report = Package.from_descriptor(schema, basepath=str(week)).validate()
    assert report.valid, report.flatten(["name", "fieldName", "rowNumber", "message"])[:5]


def run(company: Company, as_of: date | None = None) -> Run:
    folder = company.folder
    return Run(load_config(folder / "config.yaml"), Workspace(folder / "workspace"), Heard(), as_of)


def test_the_next_weeks_import_has_the_accounts_that_changed_and_the_manifest_counts_them(company: Company) -> None:
    first = json.loads((latest(company) / "manifest.json").read_text())["crm"]["salesforce"]
    before = pd.read_parquet(latest(company) / "crm" / "salesforce_accounts.parquet").set_index("External_Id__c")
    assert first == {"accounts": 36, "changed": 36, "cleared": 0, "left_out": 0}
    publish(run(company, date(2026, 8, 3)))
    counts = json.loads((latest(company) / "manifest.json").read_text())["crm"]["salesforce"]
    after = pd.read_parquet(latest(company) / "crm" / "salesforce_accounts.parquet").set_index("External_Id__c")
    rows = pd.read_csv(latest(company) / "crm" / "salesforce_accounts.csv", dtype=str, keep_default_na=False)
    shown = [name for name in after.columns if name != "Health_As_Of__c"]
    changed = (after[shown] != before.loc[after.index, shown]).any(axis=1)
    assert rows["External_Id__c"].tolist() == after.index[changed].tolist()
    assert 0 < counts["changed"] == len(rows)
    again = publish(run(company, date(2026, 8, 3)))
    assert again.data["new"] is False, "the same week again is the same week"


@pytest.mark.parametrize("wrong", ["id: 'Id; DROP'", "health: Id, id: Id", "reason: '=cmd()'"])
def test_f67_a_field_that_is_no_name_is_refused(company: Company, wrong: str) -> None:
    company.configure(lambda text: text + f"deliver: {{salesforce: {{{wrong}}}}}\n")
    with pytest.raises(ConfigError, match=r"deliver\.salesforce: .*(name of a field|called 'Id')"):
        run(company)

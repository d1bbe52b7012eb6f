"""Import files for a CRM: what stands in them, and what is left out because the CRM knows it already."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from pipeline.config.deliveries import DeliverSettings, SalesforceSettings
from pipeline.deliver import Delivery, crm
from pipeline.deliver.csv import write_tables
from tests.pipeline.company import delivery
from tests.pipeline.deliver.hostile import hostile

PRODUCTS = list(crm.PRODUCTS)


def after(week: Delivery, *earlier: Delivery) -> dict[str, crm.Import]:
    """The imports of a week that follows others."""
    states = [crm.imports(each) for each in earlier]
    return crm.imports(replace(week, crm_before={name: [each[name].state for each in states] for name in PRODUCTS}))


def with_health(week: Delivery, account: str, health: float) -> Delivery:
    changed = week.health.assign(health=week.health["health"].where(week.health["account_id"] != account, health))
    return replace(week, health=changed)


@pytest.fixture(scope="module")
def week() -> Delivery:
    return delivery(60)


def test_the_first_import_has_every_account_and_the_next_only_what_changed(week: Delivery) -> None:
    first = crm.imports(week)
    assert {len(each.rows) for each in first.values()} == {len(week.health) + len(week.leaving)}
    assert {len(each.rows) for each in after(week, week).values()} == {0}
    account = week.health["account_id"].iloc[3]
    for name, each in after(with_health(week, account, 12.0), week).items():
        assert each.rows[each.settings.id].tolist() == [account], name


def test_the_crm_calls_set_aside_whom_the_delivered_table_does_and_nobody_else(week: Delivery) -> None:
    idle = week.health[~week.health["account_id"].isin(week.actions["account_id"])]["account_id"].tolist()
    rests = week.set_aside.reindex(range(1)).assign(account_id=idle[:1], set_aside="contacted on 9 November")
    resting = replace(week, health=week.health.assign(set_aside="contacted on 9 November"), set_aside=rests)
    told = crm.crm_facts(resting.health, resting.actions, resting.leaving, resting.set_aside)
    assert told.index[told["list"] == crm.SET_ASIDE].tolist() == idle[:1]
    assert told.loc[idle[0], "reason"] == "contacted on 9 November"


def test_a_change_that_the_crm_would_not_show_is_none(week: Delivery) -> None:
    account, health = week.health.loc[3, ["account_id", "health"]]
    nearly = with_health(week, account, round(health) + 0.2)
    assert not len(after(nearly, with_health(week, account, round(health) - 0.2))["salesforce"].rows)


def test_an_account_that_lost_its_listing_is_cleared(week: Delivery) -> None:
    account = week.actions["account_id"].iloc[0]
    calmer = replace(week, actions=week.actions[week.actions["account_id"] != account])
    found = after(calmer, week)
    (row,) = found["salesforce"].rows.to_dict("records")
    shown = ("External_Id__c", "Churn_List__c", "Churn_Reason__c", "Churn_Play__c", "Churn_Play_Due__c")
    assert [row[name] for name in shown] == [account, "not listed", "#N/A", "#N/A", "#N/A"]
    (row,) = found["hubspot"].rows.to_dict("records")
    assert (row["churn_list"], row["churn_reason"], row["churn_play"]) == ("not listed", "none", "none")


def test_who_is_no_customer_any_more_loses_all_but_that_once(week: Delivery) -> None:
    account = week.leaving["account_id"].iloc[0]
    later = replace(week, leaving=week.leaving.iloc[1:])
    found = after(later, week)["salesforce"]
    (row,) = found.rows.to_dict("records")
    assert (row["External_Id__c"], row["Churn_List__c"]) == (account, "no longer a customer")
    assert row["Health_Score__c"] == row["Churn_Reason__c"] == "#N/A" and found.cleared == 1
    (row,) = after(later, week)["hubspot"].rows.astype(object).to_dict("records")
    # no value of an import clears a figure or a day there, so none is made up
    assert (row["churn_list"], row["churn_reason"]) == ("no longer a customer", "none")
    assert row["health_score"] == row["churn_play_due"] == ""
    assert not len(after(later, later)["salesforce"].rows)


def test_a_corrected_week_makes_good_what_its_first_version_told(week: Delivery) -> None:
    """The CRM holds what the week before told, or what the first version did: both must end in the same."""
    account = week.health["account_id"].iloc[5]
    wrong = with_health(week, account, 1.0)
    assert after(week, week, wrong)["salesforce"].rows["External_Id__c"].tolist() == [account]


def test_a_first_week_again_has_every_account_again(week: Delivery) -> None:
    known = {name: [pd.DataFrame(), each.state] for name, each in crm.imports(week).items()}
    for name, each in crm.imports(replace(week, crm_before=known)).items():
        assert each.rows.equals(crm.imports(week)[name].rows)


def test_other_fields_than_before_are_told_of_every_account(week: Delivery) -> None:
    fewer = replace(week, settings=DeliverSettings(salesforce=SalesforceSettings(id="Id", play=None, due=None)))
    found = after(fewer, week)["salesforce"].rows
    assert list(found.columns)[:2] == ["Id", "Churn_List__c"] and "Churn_Play__c" not in found
    assert len(found) == len(week.health) + len(week.leaving)


def test_a_replayed_week_has_no_import(week: Delivery) -> None:
    assert crm.imports(replace(week, about=replace(week.about, replayed=True))) == {}


def test_f62_hostile_texts_are_inert_and_a_key_that_would_be_changed_is_left_out(tmp_path: Path) -> None:
    week = hostile()
    keys = week.health["account_id"].where(week.health.index != 0, "=cmd()")
    found = crm.imports(replace(week, health=week.health.assign(account_id=keys)))
    write_tables(crm.tables(found), tmp_path)
    assert {each.left_out for each in found.values()} == {1}
    for name in crm.PRODUCTS.values():
        cells = pd.read_csv(tmp_path / f"{name}.csv", dtype=str, keep_default_na=False).to_numpy().ravel()
        assert not [cell for cell in cells if cell.lstrip()[:1] in set("=+-@\uff1d")]


def test_the_files_are_as_import_tools_read_them(week: Delivery, tmp_path: Path) -> None:
    write_tables(crm.tables(crm.imports(week)), tmp_path)
    data = (tmp_path / "crm" / "salesforce_accounts.csv").read_bytes()
    assert data.startswith(b"External_Id__c,") and b"\r" not in data
    frame = pd.read_csv(tmp_path / "crm" / "salesforce_accounts.csv", dtype=str, keep_default_na=False)
    assert frame["Health_As_Of__c"].unique().tolist() == ["2026-11-16"]
    assert frame["External_Id__c"].is_monotonic_increasing and frame.map(len).to_numpy().max() <= crm.LONGEST_TEXT
    assert not (frame == "").to_numpy().any(), "an empty cell would leave the old value"

"""Import files for a CRM: the accounts whose fields changed since the week before, and nothing else.

What was told is kept beside each import, in full; the next week compares with that. An account that is not listed any
more says so in words, and one that is no customer any more says that. Salesforce then forgets what does not hold any
more. HubSpot forgets no figure and no day, since its imports have no value that clears: texts say ``none`` there, and
what else is old stays until another value comes.

Salesforce (Bulk API, Data Loader): UTF-8 without a byte order mark, line feeds, ISO days, up to 100 MB, texts of up to
255 signs; an empty cell changes nothing and ``#N/A`` clears
(https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/datafiles_prepare_csv.htm).
HubSpot: UTF-8, one header row, fewer than 1,000 columns, up to 1,048,576 rows; an empty cell changes nothing
(https://knowledge.hubspot.com/import-and-export/set-up-your-import-file).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from pipeline.config.deliveries import CrmSettings
from pipeline.deliver import words
from pipeline.deliver.delivery import Delivery
from pipeline.deliver.schema import Table
from pipeline.deliver.text import clean, inert

NOT_LISTED, SET_ASIDE, LEAVING, GONE = "not listed", "set aside", "leaving", "no longer a customer"
"""What a CRM is told of an account that is on no manager's list."""

PRODUCTS = {"salesforce": "crm/salesforce_accounts", "hubspot": "crm/hubspot_companies"}
"""The import file of each product, without its ending; the state after it ends on ``.parquet``."""

LONGEST_TEXT = 255
"""Signs that a text field of Salesforce holds."""

_MEANING = {
    **{"id": "account_id", "list": "crm_list", "health": "crm_health", "band": "crm_band"},
    **{"probability": "crm_probability", "reason": "reason_1", "play": "play", "due": "play_due", "as_of": "as_of"},
}
_TEXTS = ("list", "band", "reason", "play")


@dataclass(frozen=True)
class Import:
    """One product's import: the rows that changed, the state of every account after it, and what is to be told.

    ``cleared``: accounts that are no customers any more; ``left_out``: those whose key no CSV can hold unchanged.
    """

    rows: pd.DataFrame
    state: pd.DataFrame
    cleared: int
    left_out: int
    settings: CrmSettings

    def counts(self) -> dict[str, int]:
        """What the manifest tells."""
        return {
            "accounts": len(self.state),
            "changed": len(self.rows),
            "cleared": self.cleared,
            "left_out": self.left_out,
        }


def tables(imports: Mapping[str, Import]) -> dict[str, Table]:
    """The files of every product, by path."""
    found = {}
    for product, each in imports.items():
        names = each.settings.columns
        meanings = {given: _MEANING[name] for name, given in names.items()}
        missing = tuple(dict.fromkeys(["", each.settings.no_value, each.settings.no_text]))
        for ending, frame in (("csv", each.rows), ("parquet", each.state)):
            found[f"{PRODUCTS[product]}.{ending}"] = Table(frame, (names["id"],), meanings, missing)
    return found


def imports(delivery: Delivery) -> dict[str, Import]:
    """Each product's import of one week; none of a replayed week, which no CRM was ever given."""
    if delivery.about.replayed:
        return {}
    facts = crm_facts(delivery.health, delivery.actions, delivery.leaving, delivery.set_aside)
    safe = facts[[str(account) == inert(str(account)) for account in facts.index]]
    left_out = len(facts) - len(safe)
    settings: dict[str, CrmSettings] = {
        "salesforce": delivery.settings.salesforce,
        "hubspot": delivery.settings.hubspot,
    }
    return {name: _import(safe, settings[name], delivery.crm_before.get(name, ()), left_out) for name in PRODUCTS}


def crm_facts(
    health: pd.DataFrame, actions: pd.DataFrame, leaving: pd.DataFrame, set_aside: pd.DataFrame
) -> pd.DataFrame:
    """What a CRM is told of every account, as text, by ``CRM_COLUMNS``: who is scored, and who has given notice.

    Set aside is who would be on a list and rests, as in ``set_aside.csv``.
    """
    listed = actions.set_index("account_id")
    rows = health.set_index("account_id")
    todo = listed.reindex(rows.index)
    aside = set_aside.set_index("account_id")["set_aside"].astype("string").reindex(rows.index).fillna("")
    rests = todo["list"].isna() & (aside != "")
    told = pd.DataFrame(
        {
            "list": todo["list"].astype("string").fillna(NOT_LISTED).mask(rests, SET_ASIDE),
            "health": _figure(rows["health"], 0),
            "band": rows["band"],
            "probability": _figure(100 * rows["churn_probability"].astype(float), 1),
            "reason": todo["why"].astype("string").str.split("\n").str[0].mask(rests, aside),
            "play": todo["play"],
            "due": _day(todo["play_due"]),
        }
    )
    gone = leaving.set_index("account_id")
    notice = pd.DataFrame({"list": LEAVING, "reason": words.notice(gone)}, index=gone.index)
    both = pd.concat([told, notice[~notice.index.isin(told.index)]]).astype("string").sort_index()
    as_of = [*health["as_of"].head(1), *leaving["as_of"].head(1)]
    return both.assign(as_of=_day(pd.Series(as_of[:1] * len(both), both.index)))


def _import(facts: pd.DataFrame, settings: CrmSettings, earlier: Sequence[pd.DataFrame], left_out: int) -> Import:
    state = _filled(facts.rename_axis("id").reset_index(), settings)
    gone = _gone(state, earlier, settings)
    rows = pd.concat([state[_changed(state, earlier, settings)], gone])
    rows = rows.sort_values(settings.id, kind="stable", ignore_index=True)
    return Import(rows, state, len(gone), left_out, settings)


def _changed(state: pd.DataFrame, earlier: Sequence[pd.DataFrame], settings: CrmSettings) -> pd.Series:
    """Which accounts differ from what the CRM may hold: all, where it was never told or was told other fields."""
    if not earlier or any(list(each.columns) != list(state.columns) for each in earlier):
        return pd.Series(True, state.index)
    compared = [given for name, given in settings.columns.items() if name not in ("id", "as_of")]
    now = state.set_index(settings.id)[compared]
    changed = pd.Series(False, now.index)
    for each in earlier:
        before = each.set_index(settings.id)[compared].reindex(now.index)
        # an account that the CRM was not told of has no cell to compare with
        changed |= now.ne(before).fillna(True).any(axis=1)
    return changed.set_axis(state.index)


def _gone(state: pd.DataFrame, earlier: Sequence[pd.DataFrame], settings: CrmSettings) -> pd.DataFrame:
    """A row for each account that the CRM knows and that is no customer any more: nothing is left but that."""
    known = {str(account) for each in earlier if settings.id in each for account in each[settings.id]}
    accounts = sorted(known - set(state[settings.id]))
    as_of = state[settings.as_of].iloc[0] if settings.as_of and len(state) else None
    return _filled(pd.DataFrame({"id": accounts, "list": GONE, "as_of": as_of}, dtype="string"), settings)


def _filled(rows: pd.DataFrame, settings: CrmSettings) -> pd.DataFrame:
    """The rows as the CRM reads them: its names, and its word for nothing."""
    found = {}
    for name, given in settings.columns.items():
        values = rows[name] if name in rows else pd.Series(pd.NA, rows.index, dtype="string")
        values = values.astype("string")
        values = values.mask(values == "")
        if name in _TEXTS:
            short = {text: _short(text) for text in values.dropna().unique()}
            values = values.map(short, na_action="ignore").astype("string")
        if name != "id":
            values = values.fillna(settings.no_text if name in _TEXTS else settings.no_value)
        found[given] = values
    return pd.DataFrame(found)


def _short(text: str) -> str:
    shown = clean(text)
    return shown if len(shown) <= LONGEST_TEXT else shown[: LONGEST_TEXT - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _figure(values: pd.Series, places: int) -> pd.Series:
    return values.astype(float).map(lambda value: f"{value:.{places}f}", na_action="ignore").astype("string")


def _day(moments: pd.Series) -> pd.Series:
    return pd.to_datetime(moments).dt.strftime("%Y-%m-%d").astype("string")

"""What a company declared about its accounts as never changing (``attr_<name>``): text stays text."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from pipeline.features.base import FeatureSettings
from pipeline.features.info import FeatureInfo

_PREFIX = "attr_"


def attribute_infos(accounts: ir.Table | None, settings: FeatureSettings) -> list[FeatureInfo]:
    """The catalog's entries for the attributes that ``accounts`` has, by name."""
    return [] if accounts is None else [_info(accounts, name) for name in _names(accounts, settings)]


def with_attributes(table: ir.Table, accounts: ir.Table | None, c: str, settings: FeatureSettings) -> ir.Table:
    """``table`` with the attributes of accounts that were known at the cutoff of week ``c``."""
    names = [] if accounts is None else _names(accounts, settings)
    if accounts is None or not names:
        return table
    known = accounts.select("account_id", "occurred_week", "known_week", *names)
    joined = table.left_join(known, "account_id")
    visible = ((joined.occurred_week < joined[c]) & (joined.known_week < joined[c])).fill_null(False)
    shown = {name: visible.ifelse(joined[name], ibis.null(joined[name].type())) for name in names}
    numbers = {name: column.cast("float64") for name, column in shown.items() if not column.type().is_string()}
    return joined.mutate(**{**shown, **numbers}).select(*table.columns, *names)


def _names(accounts: ir.Table, settings: FeatureSettings) -> list[str]:
    named = sorted(name for name in accounts.columns if name.startswith(_PREFIX))
    return [name for name in named if name not in settings.exclude]


def _info(accounts: ir.Table, name: str) -> FeatureInfo:
    text = accounts[name].type().is_string()
    plain = name.removeprefix(_PREFIX).replace("_", " ")
    return FeatureInfo(
        name=name,
        measure=name,
        dimension="commercial",
        source="accounts",
        reason=f"{plain}: {{value}}",
        unit="text" if text else "value",
        doc=f"The account's {plain}, declared as never changing.",
        group=name,
        kind="text" if text else "number",
    )

"""``schema.json``: what every delivered table holds, column by column, as a Data Package of Table Schemas.

The standard is Frictionless' Data Package 2.0 (https://datapackage.org/standard/data-package/); ``unit`` is a property
of our own, which it allows. It is made from the very frames that are written, so it cannot tell of another header.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from pipeline.deliver import words
from pipeline.deliver.columns import FEATURE, Column, column
from pipeline.deliver.delivery import About

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
_MEDIA = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
_BOOLEAN = {"trueValues": ["True"], "falseValues": ["False"]}


@dataclass(frozen=True)
class Table:
    """A table of the week.

    ``key``: the columns that tell its rows apart. ``meanings``: where a column has a name of the reader's own, the
    entry of ``columns`` that describes it. ``missing``: what stands for nothing known. ``features``: columns that
    nothing describes hold the points of the feature they are named after.
    """

    frame: pd.DataFrame
    key: tuple[str, ...] = ("account_id",)
    meanings: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ("",)
    features: bool = False


def write_schema(tables: Mapping[str, Table], about: About, texts: Mapping[str, Any], path: Path) -> Path:
    """Writes the schema of ``tables``, which are given by their paths within the week."""
    path.write_text(json.dumps(schema(tables, about, texts), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def schema(tables: Mapping[str, Table], about: About, texts: Mapping[str, Any]) -> dict[str, Any]:
    """The Data Package of one week. Raises KeyError where a column or a table has no description."""
    told = texts["schema"]
    return {
        "$schema": PROFILE,
        "name": "holdfast-week",
        "title": told["title"].format(company=about.company, day=words.day(about.as_of)),
        "description": told["description"],
        "resources": [_resource(path, table, about, told) for path, table in tables.items()],
    }


def _resource(path: str, table: Table, about: About, told: Mapping[str, Any]) -> dict[str, Any]:
    kind = PurePosixPath(path).suffix[1:]
    text = {"encoding": "utf-8", "dialect": {"delimiter": ",", "lineTerminator": "\n"}} if kind == "csv" else {}
    return {
        "name": path.replace("/", "-").replace(".", "-"),
        "path": path,
        "type": "table",
        "format": kind,
        "mediatype": _MEDIA[kind],
        **text,
        "description": told["files"][path],
        "schema": {
            "fields": [_field(str(name), table, about, told) for name in table.frame.columns],
            "primaryKey": list(table.key),
            "missingValues": list(table.missing),
        },
    }


def _field(name: str, table: Table, about: About, told: Mapping[str, Any]) -> dict[str, Any]:
    meaning, found = _described(name, table, told)
    unit = {"unit": told["units"][found.unit].format(currency=about.currency)} if found.unit else {}
    limits = ({"required": True} if found.filled else {}) | ({"enum": list(found.values)} if found.values else {})
    kind = {"type": found.type, **(_BOOLEAN if found.type == "boolean" else {})}
    return {"name": name, **kind, "description": meaning, **unit, **({"constraints": limits} if limits else {})}


def _described(name: str, table: Table, told: Mapping[str, Any]) -> tuple[str, Column]:
    try:
        entry, found = column(table.meanings.get(name, name))
    except KeyError:
        if not table.features:
            raise
        return told["feature"].format(name=name), FEATURE
    return told["columns"][entry].format(name=name.removeprefix(entry).replace("_", " ")), found

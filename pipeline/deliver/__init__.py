"""What leaves the house each week: CSV and Parquet files, a workbook and a web page, from one ``Delivery``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.deliver import crm
from pipeline.deliver.csv import tables, write_tables
from pipeline.deliver.delivery import About, Delivery
from pipeline.deliver.digest import FOLDER, write_digests
from pipeline.deliver.managers import OPERATIONS, write_managers
from pipeline.deliver.operations import write_operations
from pipeline.deliver.schema import write_schema
from pipeline.deliver.site import write_site
from pipeline.deliver.workbook import write_workbook
from pipeline.errors import StorageError
from pipeline.texts import catalogue

__all__ = ["About", "Delivery", "write"]


def write(delivery: Delivery, folder: Path) -> dict[str, Any]:
    """Writes every file of a week into ``folder`` (a staging folder that exists); what the manifest tells of them.

    The same delivery gives the same bytes. Raises StorageError where a file cannot be written.
    """
    try:
        imports = crm.imports(delivery)
        found = tables(delivery) | crm.tables(imports)
        write_tables(found, folder)
        texts = catalogue()
        write_schema(found, delivery.about, texts, folder / "schema.json")
        write_book(delivery, folder / "portfolio.json")
        write_workbook(delivery, folder / "at_risk.xlsx")
        _workbooks(delivery, folder / "workbooks")
        write_site(delivery, folder)
        handed_out = {} if delivery.about.replayed else write_digests(delivery, texts, folder / FOLDER)
        return {"crm": {name: each.counts() for name, each in imports.items()}, "digests": handed_out}
    except OSError as error:
        raise StorageError(f"cannot write into {folder}: {error.strerror or error}") from error


def _workbooks(delivery: Delivery, folder: Path) -> list[Path]:
    """The workbooks that are handed out; a replayed week hands out none."""
    if delivery.about.replayed:
        return []
    return [*write_managers(delivery, folder), write_operations(delivery, folder / OPERATIONS)]


def write_book(delivery: Delivery, path: Path) -> Path:
    """Writes the portfolio's figures; what is not known is null."""
    path.write_text(json.dumps(delivery.book, indent=1, default=str, allow_nan=False, ensure_ascii=False) + "\n")
    return path

"""A source's rows in the scratch database, whatever holds them, joined to what its ``via`` names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pipeline.config import Place
from pipeline.errors import ConfigError, ContractError
from pipeline.sources import columnar, databases, delimited, jsonlines, sheets
from pipeline.sources.files import InputFile, find_files, fingerprint
from pipeline.sources.landing import TEXT, Landed, Sink, check_header, text_table, text_view
from pipeline.sources.scratch import Scratch


def inputs(place: Place, root: Path, where: str) -> tuple[list[InputFile], list[str]]:
    """The files of a source with their hashes, and warnings; none for a database."""
    if place.database:
        return [], []
    return fingerprint(root, find_files(root, place, where), place, where)


def land(scratch: Scratch, place: Place, root: Path, needed: Iterable[str], sink: Sink, where: str) -> Landed:
    """The columns ``needed`` of a source in the scratch database, uncast.

    Raises ConfigError, ContractError or StorageError as the readers do.
    """
    columns = sorted(set(needed))
    if place.database:
        return databases.land(scratch, place, root, columns, where)
    files, warnings = inputs(place, root, where)
    formats = {file.format for file in files}
    if formats == {"parquet"}:
        landed = columnar.land(scratch, files, columns, where)
    elif "parquet" in formats:
        raise ConfigError(f"{where}: files of different kinds in one source: {', '.join(sorted(formats))}")
    else:
        landed = _land_texts(scratch, files, place, columns, sink, where)
    landed.warnings = warnings + landed.warnings
    return landed


def _land_texts(
    scratch: Scratch, files: list[InputFile], place: Place, needed: list[str], sink: Sink, where: str
) -> Landed:
    table = text_table(scratch, needed, "text")
    found, headers = [], dict[str, None]()
    json_only = all(file.format.startswith("jsonl") for file in files)
    for number, file in enumerate(files):
        if file.format.startswith("jsonl"):
            landed, names = jsonlines.land(scratch, table, number, file, place, needed, sink)
        elif file.format == "xlsx":
            landed, names = sheets.land(scratch, table, number, file, place, needed, sink, where)
        else:
            landed, names = delimited.land(scratch, table, number, file, place, needed, sink, where)
        found.append(landed)
        headers.update(dict.fromkeys(names))
    if json_only and all(file.records == file.rejected for file in found):
        raise ContractError(
            f"no row of {where} was accepted: no line of its files is a JSON object; {jsonlines.example(found[0])}",
            hint="write each record as one object in one line, without a list around them",
        )
    if json_only:
        _check_fields(scratch, table, needed, list(headers), where)
    return Landed(text_view(scratch, table, needed), dict.fromkeys(needed, TEXT), found, list(headers))


def _check_fields(scratch: Scratch, table: str, needed: list[str], headers: list[str], where: str) -> None:
    """JSON rows may lack a field; a field that no row of any file has is a mistake."""
    unseen = [name for name in needed if name not in headers and name.split(".")[0] not in headers]
    absent = [name for name in unseen if not scratch.one(f'SELECT count("{name}") FROM {table}')[0]]
    if absent:
        check_header(headers, absent, "the files", where)

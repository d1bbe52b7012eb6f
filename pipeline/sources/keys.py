"""Duplicates: identical rows are dropped and counted, rows that contradict each other stop the source."""

from __future__ import annotations

from pipeline.errors import ContractError
from pipeline.sources.scratch import Scratch, ident

_APART = ("known_at", "known_week", "_file", "_row", "_source")


def without_duplicates(
    scratch: Scratch,
    rows: str,
    key: tuple[str, ...],
    columns: list[str],
    where: str,
    present: tuple[str, ...] | None = None,
) -> tuple[str, dict[tuple[int, int], int]]:
    """SQL for ``rows`` with each key once, and how many were dropped by (source, file).

    Rows in which one of ``present`` (the key, unless told) is missing are left alone. Rows of one key that differ
    only in ``known_at`` are deliveries of the same record: the earliest counts. Raises ContractError for rows of one
    key that differ in anything else.
    """
    hashed = f"hash({', '.join(ident(name) for name in key)})"
    named = " AND ".join(f"{ident(name)} IS NOT NULL" for name in present or key)
    repeated = scratch.name("repeated")
    # hashes find the few candidates cheaply; only those are compared in full
    scratch.run(
        f"CREATE TABLE {repeated} AS SELECT h FROM (SELECT {hashed} AS h FROM ({rows}) WHERE {named}) "
        "GROUP BY h HAVING count(*) > 1"
    )
    if scratch.one(f"SELECT count(*) FROM {repeated}")[0] == 0:
        return rows, {}
    chosen = scratch.name("chosen")
    listed = ", ".join(ident(name) for name in key)
    content = ", ".join(f"{ident(name)}" for name in columns if name not in _APART)
    scratch.run(
        f"CREATE TABLE {chosen} AS SELECT *, row_number() OVER (PARTITION BY {listed} ORDER BY known_at, _source, "
        f"_file, _row) AS _rank, hash({content}) AS _content FROM ({rows}) "
        f"WHERE {named} AND {hashed} IN (SELECT h FROM {repeated})"
    )
    _refuse_conflicts(scratch, chosen, key, where)
    dropped = scratch.rows(f"SELECT _source, _file, count(*) FROM {chosen} WHERE _rank > 1 GROUP BY ALL")
    single = f"SELECT * FROM ({rows}) WHERE NOT ({named}) OR {hashed} NOT IN (SELECT h FROM {repeated})"
    kept = f"{single} UNION ALL SELECT * EXCLUDE (_rank, _content) FROM {chosen} WHERE _rank = 1"
    return kept, {(source, file): number for source, file, number in dropped}


def _refuse_conflicts(scratch: Scratch, chosen: str, key: tuple[str, ...], where: str) -> None:
    listed = ", ".join(ident(name) for name in key)
    conflicts = f"SELECT {listed} FROM {chosen} GROUP BY {listed} HAVING count(DISTINCT _content) > 1"
    number = scratch.one(f"SELECT count(*) FROM ({conflicts})")[0]
    if number:
        shown = "; ".join(", ".join(map(str, row)) for row in scratch.rows(f"{conflicts} ORDER BY ALL LIMIT 3"))
        keys = "key" if number == 1 else "keys"
        raise ContractError(
            f"{where}: {number:,} {keys} ({', '.join(key)}) on rows that contradict each other, e.g. {shown}",
            hint="give them a finer key, filter with where, or correct the export",
        )

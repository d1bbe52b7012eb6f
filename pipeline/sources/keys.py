"""Rows of one key: identical ones are dropped and counted; those that contradict each other stop the source.

Unless the source says ``repeated: latest``: then a row gives way to the next one of its key that differs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

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
    repeated = _repeated(scratch, rows, key, present or key)
    if repeated is None:
        return rows, {}
    chosen, listed = scratch.name("chosen"), _listed(key)
    scratch.run(
        f"CREATE TABLE {chosen} AS SELECT *, row_number() OVER (PARTITION BY {listed} ORDER BY known_at, _source, "
        f"_file, _row) AS _rank, {_content(columns)} AS _content FROM ({repeated.several})"
    )
    _refuse_conflicts(scratch, chosen, key, where)
    dropped = scratch.rows(f"SELECT _source, _file, count(*) FROM {chosen} WHERE _rank > 1 GROUP BY ALL")
    kept = f"{repeated.single} UNION ALL SELECT * EXCLUDE (_rank, _content) FROM {chosen} WHERE _rank = 1"
    return kept, {(source, file): number for source, file, number in dropped}


def without_superseded(
    scratch: Scratch, rows: str, key: tuple[str, ...], columns: list[str], dated: bool
) -> tuple[str, dict[int, int]]:
    """SQL for the ``rows`` of one source without those that a later row of their key contradicts; their count by file.

    Later is known later where the source tells (``dated``), and of those known at once what stands in a later file.
    Rows of one file that contradict each other and are known at once stay both: nobody can say which of them is right.
    """
    repeated = _repeated(scratch, rows, key, key)
    if repeated is None:
        return rows, {}
    turns, by_key = scratch.name("turns"), f"OVER (PARTITION BY {_listed(key)})"
    turn = f"rank() OVER (PARTITION BY {_listed(key)} ORDER BY {'known_at, ' if dated else ''}_file)"
    told = f"SELECT *, {turn} AS _turn, {_content(columns)} AS _content FROM ({repeated.several})"
    last = f"SELECT *, max(_turn) {by_key} AS _last, arg_max(_content, _turn) {by_key} AS _newest FROM ({told})"
    # what the newest row says may have been delivered before, and counts from then on: only what differs gives way
    differed = f"coalesce(max(_turn) FILTER (_content <> _newest) {by_key}, 0)"
    scratch.run(f"CREATE TABLE {turns} AS SELECT *, _turn <= {differed} AND _turn < _last AS _gone FROM ({last})")
    gone = scratch.rows(f"SELECT _file, count(*) FROM {turns} WHERE _gone GROUP BY ALL")
    kept = f"SELECT * EXCLUDE (_turn, _content, _last, _newest, _gone) FROM {turns} WHERE NOT _gone"
    return f"{repeated.single} UNION ALL {kept}", dict(gone)


@dataclass(frozen=True)
class _Repeated:
    """SQL for the rows whose key may stand on several rows, and for all others."""

    several: str
    single: str


def _repeated(scratch: Scratch, rows: str, key: tuple[str, ...], present: tuple[str, ...]) -> _Repeated | None:
    """The rows apart by whether their key repeats; None where no key does.

    Hashes find the few candidates cheaply; only those are compared in full.
    """
    hashed, named = f"hash({_listed(key)})", " AND ".join(f"{ident(name)} IS NOT NULL" for name in present)
    found = scratch.name("repeated")
    scratch.run(
        f"CREATE TABLE {found} AS SELECT h FROM (SELECT {hashed} AS h FROM ({rows}) WHERE {named}) "
        "GROUP BY h HAVING count(*) > 1"
    )
    if scratch.one(f"SELECT count(*) FROM {found}")[0] == 0:
        return None
    several = f"SELECT * FROM ({rows}) WHERE {named} AND {hashed} IN (SELECT h FROM {found})"
    return _Repeated(several, f"SELECT * FROM ({rows}) WHERE NOT ({named}) OR {hashed} NOT IN (SELECT h FROM {found})")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(ident(name) for name in names)


def _content(columns: list[str]) -> str:
    return f"hash({_listed(name for name in columns if name not in _APART)})"


def _refuse_conflicts(scratch: Scratch, chosen: str, key: tuple[str, ...], where: str) -> None:
    listed = _listed(key)
    conflicts = f"SELECT {listed} FROM {chosen} GROUP BY {listed} HAVING count(DISTINCT _content) > 1"
    number = scratch.one(f"SELECT count(*) FROM ({conflicts})")[0]
    if number:
        shown = "; ".join(", ".join(map(str, row)) for row in scratch.rows(f"{conflicts} ORDER BY ALL LIMIT 3"))
        keys = "key" if number == 1 else "keys"
        raise ContractError(
            f"{where}: {number:,} {keys} ({', '.join(key)}) on rows that contradict each other, e.g. {shown}",
            hint="where later files correct earlier ones, say repeated: latest; else give them a finer key, filter "
            "with where, or correct the export",
        )

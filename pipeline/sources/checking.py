"""Rows cast and checked: each landed row gets a state, and each that is not accepted a reason.

The state is null for an accepted row, -1 for one that ``where`` filters out, and otherwise the number of the first
check that it fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.config import Negation
from pipeline.contracts import CONTRACTS
from pipeline.sources.cast import Cell
from pipeline.sources.landing import TEXT, Landed, Reject, Sink
from pipeline.sources.scratch import Scratch, ident, text

FILTERED = -1
FILLED_IN = (
    "known_at",
    *(
        name
        for each in CONTRACTS.values()
        for name, told in each.columns.items()
        if told.kind == "moment" and told.known_by
    ),
)
"""Moments that a source tells of a row later than its beginning, and never before they happened."""
_BATCH = 20_000


@dataclass(frozen=True)
class Check:
    """A condition over raws and values that must not hold."""

    column: str | None
    condition: str
    rule: str
    shown: str


@dataclass
class Checked:
    """A relation of cast rows with their states, and what each state means."""

    relation: str
    checks: list[Check]
    raw: str
    landed: Landed
    rejected: dict[int, int] = field(default_factory=dict)
    filtered: dict[int, int] = field(default_factory=dict)
    first: datetime | None = None
    last: datetime | None = None
    heard: datetime | None = None  # the latest moment that any accepted row tells of
    early: int = 0  # accepted rows from before their account started

    @property
    def accepted(self) -> str:
        """SQL for the rows that hold."""
        if not any(self.rejected.values()) and not any(self.filtered.values()):
            return f"SELECT * FROM {self.relation}"
        return f"SELECT * FROM {self.relation} WHERE _state IS NULL"


def check_rows(
    scratch: Scratch,
    landed: Landed,
    cells: list[Cell],
    keep: str,
    extra: list[Check],
    join: str = "",
    raws: Mapping[str, str] | None = None,
    early: str = "false",
) -> Checked:
    """Cast ``landed`` into ``cells`` (as ``v_<name>``) and give each row its state.

    ``keep`` is the condition of the filter over landed columns, ``extra`` are checks beyond the cells' own, ``join``
    SQL that they need, ``raws`` further raws by alias, ``early`` a condition for rows that are from too early.
    """
    checks = [Check(cell.source or cell.name, *check, cell.shown) for cell in cells for check in cell.checks] + extra
    own = {alias: sql for cell in cells for alias, sql in cell.raws.items()}
    named = own | dict(raws or {})
    first = "".join(f", {sql} AS {ident(alias)}" for alias, sql in named.items())
    second = "".join(f", {cell.value} AS {ident('v_' + cell.name)}" for cell in cells)
    cases = "".join(f" WHEN {check.condition} THEN {number}" for number, check in enumerate(checks, start=1))
    state = f"CASE WHEN NOT _keep THEN {FILTERED}{cases} END"
    joined = ", known._known, known._started" if join else ""
    rows = f"SELECT _file, _row, {keep} AS _keep{first} FROM {landed.view}"
    sql = f"SELECT v.*{joined}, CAST({state} AS SMALLINT) AS _state FROM (SELECT *{second} FROM ({rows})) v {join}"
    relation = scratch.name("checked")
    # files of text are parsed once and their casts kept; typed files are cheaper to read again than to copy
    scratch.run(f"CREATE {'VIEW' if landed.streamed else 'TABLE'} {relation} AS {sql}")
    raw = ", ".join(f"{text(_bare(alias))}: CAST({ident(alias)} AS VARCHAR)" for alias in own)
    checked = Checked(relation, checks, f"CAST(to_json({{{raw}}}) AS VARCHAR)" if raw else "''", landed)
    _count(scratch, checked, early)
    return checked


def _bare(alias: str) -> str:
    return alias.removeprefix("r_").rsplit("_", 1)[0] if alias.endswith("_0") else alias.removeprefix("r_")


def _count(scratch: Scratch, checked: Checked, early: str) -> None:
    """One pass over the rows for everything that is counted."""
    columns = scratch.columns(checked.relation)
    moment = next((name for name in ("v_occurred_at", "v_started_at") if name in columns), "CAST(NULL AS TIMESTAMP)")
    words = [moment, *(ident(f"v_{name}") for name in FILLED_IN if f"v_{name}" in columns)]
    heard = f"greatest({', '.join(words)})" if len(words) > 1 else moment
    found = scratch.rows(
        f"SELECT _file, count(*) FILTER (_state = {FILTERED}), count(*) FILTER (_state > 0), "
        f"min({moment}) FILTER (_state IS NULL), max({moment}) FILTER (_state IS NULL), "
        f"count(*) FILTER (_state IS NULL AND {early}), max({heard}) FILTER (_state IS NULL) "
        f"FROM {checked.relation} GROUP BY _file"
    )
    checked.filtered = {row[0]: row[1] for row in found}
    checked.rejected = {row[0]: row[2] for row in found}
    checked.first = min((row[3] for row in found if row[3]), default=None)
    checked.last = max((row[4] for row in found if row[4]), default=None)
    checked.early = sum(row[5] for row in found)
    checked.heard = max((row[6] for row in found if row[6]), default=None)


def send_rejects(scratch: Scratch, checked: Checked, sink: Sink) -> None:
    """Hand every row that failed a check to ``sink``, with its line and raw text."""
    if not any(checked.rejected.values()):
        return
    shown = "".join(f" WHEN {number} THEN {check.shown}" for number, check in enumerate(checked.checks, start=1))
    cursor = scratch.connection.cursor()
    cursor.execute(
        f"SELECT _file, _row, _state, CASE _state{shown} END, {checked.raw} FROM {checked.relation} "
        "WHERE _state > 0 ORDER BY _file, _row"
    )
    while batch := cursor.fetchmany(_BATCH):
        _send(batch, checked, sink)
    cursor.close()


def _send(batch: list[tuple[int, int, int, str | None, str]], checked: Checked, sink: Sink) -> None:
    for number, file in enumerate(checked.landed.files):
        rows = [row for row in batch if row[0] == number]
        places = {row[1]: row[1] - file.first if _ordinal(file.locate) else row[1] for row in rows}
        found = file.locate(places.values()) if file.locate and rows else {}
        for _, at, state, value, raw in rows:
            check = checked.checks[state - 1]
            line, original = found.get(places[at], (at, raw))
            sink(Reject(file.name, line, check.column, check.rule, value, original))


def _ordinal(locate: object) -> bool:
    return bool(getattr(locate, "ordinal", False))


def keep_condition(where: Mapping[str, Negation | tuple[str, ...]], types: Mapping[str, str]) -> str:
    """SQL for the rows that ``where`` keeps."""
    tests = []
    for column, choice in where.items():
        negated = isinstance(choice, Negation)
        test = _one_of(column, types[column], choice.not_ if isinstance(choice, Negation) else choice)
        tests.append(f"NOT ({test})" if negated else f"({test})")
    return " AND ".join(tests) or "true"


def _one_of(column: str, kind: str, values: tuple[str, ...]) -> str:
    told = f"trim({ident(column)})" if kind == TEXT else f"CAST({ident(column)} AS VARCHAR)"
    words = [value for value in values if value != "null"]
    plain = [text(word) for word in words if word not in ("true", "false")]
    truth = [text(word) for word in words if word in ("true", "false")]
    tests = [f"{told} IN ({', '.join(plain)})"] if plain else []
    tests += [f"lower({told}) IN ({', '.join(truth)})"] if truth else []
    if "null" in values:
        tests.append(f"nullif({told}, '') IS NULL")
    return " OR ".join(f"coalesce({test}, false)" for test in tests)

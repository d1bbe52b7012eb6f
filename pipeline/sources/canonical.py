"""From checked rows to the canonical table: rules between columns, what is derived, and week numbers."""

from __future__ import annotations

from datetime import date, timedelta

from pipeline.clock import Calendar
from pipeline.contracts import CONTRACTS, SQL_TYPES
from pipeline.sources.checking import Check
from pipeline.sources.plan import Plan
from pipeline.sources.scratch import ident, text

_PRIORITIES = ("low", "normal", "high", "urgent")
_KINDS = ("nps", "csat", "ces")
_ORDER = {
    "subscriptions": [("ended_at", "started_at", "ends before it starts")],
    "tickets": [
        ("solved_at", "occurred_at", "is solved before it was created"),
        ("first_response_at", "occurred_at", "is answered before it was created"),
    ],
}
"""(later, earlier, what is wrong where they are not): pairs of moments that follow each other."""


def between_columns(plan: Plan) -> list[Check]:
    """Checks that look at more than one column, or at words that a contract lists."""
    checks = []
    for later, earlier, rule in _ORDER.get(plan.table, []):
        if later in plan.columns and earlier in plan.columns:
            condition = f"{_v(later)} < {_v(earlier)} AND NOT ({_only_a_day(later, earlier)})"
            checks.append(Check(later, condition, rule, f"CAST({_v(later)} AS VARCHAR)"))
    if plan.table == "subscriptions" and "occurred_at" not in plan.columns:
        checks.append(Check("started_at", f"{_v('started_at')} IS NULL", "is missing", "NULL"))
    if plan.table == "tickets" and "priority" in plan.columns:
        checks.append(_listed("priority", _PRIORITIES))
    if plan.table == "surveys":
        checks += [_listed("kind", _KINDS), *_scales(plan)]
    return checks


def _only_a_day(later: str, earlier: str) -> str:
    """Whether of a moment nothing but its day is told, the day of the one that it follows."""
    return f"{_v(later)} = date_trunc('day', {_v(earlier)})"


def _in_order(table: str, columns: dict[str, str]) -> None:
    """A moment of which only the day is told is no earlier on that day than the one that it follows."""
    for later, earlier, _ in _ORDER.get(table, []):
        if later in columns and earlier in columns:
            columns[later] = f"CASE WHEN {_only_a_day(later, earlier)} THEN {_v(earlier)} ELSE {_v(later)} END"


def _v(name: str) -> str:
    return ident(f"v_{name}")


def _listed(name: str, words: tuple[str, ...]) -> Check:
    told = f"lower({_v(name)})"
    condition = f"{told} NOT IN ({', '.join(map(text, words))})"
    return Check(name, condition, f"is none of {', '.join(words)}; map it with values", _v(name))


def _scales(plan: Plan) -> list[Check]:
    """A score outside of its scale is no answer to the question."""
    if "score" not in plan.columns:
        return []
    checks = []
    for kind in _KINDS:
        scale = plan.source.scales.get(kind)  # type: ignore[call-overload]
        low, high = (scale.min, scale.max) if scale else (0, 10)
        here, shown = f"lower({_v('kind')}) = {text(kind)}", f"CAST({_v('score')} AS VARCHAR)"
        if scale is None and kind != "nps":
            checks.append(
                Check("score", f"{here} AND {_v('score')} IS NOT NULL", f"has no declared {kind} scale", shown)
            )
            continue
        outside = f"{here} AND ({_v('score')} < {low!r} OR {_v('score')} > {high!r})"
        checks.append(Check("score", outside, f"is outside of the {kind} scale {low:g} to {high:g}", shown))
    return checks


def _score(plan: Plan) -> str:
    """The score on the contract's scale: nps 0 to 10, the others 0 (worst) to 1 (best)."""
    cases = []
    for kind, scale in plan.source.scales.items():
        share = f"(({_v('score')} - {scale.min!r}) / {scale.max - scale.min!r})"
        share = share if scale.higher_is == "better" else f"(1 - {share})"
        cases.append(f" WHEN lower({_v('kind')}) = {text(kind)} THEN {share if kind != 'nps' else f'10 * {share}'}")
    return f"CASE{''.join(cases)} ELSE {_v('score')} END" if cases else _v("score")


def canonical_sql(plan: Plan, relation: str, calendar: Calendar) -> str:
    """SELECT of the table's columns, with ``_file`` and ``_row``, from the accepted rows."""
    columns = {name: _v(name) for name in plan.columns}
    _in_order(plan.table, columns)
    values = _derived(plan, columns, calendar)
    occurred = values.pop("occurred_at")
    made = "".join(f"{sql} AS {ident(name)}, " for name, sql in values.items())
    others = "".join(f"{ident(name)}, " for name in values if name != "account_id")
    weeks = ", ".join(
        f"{week_of(name, calendar)} AS {week}"
        for name, week in (("occurred_at", "occurred_week"), ("known_at", "known_week"))
    )
    return (
        f"SELECT account_id, occurred_at, known_at, {weeks}, {others}_file, _row FROM (SELECT {made}"
        f"{occurred} AS occurred_at, {_known(plan, occurred, columns)} AS known_at, _file, _row FROM ({relation}))"
    )


def _derived(plan: Plan, columns: dict[str, str], calendar: Calendar) -> dict[str, str]:
    """SQL for every contract column and attribute; typed nulls where nothing is mapped."""
    contract = CONTRACTS[plan.table].columns
    empty = {name: f"CAST(NULL AS {SQL_TYPES[column.kind]})" for name, column in contract.items()}
    extra = {name: sql for name, sql in columns.items() if name.startswith(("attr_", "snapshot_"))}
    values = {"account_id": columns["account_id"]} | empty | {k: v for k, v in columns.items() if k in contract} | extra
    values["occurred_at"] = columns.get("occurred_at", columns.get("started_at", ""))
    special = {"usage": _usage, "tickets": _tickets, "surveys": _surveys, "subscriptions": _subscriptions}
    if plan.table == "accounts":
        # nobody knows when it began: it counts as known from the first week on
        values["occurred_at"] = f"coalesce({values['occurred_at'] or 'NULL'}, TIMESTAMP '1970-01-05')"
    if plan.table in special:
        special[plan.table](plan, values, columns)
    if "retracted_at" in columns:
        values["retracted_week"] = week_of(columns["retracted_at"], calendar)
    values |= {name: _after_delay(plan, values[told.known_of]) for name, told in contract.items() if told.known_of}
    return values


def _usage(plan: Plan, values: dict[str, str], columns: dict[str, str]) -> None:
    values["event"] = f"coalesce({columns['event']}, 'use')" if "event" in columns else "'use'"
    if "quantity" not in columns:
        values["quantity"] = "CAST(1000000 AS BIGINT)"


def _tickets(plan: Plan, values: dict[str, str], columns: dict[str, str]) -> None:
    """A moment and the seconds until it tell each other."""
    if "priority" in columns:
        values["priority"] = f"lower({columns['priority']})"
    for moment, seconds in (("solved_at", "resolution_seconds"), ("first_response_at", "first_response_seconds")):
        if moment not in columns and seconds in columns:
            values[moment] = f"({values['occurred_at']} + to_seconds({columns[seconds]}))"
        elif seconds not in columns and moment in columns:
            values[seconds] = f"date_diff('second', {values['occurred_at']}, {columns[moment]})"


def _surveys(plan: Plan, values: dict[str, str], columns: dict[str, str]) -> None:
    """Only an answer has a moment of answering."""
    values["kind"] = f"lower({columns['kind']})"
    if "score" in columns:
        values["score"] = _score(plan)
    told = [columns[name] for name in ("score", "comment") if name in columns]
    answered = " OR ".join(f"{column} IS NOT NULL" for column in told) or "false"
    values["answered_at"] = f"CASE WHEN {answered} THEN {columns.get('answered_at', values['occurred_at'])} END"


def _subscriptions(plan: Plan, values: dict[str, str], columns: dict[str, str]) -> None:
    if "started_at" not in columns:
        values["started_at"] = values["occurred_at"]


def _known(plan: Plan, occurred: str, columns: dict[str, str]) -> str:
    """When a row was known: as told, else after the source's delay; never before it happened."""
    assumed = _after_delay(plan, occurred)
    if "known_at" not in columns:
        return assumed
    return f"greatest(coalesce({columns['known_at']}, {assumed}), {occurred})"


def _after_delay(plan: Plan, moment: str) -> str:
    micros = (plan.source.delay or timedelta()) // timedelta(microseconds=1)
    return f"({moment} + to_microseconds({micros}))" if micros else moment


def week_of(column: str, calendar: Calendar) -> str:
    """SQL for the week number of a moment, also before the calendar's first week."""
    epoch: date = calendar.epoch - timedelta(weeks=10_000)
    return f"((CAST({column} AS DATE) - DATE '{epoch}') // 7 - 10000)"

"""Amounts in several currencies: each row's rate, and a refusal where one is missing."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.config import CurrencySettings
from pipeline.sources.checking import Check
from pipeline.sources.landing import TEXT, Landed
from pipeline.sources.plan import Plan
from pipeline.sources.scratch import ident, text

NO_RATE = "has no declared rate"


@dataclass(frozen=True)
class Rates:
    """SQL for the raws ``rate`` and ``currency`` of a source, and the checks that they need."""

    raws: dict[str, str]
    checks: list[Check]


def rates(plan: Plan, landed: Landed, settings: CurrencySettings) -> Rates:
    """How a source's money comes to the company's currency; empty where the source names none."""
    coded, rated = _column(plan, "currency"), _column(plan, "rate")
    if coded is None and rated is None:
        return Rates({}, [])
    code = f"upper(trim(CAST({ident(coded)} AS VARCHAR)))" if coded else text(settings.code)
    known = "".join(f" WHEN {text(name.upper())} THEN {rate!r}" for name, rate in settings.rates.items())
    told = f"CASE {code} WHEN {text(settings.code.upper())} THEN 1.0{known} END"
    if rated:
        number = f"TRY_CAST({ident(rated)} AS DOUBLE)"
        strict = rf"regexp_full_match(CAST({ident(rated)} AS VARCHAR), '\d+(\.\d+)?([eE]-?\d+)?')"
        read = f"CASE WHEN {strict} AND {number} > 0 THEN {number} END" if landed.types[rated] == TEXT else number
        told = f"coalesce({read}, {told})"
    raws = {"rate": told, "currency": code}
    return Rates(raws, [Check(coded or rated, "rate IS NULL", NO_RATE, "currency")])


def _column(plan: Plan, name: str) -> str | None:
    found = plan.source.columns.get(name)
    return found.column if found else None

"""Everything that portfolio.json says of one week, and a plain word about what it cannot say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import ibis.expr.types as ir
import pandas as pd

from pipeline.config import Config
from pipeline.engine import Engine
from pipeline.portfolio.adoption import adoption
from pipeline.portfolio.churn_reasons import churn_reasons
from pipeline.portfolio.cohorts import cohorts
from pipeline.portfolio.customers import coverage_known, records_begin, rows_of
from pipeline.portfolio.health import health
from pipeline.portfolio.lifetime import lifetime
from pipeline.portfolio.periods import Period, finished_months
from pipeline.portfolio.retention import Retention, retentions
from pipeline.portfolio.revenue import revenue_by_month
from pipeline.portfolio.support import support
from pipeline.portfolio.surveys import surveys
from pipeline.spine import Tables
from pipeline.texts import say

MONTHS = 24
"""Finished months that are shown."""


@dataclass(frozen=True)
class Known:
    """What one week's figures are computed from, all of it as known at the cutoff.

    ``coverage``: rows of coverage (pipeline.spine) as they are stored; ``churns``: account_id and churned_at;
    ``hidden``: columns of subscriptions that are as of the export, and so say nothing of the past.
    """

    tables: Tables
    coverage: ir.Table
    churns: ir.Table | None
    cutoff: date
    hidden: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Book:
    """The figures of a week: ``retention`` for the headline, ``data`` as portfolio.json holds it."""

    customers: int
    retention: tuple[Retention, ...]
    data: dict[str, Any]


def book(
    known: Known, config: Config, scores: pd.DataFrame, earlier: Iterable[Mapping[str, Any]], engine: Engine
) -> Book:
    """The portfolio of one cutoff. ``scores`` are the week's, ``earlier`` the manifests of the weeks before."""
    cutoff, grace, digits = known.cutoff, config.label.grace_days, config.currency.digits
    coverage = engine.settle(coverage_known(known.coverage, cutoff, grace))
    begin = records_begin(coverage, engine) or cutoff
    notes = _Notes()
    priced = _priced(known, coverage, engine, notes)
    months = finished_months(begin, cutoff, MONTHS)
    customers, kept = retentions(coverage, cutoff, begin, engine, priced)
    revenue = revenue_by_month(coverage, months, cutoff, grace, engine) if priced else None
    data = {
        "as_of": cutoff.isoformat(),
        "currency": {"code": config.currency.code, "digits": digits},
        "customers": customers,
        "retention": [asdict(each) for each in kept],
        "revenue": revenue,
        "cohorts": cohorts(coverage, months, begin, engine, priced),
        "surveys": _surveys(known, months, engine, notes),
        "support": _support(known, months, engine, notes),
        "adoption": _adoption(known, config, coverage, engine, notes),
        "churn_reasons": _reasons(known, engine, notes),
        "health": health(scores, digits, earlier),
        "lifetime": lifetime(revenue, config.portfolio, digits) if priced else None,
    }
    engine.release(coverage)
    for span in (13, 52):
        if span not in {each.weeks for each in kept}:
            notes.add("retention", "begin", begin=begin, weeks=span)
    return Book(customers, tuple(kept), {**data, "notes": notes.told})


class _Notes:
    """Plain words about what a section cannot say."""

    def __init__(self) -> None:
        self.told: list[dict[str, str]] = []

    def add(self, section: str, name: str, **values: object) -> None:
        """``name``: of the text (``book``)."""
        self.told.append({"section": section, "text": say(f"book.{name}", **values)})


def _priced(known: Known, coverage: ir.Table, engine: Engine, notes: _Notes) -> bool:
    """Whether revenue is known, and known of the past."""
    if "mrr" in known.hidden:
        notes.add("revenue", "revenue_of_today")
        return False
    if not rows_of(engine, coverage.aggregate(n=coverage.mrr.notnull().sum()))[0]["n"]:
        notes.add("revenue", "no_revenue")
        return False
    return True


def _surveys(known: Known, months: list[Period], engine: Engine, notes: _Notes) -> dict[str, Any] | None:
    if "surveys" not in known.tables:
        notes.add("surveys", "no_surveys")
        return None
    found = surveys(known.tables["surveys"], known.cutoff, months, engine)
    for kind, each in found.items():
        if each["asked"] and each["response_rate"] is None:
            notes.add("surveys", "no_response_rate", kind=kind.upper())
    return found


def _support(known: Known, months: list[Period], engine: Engine, notes: _Notes) -> dict[str, Any] | None:
    if "tickets" not in known.tables:
        notes.add("support", "no_tickets")
        return None
    found = support(known.tables["tickets"], known.cutoff, months, engine)
    for name in ("first_response", "resolution"):
        if found["now"][name] is None:
            notes.add("support", f"no_{name}")
    return found


def _adoption(known: Known, config: Config, coverage: ir.Table, engine: Engine, notes: _Notes) -> dict[str, Any] | None:
    if "usage" not in known.tables:
        folded = "levels" in known.tables
        notes.add("adoption", "use_by_period" if folded else "no_usage")
        return None
    settings, week = config.features, config.calendar.calendar.week_of(known.cutoff)
    if "plan" in known.hidden:
        notes.add("adoption", "plans_of_today")
    return adoption(
        known.tables["usage"], coverage, known.cutoff, week, settings.features, settings.plan_features, engine
    )


def _reasons(known: Known, engine: Engine, notes: _Notes) -> dict[str, Any] | None:
    found = None if known.churns is None else churn_reasons(known.tables, known.churns, known.cutoff, engine)
    if found is None:
        notes.add("churn_reasons", "no_churn_reason")
    return found

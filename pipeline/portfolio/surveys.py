"""What customers said when asked: NPS, CSAT and CES with the rate of response and an interval.

    NPS     per cent of answers 9 and 10, less per cent of answers 0 to 6 (Reichheld 2003)          -100 to 100
    CSAT    per cent of answers in the upper quarter of the scale: 4 and 5 of 5, 6 and 7 of 7          0 to 100
    CES     mean answer, 0 the hardest and 100 the easiest of the declared scale (Dixon et al. 2010)   0 to 100

An answer counts in the period in which the question was put, if it was known at the cutoff.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from models.shares import wilson
from pipeline.engine import Engine
from pipeline.portfolio.customers import rows_of
from pipeline.portfolio.intervals import Answers, mean_of, net_promoter
from pipeline.portfolio.periods import Period, last_weeks, period_table

WEEKS = 13
SATISFIED = 0.75
_STEPS = 1000
_ROUNDED = 1e-9

METHODS = {
    "nps": "adjusted Wald (Rocks 2016)",
    "csat": "Wilson score (Wilson 1927)",
    "ces": "Student's t",
}


@dataclass(frozen=True)
class SurveyFigures:
    """One kind of question in one period; None where nothing was answered or the figure cannot be known."""

    asked: int
    answered: int
    accounts: int
    response_rate: float | None
    value: float | None
    low: float | None
    high: float | None
    promoters: int | None = None
    passives: int | None = None
    detractors: int | None = None


def surveys(rows: ir.Table, cutoff: Any, months: Sequence[Period], engine: Engine) -> dict[str, Any]:
    """The figures of each kind that was asked (portfolio.json, ``surveys``)."""
    spans = [last_weeks(cutoff, WEEKS), last_weeks(cutoff, WEEKS, WEEKS), *months]
    known = _known(rows, spans[0])
    found = {(row["kind"], row["period"]): row for row in rows_of(engine, _sums(known, spans, engine))}
    everything = rows_of(
        engine, known.group_by("kind").aggregate(asked=known.count(), answered=known.is_answered.sum())
    )
    silent = {row["kind"] for row in everything if row["asked"] > row["answered"]}
    kinds = [kind for kind in METHODS if any(name == kind for name, _ in found)]
    return {kind: _told(kind, found, months, kind in silent) for kind in kinds}


def _known(rows: ir.Table, last: Period) -> ir.Table:
    """The questions known at the cutoff, with what was answered by then: ``y`` is what the figure is a mean of."""
    at = ibis.literal(last.end_at)
    asked = rows.filter(rows.known_at < at, rows.occurred_at < at)
    is_answered = asked.score.notnull() & (asked.answered_at < at).fill_null(False)
    score = asked.score
    net = (score >= 9).ifelse(1, 0) - (score <= 6).ifelse(1, 0)
    pleased = (score >= SATISFIED - _ROUNDED).ifelse(1, 0)
    ease = (score * _STEPS).round().cast("int64")
    y = (asked.kind == "nps").ifelse(net, (asked.kind == "csat").ifelse(pleased, ease))
    return asked.select(
        "account_id", "kind", "occurred_at", "score", is_answered=is_answered, y=is_answered.ifelse(y, 0).cast("int64")
    )


def _sums(known: ir.Table, spans: Sequence[Period], engine: Engine) -> ir.Table:
    """Integer sums over the answers of each kind and period, and over the accounts that gave them."""
    periods = engine.frame(period_table(spans))
    within = known.join(periods, [known.occurred_at >= periods.start_at, known.occurred_at < periods.end_at])
    each = within.group_by("account_id", "kind", "period").aggregate(
        asked=within.count(),
        n=_count(within.is_answered),
        y=within.y.sum().cast("int64"),
        y2=(within.y * within.y).sum().cast("int64"),
        promoters=_count(within.is_answered & (within.score >= 9)),
        detractors=_count(within.is_answered & (within.score <= 6)),
    )
    return each.group_by("kind", "period").aggregate(
        **{name: each[name].sum().cast("int64") for name in ("asked", "n", "y", "y2", "promoters", "detractors")},
        accounts=_count(each.n > 0),
        account_y2=(each.y * each.y).sum().cast("int64"),
        account_yn=(each.y * each.n).sum().cast("int64"),
        account_n2=(each.n * each.n).sum().cast("int64"),
    )


def _count(holds: Any) -> Any:
    return holds.ifelse(1, 0).sum().cast("int64")


def _told(kind: str, found: dict[Any, dict[str, Any]], months: Sequence[Period], silent: bool) -> dict[str, Any]:
    now, before = (figures(kind, found.get((kind, place)), silent) for place in (0, 1))
    by_month = [(month.name, figures(kind, found.get((kind, place)), silent)) for place, month in enumerate(months, 2)]
    return {
        **asdict(now),
        "weeks": WEEKS,
        "method": METHODS[kind],
        "confidence": 0.95,
        "before": asdict(before),
        "by_month": [{"month": month, **_short(each)} for month, each in by_month],
    }


def _short(each: SurveyFigures) -> dict[str, Any]:
    return {name: getattr(each, name) for name in ("asked", "answered", "response_rate", "value", "low", "high")}


def figures(kind: str, row: dict[str, Any] | None, silent: bool = True) -> SurveyFigures:
    """The figures of one kind from its sums.

    Where no question of the source was ever left unanswered (``silent`` is false) the unanswered ones are not in the
    export, and the rate of response is unknown rather than 100 %.
    """
    if row is None:
        return SurveyFigures(0, 0, 0, None, None, None, None)
    rate = row["n"] / row["asked"] if silent and row["asked"] else None
    counts = (row["asked"], row["n"], row["accounts"], rate)
    if not row["n"]:
        return SurveyFigures(*counts, None, None, None)
    names = ("n", "y", "y2", "accounts", "account_y2", "account_yn", "account_n2")
    value, low, high = _interval(kind, Answers(**{name: row[name] for name in names}), row)
    if kind != "nps":
        return SurveyFigures(*counts, value, low, high)
    best, worst = row["promoters"], row["detractors"]
    return SurveyFigures(*counts, value, low, high, best, row["n"] - best - worst, worst)


def _interval(kind: str, answers: Answers, row: dict[str, Any]) -> tuple[float, float | None, float | None]:
    effect = answers.effect()
    n = answers.n / effect
    if kind == "ces":
        ends = mean_of(answers, n)
        scale = 100 / _STEPS
        low, high = (None, None) if ends is None else (max(0.0, scale * ends[0]), min(100.0, scale * ends[1]))
        return scale * answers.mean, low, high
    if kind == "nps":
        lower, upper = net_promoter(row["promoters"] / effect, row["detractors"] / effect, n)
    else:
        lower, upper = wilson(answers.y / effect, n)
    return 100 * answers.mean, 100 * lower, 100 * upper

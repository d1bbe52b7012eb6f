"""The charts of the book as a whole, each with its figures."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pandas as pd

from models.shares import wilson
from pipeline.deliver import words
from pipeline.deliver.delivery import Delivery
from pipeline.deliver.site import charts
from pipeline.deliver.site.charts import Chart, drawn
from pipeline.figures import decimal, number, percent, short_day, short_money
from pipeline.portfolio import Realised
from pipeline.portfolio.headline import BANDS

STEP = 5


def charts_of(delivery: Delivery, texts: dict[str, Any]) -> list[Chart]:
    """Health of all accounts, bands and revenue at risk over time, and how sure that is."""
    found = [_distribution(delivery, texts), _bands(delivery, texts), _risk(delivery, texts)]
    return [chart for chart in (*found, sure(delivery, texts) or coverage(delivery, texts)) if chart is not None]


def weeks(delivery: Delivery) -> list[tuple[date, pd.DataFrame]]:
    """The published weeks with their scores, oldest first, this one last."""
    return [*((week.as_of, week.scores) for week in reversed(delivery.past)), (delivery.about.as_of, delivery.health)]


def _distribution(delivery: Delivery, texts: dict[str, Any]) -> Chart | None:
    about, told = delivery.about, texts["charts"]
    health = delivery.health["health"].astype(float)
    if health.empty:
        return None
    steps = Counter(float(value) // STEP * STEP for value in health.clip(upper=99.99))
    counts = [(edge, count, _band_of(edge, delivery)) for edge, count in sorted(steps.items())]
    rows = tuple((told["step"].format(low=round(edge), high=round(edge) + STEP), decimal(n)) for edge, n, _ in counts)
    sentence = told["distribution_told"].format(red=number(about.red), amber=number(about.amber))
    svg = drawn(charts.distribution(counts, told), sentence)
    return Chart(told["distribution"], sentence, svg, (told["health"], told["accounts"]), rows)


def _band_of(health: float, delivery: Delivery) -> str:
    return "red" if health < delivery.about.red else "amber" if health < delivery.about.amber else "green"


def _bands(delivery: Delivery, texts: dict[str, Any]) -> Chart:
    told = texts["charts"]
    counts = [(day, frame["band"].value_counts()) for day, frame in weeks(delivery)]
    points = [(short_day(day), band, int(count.get(band, 0))) for day, count in counts for band in BANDS]
    rows = tuple((words.day(day), *(decimal(int(count.get(band, 0))) for band in BANDS)) for day, count in counts)
    heads = (told["week"], *(words.band(band) for band in BANDS))
    svg = drawn(charts.bands_over_time(points, told), told["bands_told"])
    return Chart(told["bands"], _of(delivery, told["bands_told"], told), svg, heads, rows)


def _risk(delivery: Delivery, texts: dict[str, Any]) -> Chart | None:
    told, about = texts["charts"], delivery.about
    sums = [(day, revenue_at_risk(frame, about.provisional)) for day, frame in weeks(delivery)]
    known = [(day, value) for day, value in sums if value is not None]
    if not known:
        return None
    sentence = (
        told["red_told"] if about.provisional else told["risk_told"].format(verb=about.label, days=about.horizon_days)
    )
    title = told["money"].format(currency=about.currency).strip()
    svg = drawn(charts.over_time([(short_day(day), value) for day, value in known], title), sentence)
    rows = tuple((words.day(day), short_money(value, about.currency)) for day, value in known)
    return Chart(told["risk"], _of(delivery, sentence, told), svg, (told["week"], title), rows)


def revenue_at_risk(frame: pd.DataFrame, provisional: bool) -> float | None:
    """Chance times revenue, summed; in red accounts where there are no chances. None where revenue is not known."""
    if "arr" not in frame.columns:
        return None
    weight = (frame["band"] == "red").astype(float) if provisional else frame["churn_probability"].astype(float)
    total = (frame["arr"].astype(float) * weight).sum(min_count=1)
    return None if pd.isna(total) else float(total)


def sure(delivery: Delivery, texts: dict[str, Any]) -> Chart | None:
    """What was expected of each band of an earlier week, and what happened; None where that cannot be told yet."""
    told, about, book = texts["charts"], delivery.about, delivery.portfolio
    groups = [group for group in book.realised if group.group in BANDS and group.accounts]
    if not groups:
        return None
    expected = _expected(delivery)
    rows = [_compared(group, expected.get(group.group)) for group in groups]
    sentence = told["sure_told" if expected else "sure_scorecard"].format(weeks=book.realised_weeks)
    if not book.realised_final:
        ended = decimal(sum(group.ended for group in groups))
        sentence = f"{sentence} {told['sure_so_far'].format(ended=ended, grace=about.grace_days)}"
    left = told["left"].format(days=about.horizon_days)
    heads = (told["band"], left, told["range"], told["expected"])
    figures = tuple(
        (
            row["label"],
            percent(row["realised"]),
            f"{percent(row['low'])} – {percent(row['high'])}",
            "" if row["expected"] is None else percent(row["expected"]),
        )
        for row in rows
    )
    svg = drawn(charts.expected_and_realised(rows, left), sentence)
    return Chart(told["sure"], sentence, svg, heads, figures)


def _expected(delivery: Delivery) -> dict[str, float]:
    """The mean chance of each band in the week that is looked back on."""
    day = delivery.about.as_of - timedelta(weeks=delivery.portfolio.realised_weeks)
    then = next((week for week in delivery.past if week.as_of == day), None)
    if then is None or "churn_probability" not in then.scores.columns:
        return {}
    means = then.scores.groupby("band")["churn_probability"].mean().dropna()
    return {str(band): float(mean) for band, mean in means.items()}


def _compared(group: Realised, expected: float | None) -> dict[str, Any]:
    low, high = wilson(group.left, group.accounts)
    share = group.left / group.accounts
    label = words.band(group.group)
    return {"label": label, "band": group.group, "realised": share, "low": low, "high": high, "expected": expected}


def coverage(delivery: Delivery, texts: dict[str, Any]) -> Chart | None:
    """How many accounts how many of the sources speak for."""
    told = texts["charts"]
    if "coverage" not in delivery.health.columns or delivery.health["coverage"].dropna().empty:
        return None
    counts = sorted(Counter(round(float(share), 2) for share in delivery.health["coverage"].dropna()).items())
    rows = tuple((percent(share), decimal(count)) for share, count in counts)
    bars = [(percent(share), count) for share, count in counts]
    svg = drawn(charts.counts(bars, told), told["coverage_told"])
    return Chart(told["coverage"], told["coverage_told"], svg, (told["coverage"], told["accounts"]), rows)


def _of(delivery: Delivery, sentence: str, told: dict[str, Any]) -> str:
    return sentence if delivery.past else f"{sentence} {told['one_week']}"

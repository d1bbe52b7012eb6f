"""A footnote: what a customer is worth over its life, and what winning one anew would cost.

    lifetime value = monthly revenue of a customer (times the gross margin, where it is configured)
                     / monthly share of customers that leave

over the last finished months. It holds if the future is like these months, which is why it is a footnote. That winning
a customer costs 5 to 25 times what keeping one costs is a rule of thumb (Gallo, Harvard Business Review, 29 October
2014), not measured here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.config import PortfolioSettings
from pipeline.texts import say

MONTHS = 12
FEWEST = 3


def lifetime(revenue: Sequence[dict[str, Any]] | None, settings: PortfolioSettings, digits: int) -> dict[str, Any]:
    """The footnote (portfolio.json, ``lifetime``) from the months of revenue; amounts in minor units."""
    months = [month for month in revenue or () if month["final"]][-MONTHS:]
    low, high = settings.acquisition_factor
    keep = None if settings.cost_to_keep is None else round(settings.cost_to_keep * 10**digits)
    return {
        **_value(months, settings),
        "factor": [low, high],
        "cost_to_keep": keep,
        "cost_to_win": None if keep is None else [round(keep * low), round(keep * high)],
        "assumptions": list(_assumptions(months, settings)),
    }


def _value(months: Sequence[dict[str, Any]], settings: PortfolioSettings) -> dict[str, Any]:
    at_risk = sum(month["accounts"]["start"] for month in months)
    left = sum(month["accounts"]["churn"] for month in months)
    paid = sum(month["start"] for month in months)
    rate = left / at_risk if at_risk and len(months) >= FEWEST else None
    usual = round(paid / at_risk) if at_risk else None
    value = None if not rate or usual is None else round(usual * (settings.gross_margin or 1.0) / rate)
    return {"value": value, "monthly_churn": rate, "revenue_per_customer": usual, "months": len(months)}


def _assumptions(months: Sequence[dict[str, Any]], settings: PortfolioSettings) -> list[str]:
    low, high = settings.acquisition_factor
    told = []
    if len(months) < FEWEST:
        told.append(say("book.few_months", least=FEWEST, months=len(months)))
    elif not sum(month["accounts"]["churn"] for month in months):
        told.append(say("book.nobody_left", months=len(months)))
    else:
        told.append(say("book.goes_on", months=len(months)))
        told.append(
            say("book.no_margin")
            if settings.gross_margin is None
            else say("book.margin", margin=f"{100 * settings.gross_margin:g}")
        )
    told.append(say("book.winning", low=f"{low:g}", high=f"{high:g}"))
    if settings.cost_to_keep is None:
        told.append(say("book.no_cost_to_keep"))
    return told

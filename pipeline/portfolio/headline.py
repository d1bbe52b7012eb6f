"""The book of customers in a few figures: the last 13 weeks, the bands, and what became of an earlier list.

A figure that cannot be known (nobody at the start, no revenue given) is None, never 0.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, field, replace

import pandas as pd

from pipeline.portfolio.retention import Retention

BANDS = ("red", "amber", "green")


@dataclass(frozen=True)
class BandShare:
    """One band: how many accounts, their share, and what they are worth a year (None where nothing is known)."""

    band: str
    accounts: int
    share: float
    arr: float | None


@dataclass(frozen=True)
class Realised:
    """What became of a group of accounts of an earlier week: how many there were and how many left since.

    ``ended``: whose coverage has ended and whose grace is not over; they are none of those who ``left``.
    """

    group: str
    accounts: int
    left: int
    share: float | None
    ended: int = 0


@dataclass(frozen=True)
class Portfolio:
    """The figures of one cutoff; percentages are 0 to 100.

    ``realised`` is of the list of ``realised_weeks`` ago; ``realised_final``: whether its horizon and grace are over.
    """

    customers: int
    customers_then: int | None = None
    won: int | None = None
    lost: int | None = None
    retention: float | None = None
    logo_churn: float | None = None
    gross_revenue_retention: float | None = None
    net_revenue_retention: float | None = None
    bands: tuple[BandShare, ...] = ()
    realised: tuple[Realised, ...] = field(default=())
    realised_weeks: int = 13
    realised_final: bool = False

    def to_dict(self) -> dict[str, object]:
        """As plain values for JSON."""
        return asdict(self)


def portfolio(
    scored: pd.DataFrame,
    customers: int,
    kept: Retention | None = None,
    realised: tuple[Realised, ...] = (),
    weeks: int = 13,
    final: bool = False,
) -> Portfolio:
    """The headline of a week.

    ``scored`` (band, arr) are this week's scores, ``customers`` those of the day, with those who have given notice;
    ``kept`` is the retention of the last 13 weeks, None where the records do not reach back; ``realised`` what became
    of the list of ``weeks`` ago, ``final`` where no more can become of it.
    """
    shares = tuple(_bands(scored))
    book = Portfolio(customers, bands=shares, realised=realised, realised_weeks=weeks, realised_final=final)
    if kept is None:
        return book
    return replace(
        book,
        customers_then=kept.customers_then,
        won=kept.won,
        lost=kept.lost,
        retention=kept.retention,
        logo_churn=kept.logo_churn,
        gross_revenue_retention=kept.gross_revenue_retention,
        net_revenue_retention=kept.net_revenue_retention,
    )


def realised_churn(
    scores_then: pd.DataFrame, listed_then: pd.DataFrame, left: Collection[str], ended: Collection[str] = ()
) -> tuple[Realised, ...]:
    """Of those of each band, listed and not listed at an earlier week: how many have left since.

    ``scores_then`` and ``listed_then`` are that week's health_scores and at_risk; ``left`` the account ids that
    churned between that week and now, ``ended`` those whose grace is not over. Without an untouched group this shows no
    effect of the list.
    """
    is_listed = scores_then["account_id"].isin(listed_then["account_id"])
    groups = [(band, scores_then["band"] == band) for band in BANDS]
    groups += [("listed", is_listed), ("not listed", ~is_listed)]
    return tuple(_realised(name, scores_then.loc[chosen, "account_id"], left, ended) for name, chosen in groups)


def _realised(name: str, accounts: pd.Series, left: Collection[str], ended: Collection[str]) -> Realised:
    gone, pending = (int(accounts.isin(list(each)).sum()) for each in (left, ended))
    return Realised(name, len(accounts), gone, gone / len(accounts) if len(accounts) else None, pending)


def _bands(scored: pd.DataFrame) -> list[BandShare]:
    """How many accounts of each band, and their revenue."""
    shares = []
    for band in BANDS:
        chosen = scored[scored["band"] == band]
        worth = chosen["arr"].sum(min_count=1) if "arr" in scored.columns else float("nan")
        share = len(chosen) / len(scored) if len(scored) else 0.0
        shares.append(BandShare(band, len(chosen), share, None if pd.isna(worth) else float(worth)))
    return shares

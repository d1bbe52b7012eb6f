"""The book of customers as a whole, over the last 13 weeks.

With S customers at the start, E at the end and N won between: retention = (E - N) / S * 100. Revenue is monthly
recurring revenue of those who were customers at the start: gross counts losses and cuts only, net counts growth too.
A figure that cannot be known (nobody at the start, no revenue given) is None, never 0.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

import pandas as pd

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
    """What became of a group of accounts of an earlier week: how many there were and how many left since."""

    group: str
    accounts: int
    left: int
    share: float | None


@dataclass(frozen=True)
class Portfolio:
    """The figures of one cutoff; percentages are 0 to 100."""

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

    def to_dict(self) -> dict[str, object]:
        """As plain values for JSON."""
        return asdict(self)


def portfolio(
    scored: pd.DataFrame,
    now: pd.DataFrame,
    then: pd.DataFrame | None = None,
    realised: tuple[Realised, ...] = (),
) -> Portfolio:
    """The figures from two snapshots of the customers (account_id, mrr) at this cutoff and 13 weeks before.

    ``now`` and ``then`` hold every customer of their day, those who have given notice too; ``scored`` (band, arr)
    those of this week's scores.
    """
    shares = tuple(_bands(scored))
    if then is None or then.empty:
        return Portfolio(len(now), bands=shares, realised=realised)
    here, there = set(now["account_id"]), set(then["account_id"])
    retention = 100.0 * (len(here) - len(here - there)) / len(there)
    gross, net = revenue_retention(now, then)
    return Portfolio(
        customers=len(here),
        customers_then=len(there),
        won=len(here - there),
        lost=len(there - here),
        retention=retention,
        logo_churn=100.0 - retention,
        gross_revenue_retention=gross,
        net_revenue_retention=net,
        bands=shares,
        realised=realised,
    )


def revenue_retention(now: pd.DataFrame, then: pd.DataFrame) -> tuple[float | None, float | None]:
    """Gross and net revenue retention in per cent.

    Accounts whose revenue is not known on one of the two days are left out of both sums; one that is gone has 0 now.
    """
    before = then.set_index("account_id")["mrr"].astype(float)
    after = now.set_index("account_id")["mrr"].astype(float).reindex(before.index)
    after = after.where(before.index.isin(now["account_id"]), 0.0)
    known = before.notna() & after.notna()
    before, after = before[known], after[known]
    if not before.sum() > 0:
        return None, None
    start = float(before.sum())
    return 100.0 * float(after.clip(upper=before).sum()) / start, 100.0 * float(after.sum()) / start


def realised_churn(scores_then: pd.DataFrame, listed_then: pd.DataFrame, left: set[str]) -> tuple[Realised, ...]:
    """Of those of each band, listed and not listed at an earlier week: how many have left since.

    ``scores_then`` and ``listed_then`` are that week's health_scores and at_risk; ``left`` the account ids that
    churned between that week and now. Without an untouched group this shows no effect of the list.
    """
    is_listed = scores_then["account_id"].isin(listed_then["account_id"])
    groups = [(band, scores_then["band"] == band) for band in BANDS]
    groups += [("listed", is_listed), ("not listed", ~is_listed)]
    return tuple(_realised(name, scores_then.loc[chosen, "account_id"], left) for name, chosen in groups)


def _realised(name: str, accounts: pd.Series, left: set[str]) -> Realised:
    gone = int(accounts.isin(left).sum())
    return Realised(name, len(accounts), gone, gone / len(accounts) if len(accounts) else None)


def _bands(scored: pd.DataFrame) -> list[BandShare]:
    """How many accounts of each band, and their revenue."""
    shares = []
    for band in BANDS:
        chosen = scored[scored["band"] == band]
        worth = chosen["arr"].sum(min_count=1) if "arr" in scored.columns else float("nan")
        share = len(chosen) / len(scored) if len(scored) else 0.0
        shares.append(BandShare(band, len(chosen), share, None if pd.isna(worth) else float(worth)))
    return shares

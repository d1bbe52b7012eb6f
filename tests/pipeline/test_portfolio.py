import json

import numpy as np
import pandas as pd
import pytest

from pipeline.portfolio import portfolio, realised_churn, revenue_retention

THEN = pd.DataFrame({"account_id": list("abcde"), "mrr": [100.0, 100.0, 100.0, 100.0, np.nan]})
NOW = pd.DataFrame({"account_id": list("abcex"), "mrr": [100.0, 150.0, 60.0, 80.0, 500.0]})
SCORED = pd.DataFrame({"band": ["red", "green", "green", "amber"], "arr": [10.0, 20.0, 30.0, np.nan]})


def test_retention_leaves_out_those_won_since() -> None:
    found = portfolio(SCORED, NOW, THEN)
    assert (found.customers, found.customers_then, found.won, found.lost) == (5, 5, 1, 1)
    assert (found.retention, found.logo_churn) == (80.0, 20.0)


def test_gross_retention_never_counts_growth_and_net_does() -> None:
    assert revenue_retention(NOW, THEN) == pytest.approx((65.0, 77.5))


def test_what_cannot_be_known_is_none_and_never_zero() -> None:
    unknown = portfolio(SCORED, NOW)
    assert (unknown.retention, unknown.gross_revenue_retention, unknown.lost) == (None, None, None)
    assert revenue_retention(NOW, THEN.assign(mrr=np.nan)) == (None, None)
    assert portfolio(SCORED.head(0), NOW.head(0)).customers == 0


def test_bands_are_counted_with_their_revenue() -> None:
    assert [(b.band, b.accounts, b.share, b.arr) for b in portfolio(SCORED, NOW).bands] == [
        ("red", 1, 0.25, 10.0),
        ("amber", 1, 0.25, None),
        ("green", 2, 0.5, 50.0),
    ]


def test_realised_churn_is_told_by_band_and_by_list() -> None:
    scores = pd.DataFrame({"account_id": list("abcd"), "band": ["red", "red", "amber", "green"]})
    listed = pd.DataFrame({"account_id": ["a", "c"]})
    found = realised_churn(scores, listed, {"a", "d"})
    assert [(r.group, r.accounts, r.left, r.share) for r in found] == [
        ("red", 2, 1, 0.5),
        ("amber", 1, 0, 0.0),
        ("green", 1, 1, 1.0),
        ("listed", 2, 1, 0.5),
        ("not listed", 2, 1, 0.5),
    ]


def test_the_figures_can_be_written_as_json() -> None:
    assert json.loads(json.dumps(portfolio(SCORED, NOW, THEN).to_dict(), allow_nan=False))["retention"] == 80.0

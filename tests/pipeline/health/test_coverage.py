from datetime import date

import pandas as pd

from pipeline.health.coverage import coverage


def test_coverage_is_the_share_of_sources_that_spoke_lately_with_their_ages() -> None:
    seen = pd.DataFrame(
        {
            "usage": pd.to_datetime(["2026-11-15", "2026-08-17", "2026-08-16"]),
            "surveys": pd.to_datetime(["2026-11-01", None, None]),
        },
        index=["a", "b", "c"],
    )
    found = coverage(seen, date(2026, 11, 16))
    assert found.to_csv(na_rep="-").splitlines() == [
        ",coverage,age_usage,age_surveys",
        "a,1.0,1.0,15.0",
        "b,0.5,91.0,-",
        "c,0.0,92.0,-",
    ]


def test_without_sources_coverage_is_not_known() -> None:
    assert coverage(pd.DataFrame(index=["a"]), date(2026, 11, 16))["coverage"].isna().all()

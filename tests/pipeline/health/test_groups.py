import numpy as np
import pandas as pd

from pipeline.features.info import FeatureInfo
from pipeline.health.groups import ENOUGH, declared, grouped, shared
from pipeline.health.reasons import explain

CATALOG = [
    FeatureInfo("logins_4w", "logins", "usage", "usage", 4, "logins {value}", direction=-1),
    FeatureInfo("use_4w", "use", "usage", "usage", 4, "use {value}", direction=-1),
    FeatureInfo("use_1w", "use", "usage", "usage", 1, "use {value}", direction=-1),
    FeatureInfo("nps_last", "nps_last", "sentiment", "surveys", None, "NPS {value}", direction=-1, group="nps"),
    FeatureInfo("tenure_days", "tenure_days", "timing", "spine", None, "customer for {value}"),
]


def together(catalog: list[FeatureInfo], values: pd.DataFrame) -> dict[str, str]:
    return grouped(catalog, shared(catalog, values))


def accounts(count: int = 200, noise: float = 0.05) -> pd.DataFrame:
    """Logins and the tenure follow use, some noise aside; answers follow nothing."""
    draw = np.random.default_rng(2)
    use = draw.exponential(50, count)
    return pd.DataFrame(
        {
            "logins_4w": use * draw.normal(1, noise, count),
            "use_4w": use,
            "use_1w": draw.exponential(9, count),
            "nps_last": draw.integers(0, 11, count).astype(float),
            "tenure_days": use,
        }
    )


def test_what_rises_and_falls_together_is_one_group_and_the_calendar_stays_by_itself() -> None:
    assert together(CATALOG, accounts()) == {
        "logins_4w": "logins",
        "use_4w": "logins",
        "use_1w": "logins",
        "nps_last": "nps",
        "tenure_days": "tenure_days",
    }


def test_what_goes_its_own_way_or_is_seen_of_too_few_stays_as_declared() -> None:
    assert together(CATALOG, accounts(noise=1.0)) == declared(CATALOG)
    assert together(CATALOG, accounts(ENOUGH - 1)) == declared(CATALOG)


def test_correlated_features_share_one_reason_and_leave_room_for_another() -> None:
    values = accounts()
    points = pd.DataFrame([{"logins_4w": -6.0, "use_4w": -5.0, "nps_last": -4.0}] * len(values))
    values.loc[0, ["logins_4w", "use_4w", "nps_last"]] = [1.0, 1.0, 2.0]
    own, merged = (explain(points, values, CATALOG, groups=groups(CATALOG, values)).loc[0] for groups in
                   (lambda catalog, _: declared(catalog), together))  # fmt: skip
    assert [text.split(";")[0] for text in own[:3]] == ["logins 1", "use 1", "NPS 2"]
    assert [text.split(";")[0] for text in merged[:3]] == ["logins 1", "NPS 2", ""]

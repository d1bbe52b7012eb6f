import pandas as pd

from pipeline.lists.tips import tips

OFFERED = {"big": ["report_viewed", "api_call", "never_counted"], "small": ["report_viewed"]}


def test_each_unused_feature_of_the_plan_has_a_tip_and_no_other() -> None:
    features = pd.DataFrame(
        {"event_report_viewed_13w": [0, 0, 5, 0], "event_api_call_13w": [0, 9, 0, 0]}, index=["a", "b", "c", "d"]
    )
    plans = pd.Series(["big", "big", "small", None], index=features.index, dtype="string")
    told = tips(features, plans, OFFERED, {"report_viewed": "open last week's with them"})
    assert told.to_dict() == {
        "a": "report viewed: open last week's with them\napi call: not used yet; show it with their own data",
        "b": "report viewed: open last week's with them",
        "c": "",
        "d": "",
    }

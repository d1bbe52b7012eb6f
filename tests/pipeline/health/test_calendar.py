import pandas as pd

from pipeline.health.calendar import behaviour


def test_health_without_the_calendar_is_told_only_where_it_is_another() -> None:
    scored = pd.DataFrame({"score": [20.0, 97, 60, -40], "points_timing": [-77.0, 40, 19, -5]})
    told = behaviour(scored.assign(health=scored["score"].clip(0, 100)))
    assert told.fillna(-1).tolist() == [97.0, 57.0, -1.0, -1.0]

from datetime import date

import pandas as pd
import pytest

from pipeline.config.settings import PlaySettings
from pipeline.errors import ConfigError
from pipeline.features.info import DIMENSIONS
from pipeline.lists.plays import DEFAULTS, Play, choose, configured, in_time
from pipeline.lists.signals import SIGNALS

TODAY = date(2026, 11, 16)


def chosen(dimension: str, *held: str, measure: str = "", own: tuple[Play, ...] = ()) -> str:
    reasons = pd.DataFrame({"main_dimension": [dimension], "main_measure": [measure]}, index=["a"])
    flagged = pd.DataFrame({signal.name: [signal.name in held] for signal in SIGNALS}, index=["a"])
    return str(choose(reasons, flagged, TODAY, own).loc["a", "play"])


def test_the_play_follows_from_signals_and_the_main_reason() -> None:
    assert chosen("usage", "champion lost") == "Find the new main user and restart with that person"
    assert chosen("support").startswith("Go through the open tickets")
    assert chosen("support", "renewal soon").startswith("Go through the open tickets")
    assert chosen("timing", "renewal soon").startswith("Call the buyer")


@pytest.mark.parametrize("dimension", ["", *DIMENSIONS])
def test_every_account_has_a_next_step(dimension: str) -> None:
    assert chosen(dimension)


def deciding(play_for: str, *tags: str, own: tuple[Play, ...] = (), **known: object) -> str:
    """The play of an account that is ``left`` days before its last day to decide, a year's term ending on 30 Nov."""
    facts = {"main_dimension": play_for, "main_measure": "x", "as_of": pd.Timestamp(TODAY), "term_months": 12.0}
    facts |= {"renewal_date": pd.Timestamp("2026-11-30"), "decide_by": pd.Timestamp("2026-11-20"), **known}
    facts["decide_in_days"] = (facts["decide_by"] - facts["as_of"]).days  # type: ignore[operator]
    flagged = pd.DataFrame({signal.name: [signal.name in tags] for signal in SIGNALS}, index=["a"])
    return str(choose(pd.DataFrame(facts, index=["a"]), flagged, TODAY, own).loc["a", "play"])


def test_a_talk_shortly_before_the_last_day_to_decide_does_not_leave_the_renewal_out() -> None:
    assert deciding("support").endswith("call with answers. Settle the renewal in the same talk: they can still give "
                                        "notice until 20 Nov 2026")  # fmt: skip
    passed = deciding("support", decide_by=pd.Timestamp("2026-11-01"))
    assert passed.endswith("it is on 30 Nov 2026, and the notice date has passed")


def test_a_renewal_is_not_told_where_it_is_far_or_spoken_of_already() -> None:
    far = {"decide_by": pd.Timestamp("2026-12-20"), "renewal_date": pd.Timestamp("2026-12-30")}
    told = [
        deciding("support", **far),
        deciding("support", term_months=1.0),
        deciding("timing", "renewal soon"),
        deciding("timing"),
        deciding("usage", "recovered"),
        deciding("usage", own=configured([PlaySettings(name="c", when=["usage"], do="Our way")], ())),
    ]
    assert not [text for text in told if "same talk" in text]


def test_a_play_has_a_role_and_a_day() -> None:
    reasons = pd.DataFrame({"main_dimension": ["support"], "main_measure": ["tickets"]}, index=["a"])
    row = choose(reasons, pd.DataFrame(index=["a"]), TODAY).loc["a"]
    assert (row["play_role"], row["play_due"]) == ("Support lead", pd.Timestamp("2026-11-19"))


def test_the_companys_own_plays_come_first() -> None:
    settings = [PlaySettings(name="calls", when=["champion_lost", "logins", "sentiment"], do="Our way", days=2)]
    own = configured(settings, {"logins"})
    assert chosen("usage", "champion lost", own=own) == "Our way"
    assert chosen("usage", measure="logins", own=own) == "Our way"
    assert chosen("sentiment", own=own) == "Our way"
    assert chosen("usage", own=own) != "Our way"
    assert {play.due_days for play in own} == {2}


def test_all_unknown_words_are_named_at_once_with_the_closest() -> None:
    settings = [PlaySettings(name="calls", when=["champion_lots", "usag", "renewal soon"], do="x")]
    with pytest.raises(ConfigError) as error:
        configured(settings, {"logins"})
    assert error.value.problems == (
        "plays: calls: when names 'champion_lots', which is no dimension, signal or measure; closest: champion_lost",
        "plays: calls: when names 'usag', which is no dimension, signal or measure; closest: usage",
    )


def test_the_defaults_name_only_what_exists() -> None:
    assert {play.tag for play in DEFAULTS} <= {"", *(signal.name for signal in SIGNALS)}
    assert {play.dimension for play in DEFAULTS} <= {"", *DIMENSIONS}


def test_nobody_is_told_to_act_after_the_last_day_to_decide() -> None:
    due, early, late = (pd.Timestamp(f"2026-11-{day}") for day in (23, 20, 27))
    rows = pd.DataFrame({"play_due": [due] * 4, "decide_by": [early, late, pd.Timestamp("2026-11-02"), pd.NaT]})
    rows["decide_in_days"] = pd.Series([4, 11, -14, None], dtype="Float64")
    assert in_time(rows).tolist() == [early, due, due, due]
    passed = rows.assign(as_of=pd.Timestamp("2026-11-16"), renewal_date=pd.Timestamp("2026-12-02"))
    assert in_time(passed).tolist() == [early, due, pd.Timestamp("2026-11-18"), due], "once it has passed, at once"
    ends = passed.assign(renewal_date=pd.Timestamp("2026-11-17"))
    assert in_time(ends)[2] == pd.Timestamp("2026-11-17"), "and no later than the renewal"
    over = passed.assign(renewal_date=pd.Timestamp("2026-11-03"))
    assert in_time(over)[2] == due, "a renewal that lies behind presses nobody"
    weekend = rows.assign(decide_by=pd.Timestamp("2026-11-22"), decide_in_days=6)
    assert in_time(weekend).tolist() == [pd.Timestamp("2026-11-20")] * 4

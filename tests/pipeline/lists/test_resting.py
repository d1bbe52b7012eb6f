from datetime import date

import pandas as pd

from pipeline.config.settings import ListSettings
from pipeline.lists.resting import resting
from pipeline.loop.feedback import SAID

TODAY = date(2026, 11, 16)
LISTED = [(date(2026, 11, 9), frozenset({"a"}))]


def rests(
    touch: str | None = None, change: float = 0.0, pressing: float = 0.0, **said: str | None
) -> list[tuple[str, str]]:
    """Why and until when one account rests, given its last contact and what was said of it."""
    scored = pd.DataFrame(
        {"last_touch": pd.to_datetime([touch]), "change_1w": [change], "pressing": [pressing]}, index=["a"]
    )
    told = {**dict.fromkeys(SAID, ""), "snooze_until": None, "contacted_on": None, "judged_on": None, **said}
    standing = pd.DataFrame([told], index=["a"])
    for name in ("snooze_until", "contacted_on", "judged_on"):
        standing[name] = pd.to_datetime(standing[name])
    found = resting(scored, standing, LISTED, TODAY, ListSettings())
    return [(row["set_aside"], str(row["rests_until"])[:10]) for _, row in found.iterrows()]


def test_an_account_rests_after_a_contact_that_followed_its_listing() -> None:
    assert rests("2026-11-10") == [("contacted on 10 Nov 2026", "2026-11-24")]
    assert rests(contacted_on="2026-11-14") == [("contacted, as told on 14 Nov 2026", "2026-11-28")]
    assert rests("2026-11-10", contacted_on="2026-11-14") == [("contacted, as told on 14 Nov 2026", "2026-11-28")]


def test_a_contact_before_the_listing_or_long_ago_is_no_rest() -> None:
    assert rests("2026-11-06") == [] and rests(contacted_on="2026-11-02") == []


def test_who_became_clearly_worse_is_called_again_unless_snoozed() -> None:
    assert rests("2026-11-12", change=-6) == []
    snooze = {"snooze_until": "2026-12-01", "notes": "board meets in December"}
    assert rests(change=-6, **snooze) == [("snoozed: board meets in December", "2026-12-01")]


def test_nobody_rests_beyond_the_day_on_which_a_renewal_is_decided() -> None:
    assert rests("2026-11-12", pressing=1) == [] and len(rests("2026-11-12", pressing=0)) == 1
    assert len(rests(pressing=1, snooze_until="2026-12-01", notes="decided already")) == 1


def test_a_snooze_needs_a_reason_and_a_day_to_come() -> None:
    assert rests(snooze_until="2026-12-01") == []
    assert rests(snooze_until="2026-11-16", notes="x") == []


def test_a_false_alarm_is_not_raised_again_at_once() -> None:
    assert rests(verdict="false alarm", judged_on="2026-11-10")[0][1] == "2026-11-24"
    assert rests(verdict="real", judged_on="2026-11-10") == []

import math

import pytest

from pipeline.features.info import FeatureInfo
from pipeline.health.peers import ALIKE, Typical
from pipeline.health.teller import Clarity, Teller, apart, fill
from tests.pipeline.company import CATALOG

LOGINS = "logins {value}, was {before} ({weeks} weeks)"
TELLER = Teller({info.name: info for info in CATALOG})


def tell(now: float, before: float, like_it: float | None = None) -> str | None:
    """The words for the logins of one account."""
    typical = {} if like_it is None else {"logins_4w": Typical(like_it, ALIKE)}
    return TELLER.tell("logins_4w", {"logins_4w": now, "logins_before_4w": before}, typical)


def test_the_text_carries_the_figure_its_own_past_and_its_peers() -> None:
    assert tell(41, 108, 95) == "logins 41, was 108 (4 weeks); accounts like it 95"
    assert tell(41, 108) == "logins 41, was 108 (4 weeks)"


def test_a_change_within_noise_is_not_told_as_one() -> None:
    assert tell(229, 230) == "logins 229 (4 weeks)"
    assert tell(229, 230, 480) == "logins 229 (4 weeks); accounts like it 480"
    assert tell(900, 1000) == "logins 900 (4 weeks)"
    assert tell(800, 1000) == "logins 800, was 1,000 (4 weeks)"


def test_a_change_for_the_better_is_not_told() -> None:
    assert tell(108, 41, 95) == "logins 108 (4 weeks)"


def test_peers_hardly_another_figure_are_left_out() -> None:
    assert tell(41, 108, 43) == "logins 41, was 108 (4 weeks)"


def test_that_it_is_usual_to_have_nothing_bad_goes_without_saying() -> None:
    late = {"late_invoices_13w": Typical(0.0, "accounts like it")}
    assert TELLER.tell("late_invoices_13w", {"late_invoices_13w": 2.0}, late) == "2 invoices paid late in 13 weeks"
    assert tell(0, 0, 0) == "logins 0 (4 weeks)" and tell(0, 0, 9) == "logins 0 (4 weeks); accounts like it 9"


def test_a_figure_of_no_direction_says_nothing_where_it_is_that_of_everybody() -> None:
    info = FeatureInfo("discount", "discount", "commercial", "subscriptions", reason="discount of {value}")
    teller = Teller({info.name: info})
    for usual, clarity in ((0.0, Clarity.LOOKS_GOOD), (10.0, Clarity.NEUTRAL)):
        assert teller.clarity(info.name, {info.name: 0.0}, {info.name: Typical(usual)}) == clarity


def test_the_calendar_and_a_rank_have_no_peers() -> None:
    rank = FeatureInfo(
        *("use_4w_peers", "use_4w_peers", "usage", "usage"),
        reason="no more use than {rest} of its peers",
        unit="share",
        direction=-1,
    )
    teller = Teller({**TELLER.catalog, rank.name: rank})
    told = teller.tell(rank.name, {rank.name: 0.05}, {rank.name: Typical(0.5, ALIKE)})
    assert told == "no more use than 95 % of its peers", "a low place is no praise"
    renewal = {"days_to_renewal": Typical(200.0, ALIKE)}
    assert TELLER.tell("days_to_renewal", {"days_to_renewal": 20.0}, renewal) == "renewal in 20 days"
    assert TELLER.tell("days_to_renewal", {"days_to_renewal": 0.0}, renewal) == "renewal today"


def test_of_answers_about_ease_it_is_said_which_end_is_good() -> None:
    ease = FeatureInfo(
        *("ces_last", "ces_last", "sentiment", "surveys"),
        reason="last ces answer {value}",
        unit="ces score",
        direction=-1,
    )
    told = Teller({ease.name: ease}).tell(ease.name, {ease.name: 0.5}, {ease.name: Typical(0.8, ALIKE)})
    assert told == "last CES answer 50 %, where 100 % is easiest; accounts like it 80 %"


def test_a_change_is_clearer_than_a_figure_beside_its_peers_and_within_noise_of_both_nothing_is_wrong() -> None:
    def clarity(now: float, before: float, like_it: float) -> Clarity:
        row = {"logins_4w": now, "logins_before_4w": before}
        return TELLER.clarity("logins_4w", row, {"logins_4w": Typical(like_it)})

    assert clarity(41, 108, 40) == Clarity.CHANGED
    assert clarity(90, 93, 180) == Clarity.STANDS_OUT
    assert clarity(90, 93, 95) == clarity(90, 80, 80) == Clarity.LOOKS_GOOD
    assert TELLER.clarity("days_to_renewal", {"days_to_renewal": 9.0}, {}) == Clarity.NEUTRAL


@pytest.mark.parametrize(
    ("value", "other", "unit", "found"),
    [
        (229, 230, "events", False),
        (41, 108, "events", True),
        (3, 1, "tickets", True),
        (2, 1, "tickets", False),
        (1, 0, "tickets", True),
        (4, 3, "users", False),
        (0.62, 0.70, "share", False),
        (0.5, 0.62, "share", True),
        (0.4, 1.2, "hours", True),
        (math.nan, 3, "events", False),
    ],
)
def test_what_is_counted_must_differ_beyond_its_root_and_everything_by_a_seventh(
    value: float, other: float, unit: str, found: bool
) -> None:
    assert apart(value, other, unit) is found


def test_what_is_not_known_is_left_out_of_the_sentence() -> None:
    assert fill(LOGINS, {"value": "41", "weeks": "4"}) == "logins 41 (4 weeks)"
    assert fill(LOGINS, {"value": "41"}) == "logins 41"
    assert fill("{before}", {"value": "41"}) is None


def test_one_of_many_is_singular() -> None:
    assert (
        fill("{value} urgent tickets in {weeks} weeks", {"value": "1", "weeks": "13"}) == "1 urgent ticket in 13 weeks"
    )
    assert fill("{value} urgent or high tickets", {"value": "1"}) == "1 urgent or high ticket"
    assert fill("{value} of {rest} tickets", {"value": "1", "rest": "3"}) == "1 of 3 tickets"
    assert fill("{value} people active", {"value": "1"}) == "1 person active"
    assert fill("{value} people active", {"value": "1.1"}) == "1.1 people active"
    assert fill("use {value} ({weeks} weeks)", {"value": "3", "weeks": "1"}) == "use 3 (1 week)"


def test_the_names_of_surveys_are_written_as_people_write_them() -> None:
    assert fill("last nps answer {value}", {"value": "4"}) == "last NPS answer 4"

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from pipeline.health.loyalty import COLUMNS, HELD, LOYAL, QUADRANTS, SATISFIED, STAGES, TYPES, loyalty
from pipeline.health.ties import Facts, contractual, economic, situational, technical
from tests.pipeline.company import AS_OF, features

SURVEYS = ("nps_last", "nps_age_days", "csat_mean_26w", "csat_age_days", "csat_last", "ces_last")
GREEN = {"band": "green", "churn_probability": 0.02}
OFFERED = {"pro": ("a", "b", "c", "d")}


def facts(rows: list[dict[str, object]]) -> Facts:
    """Accounts by what is known of them; names of the contract go to the terms."""
    frame = pd.DataFrame(rows, index=[f"a{at}" for at in range(len(rows))])
    terms = [name for name in ("plan", "mrr", "seats", "term_end", "term_months", "notice_days") if name in frame]
    numbers = frame.drop(columns=terms).astype(float)
    return Facts(numbers, frame[terms], AS_OF, OFFERED, integrations=("api_call",), currency="EUR")


def one(scores: dict[str, object] | None = None, **known: object) -> pd.Series:
    """What is inferred of one account."""
    asked = facts([known])
    return loyalty(asked, pd.DataFrame([scores or GREEN], index=asked.features.index)).iloc[0]


def ends_in(days: int) -> pd.Timestamp:
    return pd.Timestamp(AS_OF + timedelta(days=days, hours=0))


TIED = {"term_end": ends_in(330), "term_months": 12, "seat_utilisation_4w": 0.9}
PLEASED = {"nps_last": 10, "nps_age_days": 10}


def company(count: int = 120) -> tuple[Facts, pd.DataFrame]:
    """The made-up company with contracts, some of it unknown."""
    values, draw = features(count), np.random.default_rng(1)
    values = values.assign(nps_age_days=draw.integers(0, 400, count), discount=draw.integers(0, 30, count))
    values["terms"], values["seats_change_13w"] = draw.integers(1, 5, count), draw.normal(0, 0.1, count)
    ends = [ends_in(int(day)) for day in values["days_to_renewal"]]
    terms = pd.DataFrame({"term_end": ends, "term_months": draw.choice([1, 12], count), "mrr": values["mrr"] * 100,
                          "plan": "pro", "seats": draw.integers(1, 40, count)}, index=values.index)  # fmt: skip
    bands = np.where(draw.random(count) < 0.2, "red", "green")
    scores = pd.DataFrame({"band": bands, "churn_probability": draw.random(count)}, index=values.index)
    return Facts(values, terms, AS_OF, OFFERED, currency="EUR"), scores


def test_every_account_has_its_line_in_the_words_of_the_field_and_marked_as_inferred() -> None:
    asked, scores = company()
    found = loyalty(asked, scores)
    assert tuple(found.columns) == COLUMNS and found["account_id"].tolist() == scores.index.tolist()
    assert set(found["loyalty_type"]) <= {*TYPES, "none"} and set(found["quadrant"]) <= {*QUADRANTS, ""}
    assert set(found["loyalty_stage"]) <= {*STAGES, ""} and found["inferred"].all()
    for name in ("satisfaction", "loyalty"):
        assert found[name].dropna().between(0, 100).all()


def test_a_missing_survey_never_makes_an_account_less_loyal() -> None:
    asked, scores = company()
    before = loyalty(asked, scores)
    silent = asked.features.drop(columns=[name for name in SURVEYS if name in asked.features])
    after = loyalty(Facts(silent, asked.terms, AS_OF, OFFERED, currency="EUR"), scores)
    pd.testing.assert_series_equal(before["loyalty"], after["loyalty"])
    assert after["satisfaction"].isna().all() and (after["quadrant"] == "").all()
    assert not after["loyalty_stage"].isin(["none", "affective", "conative", "action"]).any()
    assert after["evidence"].str.contains("satisfaction: not known: no answer yet", regex=False).all()


def test_every_claim_has_its_evidence_in_figures() -> None:
    for line in loyalty(*company()).to_dict("records"):
        told = dict(each.split(": ", 1) for each in line["evidence"].split("; "))
        for tie in filter(None, (line["loyalty_ties"] or line["loyalty_type"]).split("; ")):
            assert any(sign.isdigit() for sign in told[tie]) or told[tie] == "paid by the month", line
        for claim in ("loyalty", "satisfaction", *(["stage"] if line["loyalty_stage"] else [])):
            known = line.get(claim)
            assert any(sign.isdigit() for sign in told[claim]) or pd.isna(known), line


def test_a_satisfied_account_near_its_end_without_ties_is_not_called_loyal() -> None:
    found = one(**PLEASED, term_end=ends_in(20), term_months=12, seat_utilisation_4w=0.3, tenure_days=345)
    assert found["satisfaction"] == 100 and found["loyalty"] < LOYAL
    assert (found["quadrant"], found["loyalty_stage"], found["loyalty_ties"]) == ("mercenary", "conative", "emotional")


@pytest.mark.parametrize(
    ("known", "corner"),
    [
        ({**TIED, **PLEASED}, "apostle"),
        ({**TIED, "nps_last": 8}, "loyalist"),
        ({**TIED, "nps_last": 4}, "hostage"),
        ({"term_end": ends_in(10), "term_months": 1, "nps_last": 9}, "mercenary"),
        ({"term_end": ends_in(10), "term_months": 1, "nps_last": 3}, "defector"),
        (TIED, ""),
        ({"nps_last": 9}, ""),
    ],
)
def test_satisfaction_against_loyalty_has_the_corners_of_jones_and_sasser(
    known: dict[str, object], corner: str
) -> None:
    assert one(**known)["quadrant"] == corner


def test_whom_the_model_calls_red_is_not_called_loyal_and_it_says_why() -> None:
    red = {"band": "red", "churn_probability": 0.38}
    found = one(red, **TIED, **PLEASED)
    assert found["loyalty"] < LOYAL and found["quadrant"] == "mercenary"
    assert "may leave all the same: red, chance 38 %" in found["evidence"]
    by_rules = one({"band": "red", "churn_probability": np.nan}, **TIED, **PLEASED)
    assert by_rules["loyalty"] > LOYAL


@pytest.mark.parametrize(
    ("known", "stage"),
    [
        ({**TIED, **PLEASED, "terms": 3, "tenure_days": 800}, "action"),
        ({**TIED, **PLEASED, "terms": 1, "tenure_days": 200}, "conative"),
        ({**TIED, "nps_last": 8, "seats_change_13w": 0.1}, "conative"),
        ({**TIED, "nps_last": 8}, "affective"),
        ({**TIED, "nps_last": 3}, "cognitive"),
        (TIED, "at least cognitive"),
        ({"term_end": ends_in(10), "term_months": 1, "nps_last": 3}, "none"),
        ({"term_end": ends_in(10), "term_months": 1}, ""),
    ],
)
def test_each_stage_rests_on_the_one_before_it(known: dict[str, object], stage: str) -> None:
    assert one(**known)["loyalty_stage"] == stage


def test_an_account_of_which_nothing_is_known_is_said_nothing_of() -> None:
    found = one(tenure_days=float("nan"))
    assert found[["loyalty_type", "loyalty_ties", "loyalty_stage", "quadrant"]].tolist() == [""] * 4
    assert np.isnan(found["loyalty"]) and np.isnan(found["satisfaction"])


def test_nobody_with_a_bad_answer_counts_as_satisfied() -> None:
    for bad in ({"nps_last": 5, "csat_mean_26w": 1.0}, {"nps_last": 10, "csat_mean_26w": 0.4, "csat_age_days": 170}):
        found = one(**TIED, **bad)
        assert found["satisfaction"] < SATISFIED and found["quadrant"] == "hostage"
    assert one(**TIED, nps_last=7, csat_mean_26w=0.5)["satisfaction"] == pytest.approx(60)


def test_an_old_answer_weighs_less_and_after_half_a_year_nothing() -> None:
    fresh, old = (
        one(nps_last=10, nps_age_days=0, csat_mean_26w=0.6, csat_age_days=age)["satisfaction"] for age in (0, 91)
    )
    assert fresh == pytest.approx(80) and old == pytest.approx((100 + 60 * 0.5) / 1.5)
    gone = one(**TIED, nps_last=10, nps_age_days=183)
    assert np.isnan(gone["satisfaction"]) and "the last answer is 183 days old" in gone["evidence"]


def test_a_passed_day_of_notice_binds_for_the_next_term_where_it_renews_by_itself() -> None:
    base = {"term_end": ends_in(20), "term_months": 12, "notice_days": 30}
    asked = facts([{**base, "auto_renew": 1}, {**base, "auto_renew": 0}, {**base, "notice_days": 10, "auto_renew": 1}])
    tie = contractual(asked)
    assert tie.strength.round(2).tolist() == [1.0, 0.05, 0.05]
    assert tie.told[0] == (
        "a term of 12 months, 20 days left, 30 days of notice, the day to give notice has passed, renews by itself"
    )


def test_money_ties_by_a_discount_or_by_a_price_below_that_of_others() -> None:
    usual = {"plan": "pro", "mrr": 40_00, "seats": 1}
    asked = facts([usual] * 5 + [{**usual, "mrr": 28_00}, {**usual, "discount": 20}])
    tie = economic(asked)
    assert tie.strength.round(2).tolist() == [0.0] * 5 + [0.75, 0.5]
    assert tie.told[5:] == ("pays €28 a seat and month, usual on the plan €40", "a discount of 20 %")
    assert economic(facts([{**usual, "mrr": 28_00}])).strength.isna().all()


def test_depth_ties_by_seats_features_and_own_tools_and_little_of_it_by_habit() -> None:
    deep = {"seat_utilisation_4w": 1.0, "plan": "pro", "plan_features_unused_13w": 0, "event_api_call_13w": 9}
    asked = facts(
        [{**deep, "tenure_days": 900}, {"seat_utilisation_4w": 0.1, "tenure_days": 900}, {"tenure_days": 900}]
    )
    strengths = pd.DataFrame({"deep": technical(asked).strength, "habit": situational(asked).strength})
    assert strengths.round(2).fillna(-1.0).to_numpy().tolist() == [[1.0, 0.0], [0.0, 0.82], [-1.0, -1.0]]
    assert "4 of 4 features of the plan, their own tools used it 9 times" in technical(asked).told[0]


def test_the_strongest_tie_is_the_type_and_weak_ones_hold_nobody() -> None:
    found = one(term_end=ends_in(300), term_months=12, discount=15, seat_utilisation_4w=0.5)
    assert (found["loyalty_type"], found["loyalty_ties"]) == ("contractual", "contractual; economic; technical")
    weak = one(term_end=ends_in(int(365 * HELD) - 2), term_months=12)
    assert weak["loyalty_type"] == "none" and "none: a term of 12 months" in weak["evidence"]
    assert SATISFIED > LOYAL  # an NPS of 5 is no satisfied customer


def test_the_day_of_the_week_is_the_day_that_terms_are_counted_from() -> None:
    later = Facts(
        pd.DataFrame(index=["a"]), pd.DataFrame({"term_end": [ends_in(100)]}, index=["a"]), date(2026, 12, 16)
    )
    assert later.days_left().tolist() == [70.0]

import math
from datetime import date

import numpy as np
import pandas as pd
import pytest

from pipeline.figures import (
    day,
    decimal,
    exact_percent,
    figure,
    money,
    month,
    number,
    percent,
    short_money,
    written_for,
)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (41.0, "events", "41"),
        (1204.0, "events", "1,204"),
        (1204.4, "events", "1,204"),
        (3.5, "users", "3.5"),
        (0.067, "score", "0.067"),
        (-2.0, "score", "-2"),
        (0.62, "share", "62 %"),
        (0.004, "share", "0.4 %"),
        (0.0, "share", "0 %"),
        (12.0, "percent", "12 %"),
        (1.0, "days", "1 day"),
        (12.4, "days", "12 days"),
        (0.5, "hours", "30 minutes"),
        (7.2, "hours", "7 hours"),
        (90.0, "hours", "4 days"),
        (3600.0, "seconds", "1 hour"),
        (120_450.0, "minor", "€1,204"),
        (1204.0, "money", "€1,204"),
        ("annual", "text", "annual"),
    ],
)
def test_a_figure_is_short_and_has_its_unit(value: object, unit: str, text: str) -> None:
    assert figure(value, unit, "EUR") == text


@pytest.mark.parametrize("nothing", [None, pd.NA, pd.NaT, math.nan, np.float64("nan"), math.inf, ""])
def test_what_is_not_known_has_no_words(nothing: object) -> None:
    assert figure(nothing, "events") is None


def test_an_amount_carries_its_currency_whatever_it_is() -> None:
    assert [money(-1204.2, "USD"), money(5, "SEK"), money(5)] == ["-$1,204", "SEK 5", "5"]
    assert [short_money(412_000, "EUR"), short_money(3_140_000, "SEK"), short_money(950, "GBP")] == [
        "€412k",
        "SEK 3.1m",
        "£950",
    ]


@pytest.mark.parametrize(
    ("locale", "currency", "told"),
    [
        ("fr_FR", "EUR", "1\u202f204\xa0€"),
        ("nl_NL", "EUR", "€\xa01.204"),
        ("sv_SE", "SEK", "1\xa0204\xa0kr"),
        ("ja_JP", "JPY", "¥1,204"),
        ("tr_TR", "CHF", "CHF\xa01.204"),
        ("he_IL", "EUR", "1,204\xa0€"),
        ("de_DE", "", "1.204"),
        ("en_US", "USD", "$1,204"),
    ],
)
def test_a_currency_stands_where_readers_of_the_locale_look_for_it(locale: str, currency: str, told: str) -> None:
    with written_for(locale):
        assert money(1204, currency) == told


def test_changes_and_flags_are_told_as_people_tell_them() -> None:
    told = [figure(value, "change") for value in (-1.0, -0.25, 0.0, 0.2, 1.0)]
    assert told == ["down to nothing", "down 40 %", "unchanged", "up 50 %", "up from nothing"]
    assert [figure(value, "flag") for value in (0, 1.0)] == ["no", "yes"]


def test_figures_and_days_follow_the_locale_and_only_within_it() -> None:
    with written_for("de_DE"):
        told = [
            number(1204),
            percent(0.004),
            money(1204.4, "EUR"),
            short_money(3_140_000, "EUR"),
            day(date(2026, 11, 16)),
        ]
        assert told == ["1.204", "0,4 %", "1.204\N{NO-BREAK SPACE}€", "3,1m\N{NO-BREAK SPACE}€", "16.11.2026"]
        assert [number(0.071), exact_percent(95.54), decimal(6374)] == ["0,071", "95,5 %", "6.374"]
        assert month(date(2026, 10, 1)) == "Okt. 2026"
    assert month(date(2026, 10, 1)) == "Oct 2026"
    assert number(1204) == "1,204" and day(date(2026, 11, 16)) == "16 Nov 2026"

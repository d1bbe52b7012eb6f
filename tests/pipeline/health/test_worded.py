"""Features in the words of a translation."""

from pathlib import Path

import pytest

from pipeline import texts
from pipeline.features.info import FeatureInfo
from pipeline.health.worded import worded
from pipeline.texts import spoken

TRANSLATION = """
reasons:
  of_features:
    logins: "Anmeldungen {value}"
    logins_13w: "Anmeldungen im Quartal {value}"
    "event_{item}": "{item} {value}"
    "{item}_last": "letzte Antwort {item} {value}"
    "level_{item}_last": "Stand {item} {value}"
  names: {report_viewed: Berichte}
"""


@pytest.fixture(autouse=True)
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "en.yaml").write_text((texts.FOLDER / "en.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "de.yaml").write_text(TRANSLATION, encoding="utf-8")
    monkeypatch.setattr(texts, "FOLDER", tmp_path)


def told(name: str, measure: str, reason: str | None = "in English {value}") -> str | None:
    with spoken("de"):
        return worded([FeatureInfo(name, measure, "usage", "usage", reason=reason)])[0].reason


def test_the_words_of_a_column_come_before_those_of_its_measure() -> None:
    assert told("logins_4w", "logins") == "Anmeldungen {value}"
    assert told("logins_13w", "logins") == "Anmeldungen im Quartal {value}"


def test_an_item_stands_in_the_words_by_its_own_name() -> None:
    assert told("event_report_viewed_4w", "event_report_viewed") == "Berichte {value}"
    assert told("event_api_call_4w", "event_api_call") == "api call {value}"


def test_of_several_names_that_fit_the_longest_speaks() -> None:
    assert told("nps_last", "nps_last") == "letzte Antwort nps {value}"
    assert told("level_seats_last", "level_seats_last") == "Stand seats {value}"


def test_what_has_no_words_of_its_own_is_told_as_it_is_declared() -> None:
    assert told("users_4w", "users") == "in English {value}"
    assert told("logins_before_4w", "logins", None) is None

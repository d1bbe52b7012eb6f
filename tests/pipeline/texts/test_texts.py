"""The catalogue of texts: whole in English, and safe to translate."""

import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline import texts
from pipeline.stages.examine import misfits
from pipeline.texts import catalogue, every, problems, say, spoken, word
from pipeline.texts.fit import leaves

PIPELINE = Path(texts.FOLDER).parent


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Writes a translation beside the English texts."""
    english = texts.FOLDER.joinpath("en.yaml").read_text(encoding="utf-8")
    (tmp_path / "en.yaml").write_text(english, encoding="utf-8")
    monkeypatch.setattr(texts, "FOLDER", tmp_path)

    def write(text: str) -> None:
        (tmp_path / "de.yaml").write_text(text, encoding="utf-8")

    return write


def keys(told: dict[str, Any]) -> Iterator[str]:
    for key, value in told.items():
        yield key
        if isinstance(value, dict):
            yield from keys(value)


def test_no_text_is_named_like_a_method_that_a_template_would_find_first() -> None:
    assert not {key for key in keys(catalogue()) if hasattr(dict, str(key))}


def test_every_text_that_code_asks_for_by_name_is_in_the_catalogue() -> None:
    known = dict(leaves(catalogue()))
    asked = {
        found
        for path in PIPELINE.rglob("*.py")
        for found in re.findall(r'\bsay\(\s*"([^"]+)"', path.read_text(encoding="utf-8"))
    }
    assert len(asked) > 60
    assert asked <= set(known)


def test_what_a_translation_leaves_out_is_told_in_english(german: Any) -> None:
    german("resting: {contacted: 'kontaktiert am {day}'}")
    with spoken("de"):
        assert say("resting.contacted", day="3.11.2026") == "kontaktiert am 3.11.2026"
        assert say("resting.snoozed", reason="x") == "snoozed: x"
    assert say("resting.contacted", day="3 Nov 2026") == "contacted on 3 Nov 2026"
    assert problems("de") == []


def test_what_does_not_fit_is_told_in_english_and_named(german: Any) -> None:
    german(
        """
        resting: {contacted: 'kontaktiert am {tag}', contacted_on: x, snoozed: '{reason'}
        portfolio: {corners: {heads: [Ort, Konten]}}
        figures: {affirmed: yes}
        lists: x
        reasons: {of_features: {logins: 'Anmeldungen {wert}', use: 'Nutzung {value}'}}
        """
    )
    with spoken("de"):
        assert say("resting.contacted", day="heute") == "contacted on heute"
        assert say("resting.snoozed", reason="x") == "snoozed: x"
        assert say("figures.affirmed") == "yes"
        assert len(catalogue()["portfolio"]["corners"]["heads"]) == 4
        assert catalogue()["reasons"]["of_features"] == {"use": "Nutzung {value}"}
    assert problems("de") == [
        "resting.contacted: unknown place {tag} (valid: {day})",
        "resting.contacted_on: unknown key; did you mean contacted?",
        "resting.snoozed: braces do not match (expected '}' before end of string)",
        "portfolio.corners.heads: needs a list of 4 texts",
        "figures.affirmed: needs a text, found True (put it in quotes)",
        "lists: is a section with keys below it, not a text",
        "reasons.of_features.logins: unknown place {wert} (valid: {before}, {item}, {peers}, {rest}, {value}, {weeks})",
    ]


def test_a_word_that_the_catalogue_does_not_know_stays_as_it_came() -> None:
    assert word("names.sources.tickets", "tickets") == "tickets"
    assert word("names.sources.carrier pigeons", "carrier pigeons") == "carrier pigeons"


def test_what_people_write_back_is_known_in_every_language_that_can_be_read(german: Any) -> None:
    german("loop: {action: {met: getroffen}}")
    assert every("loop.action.met") == ["getroffen", "met"]
    german_file = texts.FOLDER / "fr.yaml"
    german_file.write_text("loop: [", encoding="utf-8")
    assert every("loop.action.met") == ["getroffen", "met"]


@pytest.mark.parametrize("name", texts.languages())
def test_a_language_that_is_handed_out_fits(name: str) -> None:
    assert problems(name) == []
    assert all(string.Formatter().parse(text) for _, text in leaves(yaml.safe_load((texts.FOLDER / "en.yaml").open())))


def test_check_names_what_a_translation_says_in_vain(german: Any) -> None:
    german("{resting: {kontakt: x}, reasons: {of_features: {logins: a, logins_4w: b, 'event_{item}': c, logon: d}}}")
    assert list(misfits("de")) == [
        "texts/de.yaml: resting.kontakt: unknown key; did you mean contacted?",
        "texts/de.yaml: reasons.of_features.logon: no feature is called so",
    ]

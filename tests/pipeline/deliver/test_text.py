import pandas as pd
import pytest

from pipeline.deliver import words
from pipeline.deliver.text import clean, inert, is_text, web_address


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        "\u00a0=1",
        "\uff1d1",
        "\uff0b1",
        "\uff20a",
        "\uff0d1",
    ],
)
def test_f62_no_cell_of_a_csv_begins_as_a_formula(text: str) -> None:
    assert inert(text).startswith("'")


@pytest.mark.parametrize("text", ["\ufeff=1", "\u200b=1", "\u200f=1", "\ufe66 1", "\ufe63 1", "\tname", "\rname"])
def test_f62_neither_does_one_behind_an_invisible_sign(text: str) -> None:
    assert inert(text).startswith("'")


def test_f62_a_formula_behind_a_semicolon_is_inert_too() -> None:
    assert inert("a; =cmd()") == "a; '=cmd()"
    assert inert("a;-b") == "a;'-b"


@pytest.mark.parametrize("text", ["Ash & Co", "a-b", "e=mc", "41 of 108", "", "renewal soon; advocate", "ac-0001"])
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert inert(text) == text and clean(text) == text


@pytest.mark.parametrize("text", ["שלום עולם", "مرحبا", "Øresund 🚀", "👩‍👩‍👧 family", "日本"])
def test_f24_foreign_scripts_and_emoji_survive(text: str) -> None:
    assert clean(text) == text and inert(text) == text


def test_f24_signs_that_turn_the_direction_are_shown() -> None:
    assert clean("evil\u202etxt.exe\u2066") == "evil[U+202E]txt.exe[U+2066]"
    assert clean("a\u200fb\u200ec") == "abc"


def test_control_signs_are_shown_and_line_breaks_become_blanks() -> None:
    assert clean("a\x00b\x1bc\x7f") == "a[U+0000]b[U+001B]c[U+007F]"
    assert clean("a\nb\tc\u2028d") == "a b c d"
    assert clean("a\ud800b") == "a\ufffdb"


def test_a_text_beyond_a_cell_is_cut_and_says_so() -> None:
    assert clean("x" * 40_000).endswith("x [cut]") and len(clean("x" * 40_000)) < 32_767


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//host/x",
        "http://",
        "https://a b",
        "ftp://a/b",
        "x",
        None,
        "https://[x",
    ],
)
def test_f63_only_web_addresses_become_links(address: object) -> None:
    assert web_address(address) == ""


def test_a_web_address_is_kept() -> None:
    assert web_address(" https://crm.example.com/a?b=1 ") == "https://crm.example.com/a?b=1"


def test_text_is_known_under_all_its_names() -> None:
    assert (
        is_text(pd.Series(["a"], dtype=object))
        and is_text(pd.Series(["a"], dtype="string"))
        and is_text(pd.Series(["a"]))
    )
    assert not is_text(pd.Series([1.0])) and not is_text(pd.Series(pd.to_datetime(["2026-01-01"])))


def test_no_line_ends_between_a_figure_and_its_per_cent() -> None:
    assert words.unbroken("4 % of 9 %") == "4\N{NO-BREAK SPACE}% of 9\N{NO-BREAK SPACE}%"

"""What an error says is what helps."""

from __future__ import annotations

import pytest

from pipeline.errors import closest


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("123", "Did you mean 000123?"),
        ("00123", "Did you mean 000123?"),
        ("12x3", "Did you mean 123456, 001230, 000123?"),
        ("zzz", ""),
        ("", ""),
    ],
)
def test_an_identifier_that_lost_its_leading_zeros_is_meant_before_any_that_looks_like_it(
    word: str, meant: str
) -> None:
    assert closest(word, ["123456", "000123", "001230"]) == meant

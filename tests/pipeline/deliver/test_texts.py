from collections.abc import Iterator
from typing import Any

from pipeline.deliver.texts import catalogue


def keys(texts: dict[str, Any]) -> Iterator[str]:
    for key, value in texts.items():
        yield key
        if isinstance(value, dict):
            yield from keys(value)


def test_no_text_is_named_like_a_method_that_a_template_would_find_first() -> None:
    assert not {key for key in keys(catalogue()) if hasattr(dict, str(key))}


def test_a_language_without_a_catalogue_speaks_english() -> None:
    assert catalogue("xx") == catalogue("en")

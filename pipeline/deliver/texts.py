"""The catalogue of the page's texts: one file a language, all in one place."""

from __future__ import annotations

import functools
from importlib.resources import files
from typing import Any

import yaml


@functools.cache
def catalogue(language: str = "en") -> dict[str, Any]:
    """Every text of the page, by page and name; English where a language has no catalogue of its own."""
    folder = files("pipeline.deliver").joinpath("assets", "texts")
    path = folder.joinpath(f"{language}.yaml")
    text = (path if path.is_file() else folder.joinpath("en.yaml")).read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found

"""A made-up language in which every text stands in brackets, and what of a text stands outside of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from pipeline import texts
from pipeline.config import Config
from pipeline.features import plan
from pipeline.features.base import REGISTRY

LANGUAGE, OPENED, CLOSED = "qps", "⟦", "⟧"
NAMES = {"Holdfast", "CSAT", "NPS", "CES", "CRM", "scorecard", "none"}
"""The same in any language; ``none`` is HubSpot's word for an empty text."""

assert plan, "declares the features"


def wrapped(value: Any) -> Any:
    """Every text in it in brackets."""
    if isinstance(value, Mapping):
        return {key: wrapped(each) for key, each in value.items()}
    return [wrapped(each) for each in value] if isinstance(value, list) else f"{OPENED}{value}{CLOSED}"


def write_language(folder: Path) -> None:
    """English, and the language in which every text of English and every reason of a feature stands in brackets."""
    english = texts.FOLDER.joinpath("en.yaml").read_text(encoding="utf-8")
    (folder / "en.yaml").write_text(english, encoding="utf-8")
    own = wrapped(yaml.safe_load(english))
    own["reasons"]["of_features"] = wrapped({each.name: each.reason for each in REGISTRY.declarations if each.reason})
    (folder / f"{LANGUAGE}.yaml").write_text(yaml.safe_dump(own, allow_unicode=True), encoding="utf-8")


class Outside:
    """What of a text stands outside of all brackets, and comes neither from the data nor from the configuration."""

    def __init__(self, warehouse: Path, config: Config, *said: str) -> None:
        own = {config.name, config.lists.unassigned, *config.lists.tips.values(), *config.features.plan_features}
        own |= {shown for name in config.features.features for shown in (name, name.replace("_", " "))}
        own |= {text for play in config.plays for text in (play.do, play.role)}
        tables = [pd.read_parquet(warehouse / f"{name}.parquet") for name in ("accounts", "tickets", "touches")]
        data = {
            str(each) for t in tables for c in t.select_dtypes(["object", "string"]) for each in t[c].dropna().unique()
        }
        # the rules that rows broke are English: they are for those who read in
        read = json.loads((warehouse / "ingest_report.json").read_text(encoding="utf-8"))["sources"]
        ingest = {text for source in read for text in (source["name"], *source["rules"])}
        known = sorted({each for each in (*own, *data, *ingest, *said, *NAMES) if len(each) > 1}, key=len, reverse=True)
        self._known = re.compile("|".join(rf"(?<!\w){re.escape(each)}(?!\w)" for each in known), re.IGNORECASE)

    def __call__(self, told: Iterable[str]) -> list[str]:
        """What is left of some texts; nothing where every word stands in brackets."""
        return sorted({text for each in told if (text := self._left(each))})

    def _left(self, text: str) -> str:
        before = ""
        while text != before:
            before, text = text, re.sub(f"{OPENED}[^{OPENED}{CLOSED}]*{CLOSED}", " ", text)
        # a text that was cut has lost its end
        text = re.sub(f"{OPENED}.*\N{HORIZONTAL ELLIPSIS}", " ", text)
        text = re.sub(r"\b[\w-]+\.(csv|json|xlsx)\b|^\w+\.? (\d\d)?\d\d$", " ", text)  # files, and months
        return text if re.search(r"[A-Za-z]{2,}", self._known.sub(" ", text)) else ""


def whole(cells: Iterable[str]) -> Iterator[str]:
    """Cells, where those over which one text was parted are one."""
    text = ""
    for cell in cells:
        text = f"{text} {cell}".strip()
        if text.count(OPENED) <= text.count(CLOSED):
            yield text
            text = ""
    yield text


class _Shown(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden = tag in ("script", "style")
        self.texts += [text for name, text in attrs if name in ("aria-label", "alt", "title", "placeholder") and text]

    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip():
            self.texts.append(" ".join(data.split()))


def shown(html: str) -> list[str]:
    """Every text of a page that a reader sees or hears."""
    parser = _Shown()
    parser.feed(html)
    return parser.texts


def of_message(block: Any) -> Iterator[str]:
    """Every text of a Slack message, without the names of its pictures."""
    if isinstance(block, Mapping):
        if isinstance(text := block.get("text"), str):
            yield re.sub(r":[a-z_]+:", "", text)
        yield from (text for each in block.values() for text in of_message(each))
    elif isinstance(block, list):
        yield from (text for each in block for text in of_message(each))

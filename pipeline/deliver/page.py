"""The page: one file that opens from disk, asks the network for nothing and runs nothing but its own script."""

from __future__ import annotations

import base64
import hashlib
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from pipeline.deliver import words
from pipeline.deliver.delivery import Delivery
from pipeline.deliver.text import clean
from pipeline.deliver.view import accounts, act_now, band_shares, choices, leaving


def write_page(delivery: Delivery, path: Path) -> Path:
    """Writes ``index.html`` and returns its path."""
    path.write_text(render(delivery), encoding="utf-8")
    return path


def render(delivery: Delivery) -> str:
    """The page as text. Every foreign text in it is escaped; its policy names the hashes of its style and script."""
    style, script = _asset("page.css"), _asset("page.js")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_asset("page.html.j2")).render(
        style=Markup(style),
        script=Markup(script),
        data=Markup(_embedded(accounts(delivery))),
        policy=_policy(style, script),
        verb=delivery.about.label,
        **_texts(delivery),
        **_lists(delivery),
    )


def _texts(delivery: Delivery) -> dict[str, Any]:
    """The sentences of the page."""
    about = delivery.about
    return {
        "company": clean(about.company),
        "as_of": words.day(about.as_of),
        "headline": words.headline(delivery),
        "news": words.news(delivery),
        "sixty": words.sixty(about),
        "meaning": words.meaning(about),
        "trust": clean(words.trust(about)),
        "band_edges": words.bands(about),
        "rule": words.rule(about),
        "model": clean(about.model),
        "provisional": about.provisional,
        "replayed": about.replayed,
        "notes": [clean(note) for note in about.notes],
        "signals": dict(delivery.signals),
        "retention": words.retention(delivery.portfolio),
        "listed": [f"{g.group}: {words.became(g)}" for g in delivery.portfolio.realised if "listed" in g.group],
        "left_out": {clean(owner): count for owner, count in delivery.at_risk.left_out.items()},
    }


def _lists(delivery: Delivery) -> dict[str, Any]:
    """The rows of the page's lists, and what can be filtered by."""
    return {
        "rows": act_now(delivery),
        "leaving": leaving(delivery),
        "bands": band_shares(delivery),
        "owners": choices(delivery, "owner"),
        "tags": choices(delivery, "tags"),
        "total": len(delivery.health),
    }


def _embedded(data: dict[str, Any]) -> str:
    """JSON that cannot end the element it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _policy(style: str, script: str) -> str:
    """A content security policy that allows this style and this script, and nothing from anywhere."""
    allowed = f"style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _asset(name: str) -> str:
    return files("pipeline.deliver").joinpath("assets", name).read_text(encoding="utf-8")

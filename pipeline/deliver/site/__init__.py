"""The web page: ``index.html`` and the folder ``site`` beside it. It opens from disk and asks nothing of a network.

What the first page needs stands in it. The lists read every account from one script; the page of an account reads its
own history from a file of few accounts, so that a large book opens as fast as a small one.
"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from pipeline.deliver.delivery import Delivery
from pipeline.deliver.site import accounts, libraries
from pipeline.deliver.site.lists import lists
from pipeline.deliver.site.pages import rendered
from pipeline.deliver.site.script import week
from pipeline.deliver.site.stories import shards, stories
from pipeline.texts import catalogue, language

__all__ = ["write_site"]

_OWN = ("site.css", "app.js", "lists.js", "account.js", "account_charts.js")


def write_site(delivery: Delivery, folder: Path) -> list[Path]:
    """Writes the pages into ``folder`` and returns the paths of all files."""
    texts, site = catalogue(), folder / "site"
    for name in ("data", "lib"):
        (site / name).mkdir(parents=True, exist_ok=True)
    pages = {
        folder / "index.html" if name == "index" else site / f"{name}.html": text
        for name, text in rendered(delivery, texts, language()).items()
    }
    written = {**pages, **_scripts(delivery, texts, site)}
    for path, text in written.items():
        path.write_text(text, encoding="utf-8")
    return list(written)


def _scripts(delivery: Delivery, texts: dict[str, Any], site: Path) -> dict[Path, str]:
    own = {site / name: files("pipeline.deliver").joinpath("assets", "site", name).read_text("utf-8") for name in _OWN}
    frame = accounts.together(delivery)
    found = {
        site / "lib" / "tables.js": libraries.tables(),
        site / "data" / "week.js": _call("week", week(delivery, texts, lists(delivery, texts))),
        site / "data" / "accounts.js": _call("accounts", accounts.rows(frame)),
    }
    return {**own, **found, **_stories(delivery, frame["account_id"].map(accounts.text).tolist(), site)}


def _stories(delivery: Delivery, ids: list[str], site: Path) -> dict[Path, str]:
    """The histories of the accounts in files of a few, and what draws them; nothing in a week without them."""
    if delivery.histories is None:
        return {}
    parts = shards(ids, stories(delivery.histories, delivery.health, delivery.loyalty))
    found = {site / "data" / f"accounts-{number}.js": _call("stories", part) for number, part in enumerate(parts)}
    return {site / "lib" / "charts.js": libraries.charts(), **found}


def _call(name: str, data: Any) -> str:
    """A script that hands data to the page, from disk too, where no page may fetch a file."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return f"(window.holdfast??={{}}).{name}={text};\n"

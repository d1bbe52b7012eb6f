"""A real Chromium, and pages that are watched while they are open."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
Open = Callable[..., Any]


@contextmanager
def chromium() -> Iterator[Any]:
    """A headless Chromium; skips where there is none, unless HOLDFAST_REQUIRE asks for it."""
    if not CHROMIUM.exists():
        if "chromium" in os.environ.get("HOLDFAST_REQUIRE", "").split(","):
            pytest.fail(f"HOLDFAST_REQUIRE asks for chromium, and {CHROMIUM} is not there")
        pytest.skip(f"{CHROMIUM} is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield browser
        browser.close()


@contextmanager
def watched(browser: Any, **settings: Any) -> Iterator[Open]:
    """Opens pages from disk; at the end nothing was said on the console and nothing was asked of a network."""
    said: list[str] = []
    asked: list[str] = []
    context = browser.new_context(**settings)

    def go(folder: Path, page: str = "index.html") -> Any:
        tab = context.new_page()
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(f"{folder.as_uri()}/{page}")
        return tab

    yield go
    context.close()
    assert not said, said
    assert [url for url in asked if not url.startswith(("file://", "data:"))] == []

"""The browser that pages are looked at with, as the machine has it."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from typing import Any

CHROMIUM = next((path for path in map(shutil.which, ("chromium", "google-chrome", "chrome")) if path), None)


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """Chromium without a screen; FileNotFoundError where there is none."""
    from playwright.sync_api import sync_playwright

    if CHROMIUM is None:
        raise FileNotFoundError("there is no chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()

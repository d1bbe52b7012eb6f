"""How long the pages of a large company take to open from disk in Chromium: ``make bench-page``.

The demo company is written so large that about 5,000 accounts are customers, and its week is published as a whole run
does it. A page has opened when its script has drawn what it shows.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.browser import chromium
from benchmarks.companies import demo
from benchmarks.measure import holdfast

_TIMES = 5
_PAGES = {
    "overview": ("index.html", "figure svg"),
    "all accounts": ("site/lists.html#list=all", "#table tbody tr"),
    "at risk": ("site/lists.html", "#table tbody tr"),
    "portfolio": ("site/portfolio.html", "figure svg"),
}
"""Each page's address, and what is there when it has opened."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--accounts", type=int, default=7500, help="accounts that the demo company ever had")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        folder = Path(name)
        config = demo(folder, "--accounts", str(asked.accounts))
        published = holdfast("run", "--config", str(config), "--workspace", str(folder)).output
        week = folder / "published" / "latest"
        print(f"{published['accounts']:,} accounts, {_mib(week / 'site'):.1f} MiB in site/")
        print("| page | fastest | median | slowest |")
        print("|---|---|---|---|")
        with chromium() as browser:
            for name, seconds in _opened(browser, week):
                told = (min(seconds), statistics.median(seconds), max(seconds))
                print(f"| {name} | {' | '.join(f'{each:.2f} s' for each in told)} |", flush=True)


def _opened(browser: Any, week: Path) -> Iterator[tuple[str, list[float]]]:
    for name, (address, drawn) in _PAGES.items():
        yield name, [_open(browser, f"{week.resolve().as_uri()}/{address}", drawn) for _ in range(_TIMES)]


def _open(browser: Any, address: str, drawn: str) -> float:
    # a page of its own each time: nothing is kept from the one before
    page = browser.new_context().new_page()
    start = time.perf_counter()
    page.goto(address)
    page.wait_for_selector(drawn)
    seconds = time.perf_counter() - start
    page.context.close()
    return seconds


def _mib(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20


if __name__ == "__main__":
    main()

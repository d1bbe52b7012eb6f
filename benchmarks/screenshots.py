"""Pictures of every page of the latest week and of every sheet of its workbooks, to look at: ``make screenshots``.

Pages need Chromium; sheets need LibreOffice and pdftoppm, and are left out with a line where those are absent.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.browser import CHROMIUM, chromium

SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
PAGES = {
    **{"overview": "index.html", "at_risk": "site/lists.html", "leaving": "site/lists.html#list=leaving"},
    **{"all_accounts": "site/lists.html#list=all", "portfolio": "site/portfolio.html"},
    **{"outcome": "site/outcome.html", "data": "site/data.html", "model": "site/model.html"},
    "definitions": "site/definitions.html",
}
README = {"at_risk": 900, "account": 1890}
"""The pictures of the README with their heights."""

Take = Callable[[Any, Path], Path]
"""Writes a picture of a page as it stands, and returns its path."""


def main() -> int:
    """Writes the pictures and returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path, default=Path("workspace"))
    parser.add_argument("--output", type=Path, default=None, help="default: WORKSPACE/screenshots")
    parser.add_argument("--readme", action="store_true", help="only the two pictures of the README")
    asked = parser.parse_args()
    week = (asked.workspace / "published" / "latest").resolve()
    if not (week / "index.html").exists():
        print(f"{week} holds no week; run 'holdfast run' first.", file=sys.stderr)
        return 1
    output: Path = asked.output or asked.workspace / "screenshots"
    output.mkdir(parents=True, exist_ok=True)
    for path in readme(week, output) if asked.readme else (*pages(week, output), *sheets(week, output)):
        print(path)
    return 0


def pages(week: Path, output: Path) -> Iterator[Path]:
    """A picture of every page, light and dark, on a desk and on a phone; and on paper, the first page of each."""
    if CHROMIUM is None:
        print("pages are left out: there is no chromium", file=sys.stderr)
        return
    with chromium() as browser:
        for size, viewport in SIZES.items():
            for scheme in ("light", "dark"):
                context = browser.new_context(viewport=viewport, color_scheme=scheme)
                yield from _pictures(context.new_page(), week, output, f"{size}_{scheme}", _shown)
                context.close()
        if shutil.which("pdftoppm") is not None:
            yield from _pictures(browser.new_page(), week, output, "print", _printed)


def _pictures(page: Any, week: Path, output: Path, kind: str, take: Take) -> Iterator[Path]:
    for name, address in PAGES.items():
        # a new address of the same page alone would not load it anew
        page.goto("about:blank")
        page.goto(f"{week.as_uri()}/{address}")
        yield take(page, output / f"{name}_{kind}.png")
        if name == "at_risk" and page.locator(".open").count():
            _open_first(page)
            yield take(page, output / f"account_{kind}.png")


def _open_first(page: Any) -> None:
    page.locator(".open").first.click()
    page.wait_for_selector("#account[data-ready]")


def _shown(page: Any, path: Path) -> Path:
    page.screenshot(path=path, full_page=True)
    return path


def _printed(page: Any, path: Path) -> Path:
    """The first sheet that a printer would make of the page."""
    with tempfile.TemporaryDirectory() as folder:
        paper = Path(folder, "paper.pdf")
        margin = dict.fromkeys(("top", "bottom", "left", "right"), "12mm")
        page.pdf(path=paper, format="A4", prefer_css_page_size=True, margin=margin)
        command = ["pdftoppm", "-r", "90", "-f", "1", "-singlefile", "-png", str(paper), str(path.with_suffix(""))]
        subprocess.run(command, check=True)
    return path


def readme(week: Path, output: Path) -> Iterator[Path]:
    """The two pictures of the README, in few colours so that they stay small."""
    from PIL import Image

    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1360, "height": README["at_risk"]})
        page.goto(f"{week.as_uri()}/site/lists.html")
        for name, height in README.items():
            if name == "account":
                _open_first(page)
                page.set_viewport_size({"width": 1000, "height": height})
                page.wait_for_timeout(300)
            path = output / f"{name}.png"
            page.screenshot(path=path)
            Image.open(path).convert("RGB").quantize(160, dither=Image.Dither.NONE).save(path, optimize=True)
            yield path


def sheets(week: Path, output: Path) -> Iterator[Path]:
    """A picture of every printed page of every workbook."""
    office, painter = shutil.which("soffice"), shutil.which("pdftoppm")
    if office is None or painter is None:
        absent = "LibreOffice" if office is None else "pdftoppm"
        print(f"sheets are left out: there is no {absent}", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as folder:
        for book in sorted(week.rglob("*.xlsx")):
            convert = [office, "--headless", "--convert-to", "pdf", "--outdir", folder, str(book)]
            subprocess.run(convert, check=True, capture_output=True)
            pdf = Path(folder, f"{book.stem}.pdf")
            subprocess.run([painter, "-r", "70", "-png", str(pdf), str(output / f"sheet_{book.stem}")], check=True)
    yield from sorted(output.glob("sheet_*.png"))


if __name__ == "__main__":
    sys.exit(main())

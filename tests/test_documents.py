"""What the documents name is there: commands, targets of make, rooms of the house, files that are linked."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import typer

from pipeline.cli import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
ROOMS = (ROOT / "docs" / "architecture.md").read_text()
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
COMMANDS = sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
ROOMS_OF_MODULES = ("pipeline", "pipeline/stages", "models")
MODULES = sorted(path for room in ROOMS_OF_MODULES for path in (ROOT / room).glob("[a-z]*.py"))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_stands_in_the_readme(command: str) -> None:
    assert re.search(rf"`?(holdfast )?\b{command}\b", README)


def test_a_command_or_target_that_a_page_names_is_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in PAGES:
        text = page.read_text()
        named = set(re.findall(r"(?:`|^    )holdfast ([a-z]+)", text, re.MULTILINE))
        made = set(re.findall(r"(?:`|^    )make ([a-z-]+)", text, re.MULTILINE))
        assert (page.name, named - set(COMMANDS), made - targets) == (page.name, set(), set())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_links_to_is_there(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_decision_stands_in_the_index() -> None:
    index = (ROOT / "docs" / "adr" / "README.md").read_text()
    assert [path.name for path in (ROOT / "docs" / "adr").glob("0*.md") if path.name not in index] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_a_module_has_its_place_in_the_plan_of_the_house(module: Path) -> None:
    assert re.search(rf"\b{module.stem}\b", ROOMS)


def test_every_room_has_its_place_in_the_plan_of_the_house() -> None:
    rooms = [path.parent.name for path in (ROOT / "pipeline").glob("*/__init__.py")]
    assert [room for room in rooms if f"{room}/" not in ROOMS] == []


def test_make_help_names_what_is_meant_to_be_called() -> None:
    told = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {"run", "test", "check", "bench", "results", "screenshots"} <= set(re.findall(r"make ([a-z-]+)", told))

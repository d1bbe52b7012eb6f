"""Every example of docs/mapping.md is true: ``holdfast check`` takes it, on the files that the page shows."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from tests.commands.command import Company

PAGE = (Path(__file__).parents[1] / "docs" / "mapping.md").read_text()
FILES = re.compile(r"`([\w-]+\.csv)`[^\n]*:\n\n((?:    [^\n]*\n)+)")
PARTS = PAGE.split("\n## ")[1:]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.split(",")[0])
def test_an_example_of_the_page_is_ready(tmp_path: Path, part: str) -> None:
    (config,) = re.findall(r"```yaml\n(.*?)```", part, re.DOTALL)
    (tmp_path / "config.yaml").write_text(config)
    (tmp_path / "data").mkdir()
    encodings = dict(re.findall(r"files: (\w+\.csv)\n(?:    .*\n)*?    encoding: (\w+)", config))
    for name, body in FILES.findall(part):
        text = textwrap.dedent(body)
        (tmp_path / "data" / name).write_bytes(text.encode(encodings.get(name, "utf-8")))
    told = Company(tmp_path).json("check")
    assert told["ok"]
    assert all(source["report"]["quarantined"] == 0 for source in told["sources"])

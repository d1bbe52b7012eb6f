"""Names that try to be more than names."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from dataclasses import replace
from pathlib import Path

from pipeline.deliver import Delivery
from pipeline.lists.at_risk import AtRisk
from tests.pipeline.company import delivery

NAMES = (
    '=HYPERLINK("http://evil.example","x")',
    '"><script>document.title="owned"</script>',
    "</script><script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "\uff1dcmd|' /C calc'!A0",
    "  +1+1",
    "\u202egnp.exe",
    "http://evil.example/x",
    "{{ 7 * 7 }}",
    "שלום 🚀",
    "\t=1+1",
    "\r@SUM(1)",
    "-2+3",
    "\ufe62cmd",
)


TEXTS = ("account_name", "owner", "segment", "contact", "reason_1", "why", "evidence", "play", "tip", "url", "tags")


def hostile(count: int = 60) -> Delivery:
    """A week in which every text is hostile."""
    week = delivery(count)
    health, rows, leaving = week.health.copy(), week.at_risk.rows.copy(), week.leaving.copy()
    for frame in (health, rows, leaving):
        for at, name in enumerate(("account_name", "owner", "segment", "contact", "reason_1", "play", "url")):
            if name in frame.columns:
                frame[name] = [NAMES[(at + row) % len(NAMES)] for row in range(len(frame))]
    signals, todo = week.signal_rows.copy(), week.actions.copy()
    for frame in (signals, todo):
        for at, name in enumerate(name for name in TEXTS if name in frame.columns):
            frame[name] = [NAMES[(at + row) % len(NAMES)] for row in range(len(frame))]
    rows["url"] = "javascript:document.title='owned'"
    rows["account_name"] = rows["account_id"].map(health.set_index("account_id")["account_name"])
    about = replace(week.about, company=NAMES[1], grade_reason=NAMES[2], notes=(NAMES[3],))
    found = AtRisk(rows, {NAMES[1]: 3}, len(rows) + 3, week.at_risk.base_rate)
    lists = {"signal_rows": signals, "actions": todo, "leaving": leaving, "at_risk": found}
    return replace(week, about=about, health=health, **lists)


_RUNS = (
    # whatever its attributes: a formula, an array formula, a formula of a whole column
    *(r"<f[\s/>]", r"<calculatedColumnFormula", r'\st="str"'),
    *("<(\\w+:)?hyperlink", "relationships/hyperlink", 'TargetMode="External"'),
    *("externalLink", "ddeLink", "oleLink", "<(\\w+:)?oleObject", "vbaProject", "macrosheet"),
)
"""What a workbook would compute, follow or fetch, as it stands in the parts of its file."""


def living(path: Path) -> list[str]:
    """What in a workbook is more than text, figures and days, with the part that it stands in."""
    with zipfile.ZipFile(path) as parts:
        texts = {name: parts.read(name).decode("utf-8", "replace") for name in parts.namelist()}
    # a text may well be about a hyperlink
    texts = {name: re.sub(r"(?s)>[^<]*<", "><", text) for name, text in texts.items()}
    return [f"{part} in {name}" for name, text in texts.items() for part in _RUNS if re.search(part, name + text)]


def is_alive(cell: str) -> bool:
    """Whether a spreadsheet would take a cell of a CSV for a formula; a figure is none."""
    try:
        float(cell)
    except ValueError:
        first = unicodedata.normalize("NFKC", cell.lstrip()[:1])
        return cell[:1] in ("\t", "\r", "\n") or first in ("=", "+", "-", "@")
    return False

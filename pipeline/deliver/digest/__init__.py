"""A Slack message and an e-mail for each manager, as files that can be looked at before anything is sent."""

from __future__ import annotations

import json
from email.policy import SMTP
from pathlib import Path
from typing import Any

from pipeline.deliver.delivery import Delivery
from pipeline.deliver.digest import mail, slack
from pipeline.deliver.digest.content import Digest, Digests
from pipeline.deliver.managers import ManagerSheets, file_names
from pipeline.texts import language

__all__ = ["FOLDER", "Digest", "Digests", "write_digests"]

FOLDER = "digests"


def write_digests(delivery: Delivery, texts: dict[str, Any], folder: Path) -> dict[str, str]:
    """Writes both digests of every manager into ``folder``; by manager, the name of the files without their ending.

    It is the name of the manager's workbook, too.
    """
    folder.mkdir(exist_ok=True)
    sheets, told = ManagerSheets(delivery), texts["digest"]
    made = Digests(delivery, sheets, told)
    names = {owner: Path(name).stem for owner, name in file_names(sheets.owners()).items()}
    for owner, name in names.items():
        digest = made.of(owner, f"{name}.xlsx")
        payload = json.dumps(slack.message(digest, told), indent=1, ensure_ascii=False)
        (folder / f"{name}.json").write_text(f"{payload}\n", encoding="utf-8")
        (folder / f"{name}.eml").write_bytes(mail.message(digest, told, language()).as_bytes(policy=SMTP))
    return names

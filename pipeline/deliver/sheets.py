"""What stands on each sheet of the workbook: headings, widths and kinds."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.deliver.returned import KEY
from pipeline.loop.feedback import ACTIONS, VERDICTS
from pipeline.texts import word


@dataclass(frozen=True)
class Column:
    """A column of a sheet: left out where it has no values unless ``needed``; those not ``printed`` stand last.

    ``asked``: managers write into it, one of ``choices`` where there are any. ``hidden``: only programs read it.
    ``head``: the entry of ``sheets.headings`` in the texts, where it is not the column's name.
    """

    name: str
    width: float
    kind: str = "text"
    needed: bool = False
    printed: bool = True
    asked: bool = False
    choices: tuple[str, ...] = ()
    hidden: bool = False
    head: str = ""

    @property
    def heading(self) -> str:
        """What stands above it; what only programs read keeps its name."""
        return word(f"sheets.headings.{self.head or self.name}", self.name)


ACT_NOW = (
    Column("rank", 5, "number", needed=True),
    Column("account_name", 31, "strong", needed=True),
    Column("owner", 16, needed=True),
    Column("status", 11, "wrap"),
    Column("health", 8, "health", needed=True),
    Column("band", 8, "band", needed=True),
    Column("change_1w", 7, "change"),
    Column("change_4w", 7, "change"),
    Column("churn_probability", 9, "share"),
    Column("arr", 11, "money"),
    Column("decide_by", 12, "date"),
    Column("decide", 12, "wrap"),
    Column("why", 46, "wrap", needed=True),
    Column("play", 34, "wrap", needed=True),
    Column("play_role", 15),
    Column("play_due", 12, "date"),
    Column("contact", 30, "wrap", printed=False),
    Column("last_touch", 12, "date", printed=False),
    Column("open_urgent_tickets", 9, "number", printed=False),
    Column("tags", 32, "wrap", printed=False),
    Column("renewal_date", 12, "date", printed=False),
    Column("revenue_at_risk", 12, "money", printed=False),
    Column("weeks_listed", 8, "number", printed=False),
    Column("coverage", 9, "percent", printed=False),
    Column("said", 26, "wrap", printed=False),
    Column("override", 30, "wrap", printed=False),
    Column("segment", 14, printed=False),
    Column("account_id", 16, needed=True, printed=False),
    Column("url", 40, printed=False),
)
LEAVING = (
    Column("account_name", 30, "strong", needed=True),
    Column("owner", 18, needed=True),
    Column("segment", 14),
    Column("arr", 13, "money"),
    Column("notice_at", 13, "date"),
    Column("ends_at", 13, "date", needed=True),
    Column("days_left", 10, "number"),
    Column("contact", 30, "wrap"),
    Column("account_id", 16, needed=True),
    Column("url", 40, printed=False),
)
HEALTH = (
    Column("account_name", 28, "strong", needed=True),
    Column("owner", 18),
    Column("segment", 14),
    Column("health", 9, "health", needed=True),
    Column("band", 10, "band", needed=True),
    Column("change_1w", 8, "change"),
    Column("change_4w", 8, "change"),
    Column("churn_probability", 10, "share"),
    Column("arr", 13, "money"),
    Column("renewal_date", 13, "date"),
    Column("why", 44, "wrap"),
    Column("tags", 26, "wrap"),
    Column("coverage", 10, "percent"),
    Column("account_id", 16, needed=True),
)

_WHO = (
    Column("account_name", 27, "strong", needed=True),
    Column("list", 12, "wrap", needed=True),
    Column("status", 11, "wrap"),
    Column("health", 8, "health", needed=True),
    Column("band", 8, "band", needed=True),
)
_ASKED = (
    Column("action", 11, "said", needed=True, asked=True, choices=ACTIONS),
    Column("verdict", 12, "said", needed=True, asked=True, choices=VERDICTS),
    Column("snooze_until", 12, "said_date", needed=True, asked=True),
    Column("notes", 26, "said", needed=True, asked=True),
)
_MORE = (
    Column("contact", 26, "wrap", printed=False),
    Column("last_touch", 12, "date", printed=False),
    Column("open_urgent_tickets", 9, "number", printed=False),
    Column("tags", 30, "wrap", printed=False),
    Column("coverage", 9, "percent", printed=False),
    Column("segment", 14, printed=False),
    Column("account_id", 16, needed=True, printed=False),
    Column("url", 40, printed=False),
    Column(KEY, 10, needed=True, printed=False, hidden=True),
)
MANAGER_ACT_NOW = (
    Column("place", 4, "number", needed=True),
    Column("account_name", 24, "strong", needed=True),
    Column("list", 10, "wrap", needed=True),
    Column("status", 12, "wrap"),
    Column("health", 7, "health", needed=True),
    Column("band", 7, "band", needed=True),
    Column("change_1w", 7, "change"),
    Column("change_4w", 7, "change"),
    Column("churn_probability", 8, "share"),
    Column("arr", 10, "money"),
    Column("renewal_date", 11, "date"),
    Column("decide_by", 11, "date"),
    Column("decide", 10, "wrap"),
    Column("why", 39, "wrap", needed=True),
    Column("what_now", 28, "wrap", needed=True),
    Column("play_role", 10, "wrap"),
    Column("play_due", 11, "date"),
    *_ASKED,
    *_MORE,
)
MANAGER_RENEWALS = (
    *_WHO,
    Column("churn_probability", 9, "share"),
    Column("arr", 11, "money"),
    Column("renewal_date", 12, "date", needed=True, head="renews"),
    Column("decide_by", 11, "date"),
    Column("decide", 10, "wrap"),
    Column("why", 45, "wrap", needed=True),
    Column("what_now", 34, "wrap", needed=True),
    *_ASKED,
    *_MORE,
)
MANAGER_GOOD_NEWS = (
    *_WHO,
    Column("arr", 11, "money"),
    Column("why", 45, "wrap", needed=True),
    Column("what_now", 34, "wrap", needed=True),
    *_ASKED,
    *_MORE,
)
MANAGERS = (
    Column("owner", 24, "strong", needed=True, head="manager"),
    Column("accounts", 11, "number", needed=True),
    Column("red", 9, "number", needed=True),
    Column("amber", 9, "number", needed=True),
    Column("at_risk", 11, "number", needed=True),
    Column("act_now", 11, "number", needed=True),
    Column("arr", 14, "money"),
    Column("left_out", 11, "number", needed=True),
    Column("set_aside", 11, "number", needed=True),
    Column("leaving", 11, "number", needed=True),
)
ANSWERS = (
    Column("as_of", 24, "date", needed=True),
    Column("listed", 11, "number", needed=True),
    Column("answered", 11, "number", needed=True),
    Column("acted", 11, "number", needed=True),
    Column("acceptance", 12, "percent", needed=True),
    Column("real", 9, "number", needed=True),
    Column("false_alarm", 11, "number", needed=True),
    Column("already_leaving", 11, "number", needed=True),
    Column("wrong_reason", 11, "number", needed=True),
)
JUDGED = (
    Column("reason", 24, "strong", needed=True),
    Column("judged", 11, "number", needed=True),
    Column("real", 11, "number", needed=True),
    Column("false_alarm", 11, "number", needed=True),
    Column("wrong_reason", 12, "number", needed=True),
)
BECAME = (
    Column("group", 24, "strong", needed=True),
    Column("as_of", 12, "date", needed=True),
    Column("weeks_ago", 11, "number", needed=True),
    Column("accounts", 11, "number", needed=True, head="of"),
    Column("left", 11, "number", needed=True),
    Column("share", 9, "share", needed=True),
    Column("ended", 14, "number", needed=True),
    Column("state", 16, needed=True),
)
ALL_LISTS = (
    Column("list", 22, "strong", needed=True),
    Column("account_name", 28, "strong", needed=True),
    Column("owner", 16, needed=True),
    Column("status", 11, "wrap"),
    Column("health", 8, "health", needed=True),
    Column("band", 8, "band", needed=True),
    Column("change_1w", 7, "change"),
    Column("churn_probability", 9, "share"),
    Column("arr", 11, "money"),
    Column("renewal_date", 12, "date", head="renews"),
    Column("why", 50, "wrap", needed=True),
    Column("what_now", 36, "wrap", needed=True),
    Column("set_aside", 26, "wrap"),
    Column("said", 26, "wrap"),
    Column("override", 30, "wrap"),
    Column("segment", 14, printed=False),
    Column("coverage", 9, "percent", printed=False),
    Column("account_id", 16, needed=True, printed=False),
)
CHANGES = (
    Column("account_name", 28, "strong", needed=True),
    Column("owner", 16, needed=True),
    Column("health", 8, "health", needed=True),
    Column("band", 8, "band", needed=True),
    Column("score_before", 9, "score", needed=True),
    Column("score", 9, "score", needed=True),
    Column("moved_customer", 12, "points", needed=True),
    Column("moved_calendar", 12, "points", needed=True),
    Column("moved_model", 12, "points", needed=True),
    Column("moved_configuration", 12, "points", needed=True),
    Column("driver_1", 34, "wrap"),
    Column("driver_2", 34, "wrap"),
    Column("driver_3", 34, "wrap"),
    Column("account_id", 16, needed=True, printed=False),
)
SOURCES = (
    Column("source", 24, "strong", needed=True),
    Column("spoke", 12, "number", needed=True),
    Column("share", 11, "percent", needed=True, head="share_of_all"),
    Column("age", 12, "number", needed=True),
    Column("oldest", 14, "number", needed=True),
)
READ = (
    Column("source", 24, "strong", needed=True),
    Column("files", 12, "number", needed=True),
    Column("records", 11, "number", needed=True),
    Column("accepted", 12, "number", needed=True),
    Column("quarantined", 14, "number", needed=True),
    Column("duplicates", 12, "number", needed=True),
    Column("filtered", 15, "number", needed=True),
    Column("newest", 13, "date", needed=True),
)
BROKEN = (
    Column("source", 24, "strong", needed=True),
    Column("records", 12, "number", needed=True),
    Column("rule", 11, "text", needed=True),
)

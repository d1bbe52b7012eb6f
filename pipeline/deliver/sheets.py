"""What stands on each sheet of the workbook: headings, widths and kinds."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.deliver.returned import KEY
from pipeline.loop.feedback import ACTIONS, VERDICTS


@dataclass(frozen=True)
class Column:
    """A column of a sheet: left out where it has no values unless ``needed``; those not ``printed`` stand last.

    ``asked``: managers write into it, one of ``choices`` where there are any. ``hidden``: only programs read it.
    """

    name: str
    heading: str
    width: float
    kind: str = "text"
    needed: bool = False
    printed: bool = True
    asked: bool = False
    choices: tuple[str, ...] = ()
    hidden: bool = False


ACT_NOW = (
    Column("rank", "#", 5, "number", needed=True),
    Column("account_name", "Account", 31, "strong", needed=True),
    Column("owner", "Owner", 16, needed=True),
    Column("status", "What is new", 9),
    Column("health", "Health", 8, "health", needed=True),
    Column("band", "Band", 8, "band", needed=True),
    Column("change_1w", "1 week", 7, "change"),
    Column("change_4w", "4 weeks", 7, "change"),
    Column("churn_probability", "Chance to leave", 9, "share"),
    Column("arr", "Worth a year", 11, "money"),
    Column("decide_by", "Decide by", 12, "date"),
    Column("decide", "Time left", 12, "wrap"),
    Column("why", "Why", 46, "wrap", needed=True),
    Column("play", "What now", 34, "wrap", needed=True),
    Column("play_role", "Who", 15),
    Column("play_due", "Due", 12, "date"),
    Column("contact", "Contact", 30, "wrap", printed=False),
    Column("last_touch", "Last touch", 12, "date", printed=False),
    Column("open_urgent_tickets", "Urgent tickets", 9, "number", printed=False),
    Column("tags", "Signals", 32, "wrap", printed=False),
    Column("renewal_date", "Renewal", 12, "date", printed=False),
    Column("revenue_at_risk", "Chance times worth", 12, "money", printed=False),
    Column("weeks_listed", "Weeks listed", 8, "number", printed=False),
    Column("coverage", "Coverage", 9, "percent", printed=False),
    Column("said", "Said", 26, "wrap", printed=False),
    Column("override", "A person says", 30, "wrap", printed=False),
    Column("segment", "Segment", 14, printed=False),
    Column("account_id", "Account id", 16, needed=True, printed=False),
    Column("url", "Address", 40, printed=False),
)
LEAVING = (
    Column("account_name", "Account", 30, "strong", needed=True),
    Column("owner", "Owner", 18, needed=True),
    Column("segment", "Segment", 14),
    Column("arr", "Worth a year", 13, "money"),
    Column("notice_at", "Notice given", 13, "date"),
    Column("ends_at", "Ends", 13, "date", needed=True),
    Column("days_left", "Days left", 10, "number"),
    Column("contact", "Contact", 30, "wrap"),
    Column("account_id", "Account id", 16, needed=True),
    Column("url", "Address", 40, printed=False),
)
HEALTH = (
    Column("account_name", "Account", 28, "strong", needed=True),
    Column("owner", "Owner", 18),
    Column("segment", "Segment", 14),
    Column("health", "Health", 9, "health", needed=True),
    Column("band", "Band", 10, "band", needed=True),
    Column("change_1w", "1 week", 8, "change"),
    Column("change_4w", "4 weeks", 8, "change"),
    Column("churn_probability", "Chance to leave", 10, "share"),
    Column("arr", "Worth a year", 13, "money"),
    Column("renewal_date", "Renewal", 13, "date"),
    Column("why", "Why", 44, "wrap"),
    Column("tags", "Signals", 26, "wrap"),
    Column("coverage", "Coverage", 10, "percent"),
    Column("account_id", "Account id", 16, needed=True),
)

_WHO = (
    Column("account_name", "Account", 31, "strong", needed=True),
    Column("list", "List", 14, "wrap", needed=True),
    Column("status", "What is new", 8),
    Column("health", "Health", 8, "health", needed=True),
    Column("band", "Band", 8, "band", needed=True),
)
_ASKED = (
    Column("action", "Action", 11, "said", needed=True, asked=True, choices=ACTIONS),
    Column("verdict", "Verdict", 12, "said", needed=True, asked=True, choices=VERDICTS),
    Column("snooze_until", "Snooze until", 12, "said_date", needed=True, asked=True),
    Column("notes", "Notes", 26, "said", needed=True, asked=True),
)
_MORE = (
    Column("contact", "Contact", 26, "wrap", printed=False),
    Column("last_touch", "Last touch", 12, "date", printed=False),
    Column("open_urgent_tickets", "Urgent tickets", 9, "number", printed=False),
    Column("tags", "Signals", 30, "wrap", printed=False),
    Column("coverage", "Coverage", 9, "percent", printed=False),
    Column("segment", "Segment", 14, printed=False),
    Column("account_id", "Account id", 16, needed=True, printed=False),
    Column("url", "Address", 40, printed=False),
    Column(KEY, KEY, 10, needed=True, printed=False, hidden=True),
)
MANAGER_ACT_NOW = (
    Column("place", "#", 4, "number", needed=True),
    *_WHO,
    Column("change_1w", "1 week", 7, "change"),
    Column("churn_probability", "Chance to leave", 9, "share"),
    Column("arr", "Worth a year", 11, "money"),
    Column("decide_by", "Decide by", 12, "date"),
    Column("decide", "Time left", 12, "wrap"),
    Column("why", "Why", 48, "wrap", needed=True),
    Column("what_now", "What now", 38, "wrap", needed=True),
    Column("play_due", "Due", 12, "date"),
    *_ASKED,
    *_MORE,
)
MANAGER_RENEWALS = (
    *_WHO,
    Column("churn_probability", "Chance to leave", 9, "share"),
    Column("arr", "Worth a year", 11, "money"),
    Column("renewal_date", "Renews or ends", 12, "date", needed=True),
    Column("decide_by", "Decide by", 12, "date"),
    Column("decide", "Time left", 12, "wrap"),
    Column("why", "Why", 48, "wrap", needed=True),
    Column("what_now", "What now", 38, "wrap", needed=True),
    *_ASKED,
    *_MORE,
)
MANAGER_GOOD_NEWS = (
    *_WHO,
    Column("arr", "Worth a year", 11, "money"),
    Column("why", "Why", 48, "wrap", needed=True),
    Column("what_now", "What now", 38, "wrap", needed=True),
    *_ASKED,
    *_MORE,
)
MANAGERS = (
    Column("owner", "Manager", 24, "strong", needed=True),
    Column("accounts", "Accounts", 11, "number", needed=True),
    Column("red", "Red", 9, "number", needed=True),
    Column("amber", "Amber", 9, "number", needed=True),
    Column("at_risk", "At risk", 11, "number", needed=True),
    Column("act_now", "To act on", 11, "number", needed=True),
    Column("arr", "Worth a year", 14, "money"),
    Column("left_out", "Not shown", 11, "number", needed=True),
    Column("set_aside", "Set aside", 11, "number", needed=True),
    Column("leaving", "Leaving", 11, "number", needed=True),
)
ANSWERS = (
    Column("as_of", "List of", 24, "date", needed=True),
    Column("listed", "Listed", 11, "number", needed=True),
    Column("answered", "Answered", 11, "number", needed=True),
    Column("acted", "Acted on", 11, "number", needed=True),
    Column("acceptance", "Share acted on", 12, "percent", needed=True),
    Column("real", "Real", 9, "number", needed=True),
    Column("false_alarm", "False alarm", 11, "number", needed=True),
    Column("already_leaving", "Already leaving", 11, "number", needed=True),
    Column("wrong_reason", "Wrong reason", 11, "number", needed=True),
)
JUDGED = (
    Column("reason", "Main reason", 24, "strong", needed=True),
    Column("judged", "Judged", 11, "number", needed=True),
    Column("real", "Real", 11, "number", needed=True),
    Column("false_alarm", "False alarm", 11, "number", needed=True),
    Column("wrong_reason", "Wrong reason", 12, "number", needed=True),
)
BECAME = (
    Column("group", "Accounts", 24, "strong", needed=True),
    Column("as_of", "List of", 12, "date", needed=True),
    Column("weeks_ago", "Weeks ago", 11, "number", needed=True),
    Column("accounts", "Of", 11, "number", needed=True),
    Column("left", "Left", 11, "number", needed=True),
    Column("share", "Share", 9, "share", needed=True),
    Column("state", "Counted", 16, needed=True),
)
ALL_LISTS = (
    Column("list", "List", 22, "strong", needed=True),
    Column("account_name", "Account", 28, "strong", needed=True),
    Column("owner", "Owner", 16, needed=True),
    Column("status", "What is new", 9),
    Column("health", "Health", 8, "health", needed=True),
    Column("band", "Band", 8, "band", needed=True),
    Column("change_1w", "1 week", 7, "change"),
    Column("churn_probability", "Chance to leave", 9, "share"),
    Column("arr", "Worth a year", 11, "money"),
    Column("renewal_date", "Renews or ends", 12, "date"),
    Column("why", "Why", 50, "wrap", needed=True),
    Column("what_now", "What now", 36, "wrap", needed=True),
    Column("set_aside", "Set aside", 26, "wrap"),
    Column("said", "Said", 26, "wrap"),
    Column("override", "A person says", 30, "wrap"),
    Column("segment", "Segment", 14, printed=False),
    Column("coverage", "Coverage", 9, "percent", printed=False),
    Column("account_id", "Account id", 16, needed=True, printed=False),
)
CHANGES = (
    Column("account_name", "Account", 28, "strong", needed=True),
    Column("owner", "Owner", 16, needed=True),
    Column("health", "Health", 8, "health", needed=True),
    Column("band", "Band", 8, "band", needed=True),
    Column("score_before", "Score before", 9, "score", needed=True),
    Column("score", "Score now", 9, "score", needed=True),
    Column("moved_customer", "The customer changed", 12, "points", needed=True),
    Column("moved_model", "The model changed", 12, "points", needed=True),
    Column("moved_configuration", "The settings changed", 12, "points", needed=True),
    Column("driver_1", "Most by", 34, "wrap"),
    Column("driver_2", "Then", 34, "wrap"),
    Column("driver_3", "Then by", 34, "wrap"),
    Column("account_id", "Account id", 16, needed=True, printed=False),
)
SOURCES = (
    Column("source", "Source", 24, "strong", needed=True),
    Column("spoke", "Accounts it spoke of", 12, "number", needed=True),
    Column("share", "Share of all", 11, "percent", needed=True),
    Column("age", "Usual age in days", 12, "number", needed=True),
    Column("oldest", "Nine of ten are within", 14, "number", needed=True),
)

"""Who is not called this week although the list would have it: snoozed, just contacted, or called a false alarm.

Nobody rests without a day on which it ends. Who became clearly worse, or must decide about a renewal before the rest is
over, is called all the same, unless a manager snoozed it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pandas as pd

from pipeline.config.settings import ListSettings
from pipeline.figures import day
from pipeline.texts import say

WORSE = 5.0
"""Points of health in a week from which an account is called again although it was just contacted."""


SET_ASIDE_COLUMNS = (
    *("account_id", "account_name", "owner", "segment", "health", "band", "arr", "set_aside", "rests_until", "said"),
    *("reason_1", "as_of"),
)
"""The columns of ``set_aside.csv``."""


def pressing(has_term: pd.Series, days_to_decide: pd.Series, settings: ListSettings) -> pd.Series:
    """Whether an account with a term must decide about its renewal before a rest would be over."""
    return has_term & days_to_decide.between(0, settings.cool_down_days)


def nothing_said() -> pd.DataFrame:
    """``standing`` where no manager has said anything."""
    texts = {name: pd.Series(dtype="string") for name in ("verdict", "notes")}
    days = {name: pd.Series(dtype="datetime64[ns]") for name in ("snooze_until", "contacted_on", "judged_on")}
    return pd.DataFrame({**texts, **days})


def resting(
    scored: pd.DataFrame,
    standing: pd.DataFrame,
    assigned: Sequence[tuple[date, frozenset[str]]],
    as_of: date,
    settings: ListSettings,
) -> pd.DataFrame:
    """Why and until when accounts rest, indexed by account_id: ``set_aside`` (text) and ``rests_until``.

    ``scored`` is indexed by account_id with last_touch, change_1w and pressing (1: must decide soon) where known;
    ``standing`` comes from feedback.standing; ``assigned`` are the accounts of each earlier action list with its day:
    only a contact after a listing is an answer to it.
    """
    told = standing.reindex(scored.index)
    rests = [_snoozed(told, as_of)]
    calm = ~(_column(scored, "change_1w") <= -WORSE) & ~(_column(scored, "pressing") > 0)
    days = timedelta(days=settings.cool_down_days)
    since = _listed_since(scored.index, assigned)
    touched = pd.to_datetime(_column(scored, "last_touch", "datetime64[ns]"))
    # of a contact that a workbook tells, only the day of reading is known
    later = told["contacted_on"] > touched
    rests.append(_until(touched.where((touched >= since) & calm & ~later), "contacted", days, as_of))
    rests.append(_until(told["contacted_on"].where(calm), "told_contacted", days, as_of))
    false = told["judged_on"].where((told["verdict"] == "false alarm") & calm)
    rests.append(_until(false, "false_alarm", days, as_of))
    found = pd.concat(rests)
    return found[~found.index.duplicated()].sort_index()


def _snoozed(told: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Those whose snooze has not passed and has a reason."""
    until = pd.to_datetime(told["snooze_until"])
    chosen = told[(until > pd.Timestamp(as_of)) & (told["notes"].fillna("") != "")]
    words = [say("resting.snoozed", reason=notes) for notes in chosen["notes"].astype(str)]
    return pd.DataFrame({"set_aside": words, "rests_until": until[chosen.index]}, index=chosen.index)


def _until(days: pd.Series, name: str, length: timedelta, as_of: date) -> pd.DataFrame:
    """Those whose day is not yet ``length`` ago; ``name``: of the text that says so."""
    known = pd.to_datetime(days.dropna())
    chosen = known[known + length > pd.Timestamp(as_of)]
    told = [say(f"resting.{name}", day=day(moment)) for moment in chosen]
    return pd.DataFrame({"set_aside": told, "rests_until": chosen + length}, index=chosen.index)


def _listed_since(accounts: pd.Index, assigned: Sequence[tuple[date, frozenset[str]]]) -> pd.Series:
    """The first of the earlier lists that each account stood on; missing where it stood on none."""
    first = {account: day for day, listed in sorted(assigned, reverse=True) for account in listed}
    return pd.to_datetime(pd.Series(accounts.map(first), index=accounts))


def _column(frame: pd.DataFrame, name: str, kind: str = "float64") -> pd.Series:
    return frame[name] if name in frame.columns else pd.Series(index=frame.index, dtype=kind)

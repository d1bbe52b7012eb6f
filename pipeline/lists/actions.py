"""The lists beside the at-risk list: one for each signal, and each manager's own list of what to do now.

A row answers who, what is at stake, how bad, why, what now and what is new. On a manager's list an account stands once:
first the at-risk list, then, up to the capacity, accounts with a warning, told by their most telling one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from pipeline.config.settings import ListSettings
from pipeline.health.moves import drivers
from pipeline.lists.conditions import Conditions
from pipeline.lists.past import REACH, PastWeek, recent
from pipeline.lists.plays import in_time, with_renewal
from pipeline.lists.signals import SIGNALS, Signal, evidence
from pipeline.texts import say

SIGNAL_COLUMNS = (
    *("list", "rank", "account_id", "account_name", "owner", "segment", "health", "band", "churn_probability", "arr"),
    *("renewal_date", "decide_by", "decide_in_days", "change_1w", "change_4w", "evidence", "reason_1", "reason_2"),
    *("reason_3", "tip", "play", "play_role", "play_due", "status", "on_at_risk", "set_aside", "contact", "url"),
    *("last_touch", "coverage", "said", "override", "as_of"),
)
"""The columns of ``signals.csv``: a row for each signal of each account."""

ACTION_COLUMNS = (
    *("owner", "place", "list", "account_id", "account_name", "segment", "health", "band", "churn_probability", "arr"),
    *("renewal_date", "decide_by", "decide_in_days", "change_1w", "change_4w", "why", "play", "play_role", "play_due"),
    *("status", "weeks_listed", "tags", "tip", "contact", "url", "last_touch", "open_urgent_tickets", "coverage"),
    *("said", "override", "as_of", "listed_for"),
)
"""The columns of ``action_list.csv``: each manager's list, in order."""

CHANGE_COLUMNS = (
    *("account_id", "account_name", "owner", "segment", "health", "band", "score_before", "score", "change_1w"),
    *("moved_customer", "moved_model", "moved_configuration", "moved_calendar"),
    *("driver_1", "driver_2", "driver_3", "as_of"),
)
"""The columns of ``changes.csv``: the three causes add up to score less score_before.

``moved_calendar`` is a part of what the customer moved: that of the contract's calendar alone.
"""

AT_RISK = "at risk"
"""What the at-risk list is called beside the names of signals."""

_WARNINGS = tuple(signal for signal in SIGNALS if signal.kind == "warning")


def signal_rows(
    scored: pd.DataFrame,
    flagged: pd.DataFrame,
    asked: Conditions,
    listed: Collection[str],
    history: Sequence[PastWeek],
    plays: pd.DataFrame,
) -> pd.DataFrame:
    """A row for each signal that an account carries, by signal, and within one by what is at stake.

    ``scored`` is indexed by account_id; ``flagged`` and ``asked`` come from signals; ``listed`` stand on the at-risk
    list; ``plays`` (plays.of_signals) says what each signal calls for. A row without a figure to check is left out.
    """
    before = _tagged_before(scored, history)
    found = [_rows_of(signal, scored, flagged[signal.name], asked, before) for signal in SIGNALS]
    rows = pd.concat(found, ignore_index=True) if found else pd.DataFrame()
    for name in plays.columns:
        rows[name] = rows["list"].map(plays[name])
    known = rows.assign(term_months=rows["account_id"].map(asked("term_months")))
    rows["play"] = with_renewal(rows["play"], rows["leaves_the_renewal_out"].fillna(False).astype(bool), known)
    rows["play_due"] = in_time(rows)
    rows["on_at_risk"] = rows["account_id"].isin(list(listed))
    return rows.reindex(columns=list(SIGNAL_COLUMNS))


def action_list(
    at_risk: pd.DataFrame, signals: pd.DataFrame, settings: ListSettings, away: Collection[str] = ()
) -> pd.DataFrame:
    """Each manager's list, by owner: the at-risk rows, then accounts with a warning up to the capacity.

    ``away`` are those who gave notice or rest. An account stands once.
    """
    first = at_risk.assign(list=AT_RISK, why=_why(at_risk), tip="", order=-1, place=at_risk["rank"])
    names = [signal.name for signal in _WARNINGS]
    warned = signals[signals["list"].isin(names) & ~signals["account_id"].isin([*at_risk["account_id"], *away])]
    warned = warned.assign(order=warned["list"].map(names.index), place=warned["rank"])
    warned = warned.sort_values(["order", "rank"], kind="stable").drop_duplicates("account_id")
    warned = warned.assign(why=in_lines(warned, ("evidence", "reason_1", "reason_2")), weeks_listed=0)
    tags = signals.groupby("account_id")["list"].agg("; ".join)
    warned["tags"] = warned["account_id"].map(tags)
    rows = pd.concat([frame for frame in (first, warned) if not frame.empty] or [first], ignore_index=True)
    rows = rows.sort_values(["owner", "order", "place"], kind="stable", ignore_index=True)
    rows = rows[rows.groupby("owner").cumcount() < settings.capacity].reset_index(drop=True)
    rows["place"] = rows.groupby("owner").cumcount() + 1
    return rows.reindex(columns=list(ACTION_COLUMNS))


def good_news(signals: pd.DataFrame, most: int, away: Collection[str] = ()) -> tuple[pd.DataFrame, pd.Series]:
    """Each manager's good news, by owner, at most ``most`` rows; and how many did not fit, by owner.

    An account stands once, by its first signal. What is new comes before what was good news already, so that nobody is
    asked for the same reference every week; then who may buy more, then the healthiest of the largest.
    """
    names = [signal.name for signal in SIGNALS if signal.kind == "good"]
    rows = signals[signals["list"].isin(names) & ~signals["account_id"].isin(list(away))]
    rows = rows.assign(order=rows["list"].map(names.index), old=rows["status"] == "same")
    rows = rows.sort_values(["order", "rank"], kind="stable").drop_duplicates("account_id")
    rows = rows.sort_values(["owner", "old", "order", "rank"], kind="stable", ignore_index=True)
    fits = rows.groupby("owner").cumcount() < most
    return rows[fits].drop(columns=["order", "old"]), rows.loc[~fits, "owner"].value_counts()


def _rows_of(
    signal: Signal, scored: pd.DataFrame, holds: pd.Series, asked: Conditions, before: pd.Series | None
) -> pd.DataFrame:
    """The accounts of one signal, those with most at stake first; of good news the healthiest of the largest."""
    rows = scored[holds].copy()
    rows["evidence"] = evidence(signal, asked, rows.index)
    rows = rows[rows["evidence"] != ""]
    rows["stake"] = _stake(rows, signal.kind == "good")
    rows = rows.rename_axis("account_id").reset_index()
    rows = rows.sort_values(["stake", "account_id"], ascending=[False, True], kind="stable", ignore_index=True)
    tip = rows["tips"].fillna("") if signal.name == "unused features" and "tips" in rows else pd.Series("", rows.index)
    rows["tip"] = tip.where(tip != "", signal.tip)
    rows["status"] = "" if before is None else _news(rows["account_id"], before, signal.name)
    return rows.assign(list=signal.name, rank=np.arange(1, len(rows) + 1))


def _stake(rows: pd.DataFrame, good: bool) -> pd.Series:
    """Risk times revenue, or health times revenue; revenue that is not known counts as the usual."""
    risk = rows["churn_probability"].astype(float).fillna((100.0 - rows["health"]) / 100.0)
    arr = rows["arr"].astype(float) if "arr" in rows else pd.Series(np.nan, rows.index)
    worth = arr.fillna(arr.median() if arr.notna().any() else 1.0)
    return (rows["health"] if good else risk) * worth


def _tagged_before(scored: pd.DataFrame, history: Sequence[PastWeek]) -> pd.Series | None:
    """The tags of the last published week, by account; None where there was none of late."""
    past = recent(history, scored["as_of"].iloc[0].date(), REACH) if len(scored) else ()
    if not past or "tags" not in past[0].scores:
        return None
    return past[0].scores.set_index("account_id")["tags"].astype("string").fillna("")


def _news(accounts: pd.Series, before: pd.Series, name: str) -> pd.Series:
    """``new`` where the account did not carry the tag in the last published week."""
    tagged = accounts.map(before).fillna("").map(lambda text: name in str(text).split("; "))
    return pd.Series(np.where(tagged.astype(bool), "same", "new"), accounts.index)


def _why(rows: pd.DataFrame) -> pd.Series:
    return in_lines(rows, ("reason_1", "reason_2", "reason_3"))


def in_lines(rows: pd.DataFrame, names: Sequence[str]) -> pd.Series:
    """Some columns of text in one, a line each; what an earlier one says already is left out."""
    texts = rows[list(names)].astype("string").fillna("").to_numpy().tolist()
    return pd.Series(["\n".join(_once(row)) for row in texts], index=rows.index, dtype="string")


def _once(texts: Sequence[str]) -> list[str]:
    """The texts whose own figure, without its weight and that of the peers behind it, stands in none before them."""
    told: list[str] = []
    weights = [say(f"reasons.{name}", reason="") for name in ("most", "more_than_all")]
    for text in texts:
        bare = next((text.removesuffix(each) for each in weights if text.endswith(each)), text)
        own = bare.partition("; ")[0]
        told += [text] if text and not any(own in each for each in told) else []
    return told


def changes_table(scored: pd.DataFrame, moved: pd.DataFrame) -> pd.DataFrame:
    """The accounts that were scored in the last published week too, those that fell most first.

    ``scored`` is indexed by account_id with moved_<cause> and score_before; ``moved`` comes from moves.moves.
    """
    rows = scored[scored["moved_customer"].notna()]
    rows = rows.join(drivers(moved, rows.index)).rename_axis("account_id").reset_index()
    rows = rows.assign(fall=rows["score"] - rows["score_before"])
    rows = rows.sort_values(["fall", "account_id"], kind="stable", ignore_index=True)
    return rows.reindex(columns=list(CHANGE_COLUMNS))

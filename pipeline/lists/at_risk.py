"""The at-risk list: whom to call this week, in which order, and what is new.

An account enters when it is red or, where there is a model, at least ``lists.lift`` times as likely to leave as the
base rate; red alone is not enough where a model holds it less likely to leave than the average account, as at a
company whose usual account hardly ever leaves. It leaves when it was clearly better for ``CALM_WEEKS`` weeks in a
row, so that nobody flaps in and out, or when it is green: nobody calls a green account to save it. Where lists are
published a month apart, clearly better once is enough. What is new is new against the last published list.
Rank is probability times revenue (the scorecard: points short of 100 times revenue) among those alone, so that a
large healthy account cannot outrank a sick one. Each owner gets at most ``lists.capacity`` rows. Nobody is listed
without a reason in words, and who rests (``pipeline.lists.resting``) is held back.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from models.scale import POINTS_PER_LOG_ODDS
from pipeline.config.settings import ListSettings, ScaleSettings
from pipeline.lists.past import REACH, PastWeek, recent

AT_RISK_COLUMNS = (
    *("rank", "account_id", "account_name", "owner", "segment", "health", "band", "churn_probability", "arr"),
    *("revenue_at_risk", "renewal_date", "decide_by", "change_1w", "change_4w", "reason_1", "reason_2", "reason_3"),
    *("play", "status", "weeks_listed", "tags"),
    *("play_role", "play_due", "contact", "url", "last_touch", "open_urgent_tickets", "as_of"),
    *("decide_in_days", "coverage", "said", "override", "listed_for"),
)
"""The columns of ``at_risk.csv``, in order; scripts rely on the names.

``decide_in_days`` is negative where the last day to give notice has passed; ``said`` is what the manager last said,
``override`` what a person says against the score. ``listed_for`` is one of ``LISTED_FOR``.
"""

LISTED_FOR = (BY_RULE, BY_CALENDAR, STAYS) = ("rule", "calendar", "stays")
"""Why an account stands on the list: the rule asks for it now; it is new, and the rule asks for it only since the
contract's calendar moved on; or the rule asks for it no more, and it is not yet clearly better."""

LEAVING_COLUMNS = (
    *("account_id", "account_name", "owner", "segment", "arr", "notice_at", "ends_at", "days_left"),
    *("contact", "url", "as_of"),
)
"""The columns of ``leaving.csv``, in order."""

_TEXT = (
    *("account_name", "owner", "segment", "reason_1", "reason_2", "reason_3", "play", "tags", "contact", "url"),
    *("said", "override"),
)


LEAVE_MARGIN = 5.0
"""Points above the edge of red from which a listed account counts as clearly better."""

LEAVE_SHARE = 0.8
"""The share of what it enters by below which it must be as well: 1.6 times the base rate where it enters at 2."""

CALM_WEEKS = 2
"""Weeks in a row that it must be clearly better before it leaves the list."""

MOVED = 3.0
"""Points in a week from which a change is called worse or better: of behaviour, without the calendar."""


@dataclass(frozen=True)
class AtRisk:
    """The list, and how many eligible accounts each owner's capacity left out.

    ``eligible_ids`` are all whom the rule would list; ``held`` those of them who rest; ``unexplained`` counts those
    for whom there was no reason in words, who are therefore not listed.
    """

    rows: pd.DataFrame
    left_out: dict[str, int]
    eligible: int
    base_rate: float | None
    eligible_ids: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    unexplained: int = 0


def at_risk(
    scored: pd.DataFrame,
    as_of: date,
    *,
    history: Sequence[PastWeek] = (),
    leaving: Collection[str] = (),
    resting: Collection[str] = (),
    base_rate: float | None = None,
    settings: ListSettings | None = None,
    scale: ScaleSettings | None = None,
) -> AtRisk:
    """This week's list from the scores of all accounts at one cutoff.

    ``scored`` has one row an account (column account_id) with health, band, churn_probability (missing from the
    scorecard), arr (currency units a year, may be missing), owner, renewal_date, notice_days, reasons, play and tags;
    what is absent stays empty. ``history`` is newest first and holds earlier weeks only. ``leaving`` are accounts that
    have given notice, ``resting`` those that are not called this week. ``base_rate`` is the usual share that leaves
    within the horizon; the mean probability if None.
    """
    rule = _Rule(settings or ListSettings(), scale or ScaleSettings(), None)
    frame = _prepared(scored, as_of, leaving, history, rule.lists.unassigned)
    rule = replace(rule, base=_base_rate(frame, base_rate))
    enters = rule.enters(frame)
    stays = ~enters & frame["previously"].notna() & ~rule.has_calmed(frame, recent(history, as_of))
    frame["listed_for"] = np.select(
        [~enters, frame["previously"].isna() & ~rule.enters_anyway(frame)], [STAYS, BY_CALENDAR], BY_RULE
    )
    would = frame[enters | stays]
    rests, told = would["account_id"].isin(list(resting)), _explained(would, scored)
    eligible = _ranked(would[~rests & told])
    kept = eligible[eligible.groupby("owner").cumcount() < rule.lists.capacity]
    ids, held = frozenset(would["account_id"]), frozenset(would.loc[rests, "account_id"])
    return AtRisk(
        _rows(kept), _left_out(eligible, kept), len(eligible), rule.base, ids, held, int((~told & ~rests).sum())
    )


def _explained(would: pd.DataFrame, scored: pd.DataFrame) -> pd.Series:
    """Whether there is a reason that a person can check; where reasons were not asked for, nobody misses one."""
    if "reason_1" not in scored.columns:
        return pd.Series(True, index=would.index)
    return would["reason_1"].astype("string").fillna("") != ""


def changes(scored: pd.DataFrame, as_of: date, history: Sequence[PastWeek]) -> pd.DataFrame:
    """``change_1w`` and ``change_4w``: points of health since exactly 1 and 4 weeks ago, indexed like ``scored``.

    Missing where that week was not published or the account was not in it.
    """
    found = {f"change_{weeks}w": _change(scored, as_of - timedelta(weeks=weeks), history) for weeks in (1, 4)}
    return pd.DataFrame(found, index=scored.index)


def leaving_list(leaving: pd.DataFrame, as_of: date, *, settings: ListSettings | None = None) -> pd.DataFrame:
    """Those who have given notice, the soonest end first, and of one day the largest first.

    ``leaving`` has account_id, notice_at, ends_at, and what is known of account_name, owner, segment, arr, contact
    and url.
    """
    frame = _with_columns(leaving.copy(), LEAVING_COLUMNS)
    frame["owner"] = _owner(frame["owner"], (settings or ListSettings()).unassigned)
    frame["ends_at"], frame["notice_at"] = pd.to_datetime(frame["ends_at"]), pd.to_datetime(frame["notice_at"])
    frame["days_left"] = (frame["ends_at"] - pd.Timestamp(as_of)).dt.days.astype("Float64")
    frame["as_of"] = pd.Timestamp(as_of)
    ordered = frame.sort_values(["ends_at", "arr", "account_id"], ascending=[True, False, True], na_position="last")
    return ordered[list(LEAVING_COLUMNS)].reset_index(drop=True)


@dataclass(frozen=True)
class _Rule:
    """Who enters the list and who may leave it, given the base rate (None from the scorecard)."""

    lists: ListSettings
    scale: ScaleSettings
    base: float | None

    def enters(self, scores: pd.DataFrame) -> pd.Series:
        """Red and likelier to leave than the average account, or clearly so in any band."""
        is_red, chance = scores["band"] == "red", scores["churn_probability"]
        if self.base is None:
            return is_red
        return (is_red & (chance >= self.base)) | (chance >= self.lists.lift * self.base)

    def enters_anyway(self, scores: pd.DataFrame) -> pd.Series:
        """Whether it would enter without what the calendar moved since last week, where that is known."""
        if "moved_calendar" not in scores.columns:
            return self.enters(scores)
        moved = scores["moved_calendar"].astype(float).fillna(0.0)
        chance = scores["churn_probability"].astype(float)
        odds = chance / (1 - chance)
        before: pd.Series = odds * np.exp(moved / -POINTS_PER_LOG_ODDS)
        band = scores["band"].mask((scores["band"] == "red") & (scores["health"] - moved >= self.scale.red), "")
        return self.enters(scores.assign(band=band, churn_probability=before / (1 + before)))

    def is_calm(self, scores: pd.DataFrame) -> pd.Series:
        """Clearly better than what the rule asks for."""
        well, chance = scores["health"] >= self.scale.red + LEAVE_MARGIN, scores["churn_probability"]
        if self.base is None:
            return well
        return (well & ~(chance >= LEAVE_SHARE * self.lists.lift * self.base)) | (chance < LEAVE_SHARE * self.base)

    def has_calmed(self, scores: pd.DataFrame, history: Sequence[PastWeek]) -> pd.Series:
        """Clearly better in this week and in the ``CALM_WEEKS - 1`` before it that are near, or so that it is green."""
        before = history[: CALM_WEEKS - 1]
        calm = self.is_calm(scores)
        for week in before:
            was_calm = self.is_calm(week.scores.set_index("account_id"))
            calm &= scores["account_id"].map(was_calm).fillna(False).astype(bool)
        return calm | (self.is_calm(scores) & (scores["band"] == "green"))


def _prepared(
    scored: pd.DataFrame, as_of: date, leaving: Collection[str], history: Sequence[PastWeek], unassigned: str
) -> pd.DataFrame:
    """The scores without those who leave, with every column of the list, its changes and its place on the last list."""
    frame = scored[~scored["account_id"].isin(list(leaving))].drop(columns=["change_1w", "change_4w"], errors="ignore")
    frame = frame.join(changes(frame, as_of, history))
    last = recent(history, as_of, REACH)[:1]
    frame["own_change"] = own_change(frame).fillna(_change(frame, last[0].as_of, last) if last else np.nan)
    listed = _weeks_listed(last[0].at_risk) if last else {}
    frame["previously"] = frame["account_id"].map(listed).astype("Float64")
    frame = _with_columns(frame, (*AT_RISK_COLUMNS, "notice_days"))
    frame["owner"] = _owner(frame["owner"], unassigned)
    frame["as_of"] = pd.Timestamp(as_of)
    return frame.assign(**decision(frame, as_of))


def decision(frame: pd.DataFrame, as_of: date) -> dict[str, pd.Series]:
    """``decide_by``, the renewal less the notice, and the days until then, negative where it has passed."""
    renewal = pd.to_datetime(frame["renewal_date"])
    decide_by = renewal - pd.to_timedelta(frame["notice_days"].astype("Float64"), unit="D")
    days = (decide_by - pd.Timestamp(as_of)).dt.days.astype("Float64")
    return {"renewal_date": renewal, "decide_by": decide_by, "decide_in_days": days}


def own_change(scored: pd.DataFrame) -> pd.Series:
    """What behaviour changed since last week, without model, settings and calendar; else the change of health."""
    moved = scored["change_1w"].astype(float)
    if "moved_customer" not in scored.columns:
        return moved
    own = scored["moved_customer"].astype(float)
    return (own - scored["moved_calendar"].astype(float) if "moved_calendar" in scored.columns else own).fillna(moved)


def _base_rate(frame: pd.DataFrame, given: float | None) -> float | None:
    """The base rate given, else the mean probability; None from the scorecard."""
    known = frame["churn_probability"].dropna().astype(float)
    return None if known.empty else (float(known.mean()) if given is None else given)


def _ranked(eligible: pd.DataFrame) -> pd.DataFrame:
    """In the order of the list: those who enter by the rule before those who merely stay, then by what is at stake.

    An account whose revenue is not known is ranked as if it were of the usual size: missing is not zero.
    """
    risk = eligible["churn_probability"].astype(float)
    risk = risk.where(risk.notna(), (100.0 - eligible["health"]) / 100.0)
    arr = eligible["arr"].astype(float)
    usual = arr.median() if arr.notna().any() else 1.0
    tier = (eligible["listed_for"] == STAYS).astype(int)
    frame = eligible.assign(
        tier=tier, stake=risk * arr.fillna(usual), revenue_at_risk=eligible["churn_probability"] * arr
    )
    return frame.sort_values(["tier", "stake", "health", "account_id"], ascending=[True, False, True, True])


def _rows(kept: pd.DataFrame) -> pd.DataFrame:
    """The kept accounts as rows of ``at_risk.csv``."""
    rows = kept.reset_index(drop=True)
    rows["rank"] = np.arange(1, len(rows) + 1)
    rows["weeks_listed"] = rows["previously"].fillna(0).astype(int) + 1
    moved = rows["own_change"].astype(float)
    states = [rows["previously"].isna(), moved <= -MOVED, moved >= MOVED]
    rows["status"] = np.select(states, ["new", "worse", "better"], "same")
    for name in _TEXT:
        rows[name] = rows[name].astype("string").fillna("")
    return rows[list(AT_RISK_COLUMNS)]


def _left_out(eligible: pd.DataFrame, kept: pd.DataFrame) -> dict[str, int]:
    """For each owner with more eligible accounts than capacity: how many are not shown."""
    counts = eligible["owner"].value_counts() - kept["owner"].value_counts()
    return {str(owner): int(count) for owner, count in sorted(counts.items()) if count > 0}


def _change(scored: pd.DataFrame, day: date, history: Sequence[PastWeek]) -> pd.Series:
    week = next((week for week in history if week.as_of == day), None)
    if week is None:
        return pd.Series(np.nan, index=scored.index)
    return scored["health"] - scored["account_id"].map(week.scores.set_index("account_id")["health"]).astype(float)


def _weeks_listed(at_risk_rows: pd.DataFrame) -> dict[str, int]:
    return dict(zip(at_risk_rows["account_id"], at_risk_rows["weeks_listed"].astype(int), strict=True))


def _owner(owners: pd.Series, unassigned: str) -> pd.Series:
    named = owners.astype("string").str.strip()
    return named.where(named.fillna("") != "", unassigned)


def _with_columns(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The frame with each absent column added, empty."""
    for name in names:
        if name not in frame.columns:
            frame[name] = pd.NaT if name in ("last_touch", "renewal_date", "notice_at", "ends_at") else np.nan
    return frame

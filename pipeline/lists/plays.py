"""Plays: what to do now, from a table of conditions. The first line that fits an account is its play."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches
from typing import Any

import pandas as pd

from pipeline.config.settings import PlaySettings
from pipeline.errors import ConfigError
from pipeline.features.info import DIMENSIONS
from pipeline.figures import day
from pipeline.lists.signals import SIGNALS
from pipeline.texts import say

LATE_DAYS = 2
"""Days in which to act where the last day to give notice has passed without a notice."""

NEAR_DAYS = 14
"""Days to the customer's last day to decide within which no talk may leave the renewal out."""

_DECIDED_BY = ("decide_by", "decide_in_days", "renewal_date")
_SETTLED_ELSEWHERE = {signal.name for signal in SIGNALS if signal.kind in ("renewal", "good")}
"""Signals whose plays speak of the renewal already, or of no trouble at all."""


@dataclass(frozen=True)
class Play:
    """What to do for an account that carries ``tag`` and whose main reason is of ``dimension`` and ``measure``.

    An empty condition fits every account. ``text`` and ``role`` are a company's own words; those of a play that is
    built in stand in the texts under its ``key``.
    """

    text: str
    tag: str = ""
    dimension: str = ""
    role: str = "CSM"
    due_days: int = 7
    measure: str = ""
    key: str = ""

    def told(self) -> tuple[str, str]:
        """What to do and who does it, in words."""
        return (say(f"plays.{self.key}"), say(f"plays.roles.{self.role}")) if self.key else (self.text, self.role)

    @property
    def leaves_the_renewal_out(self) -> bool:
        """Whether it is one of ours that says nothing of a renewal; a company's own words are left as they are."""
        return bool(self.key) and self.dimension != "timing" and self.tag not in _SETTLED_ELSEWHERE


def _built_in(key: str, role: str, due_days: int, *, tag: str = "", dimension: str = "", measure: str = "") -> Play:
    return Play("", tag, dimension, role, due_days, measure, key)


DEFAULTS: tuple[Play, ...] = (
    _built_in("agree_renewal", "CSM", 3, tag="renewal soon", dimension="timing"),
    _built_in("ask_what_changed", "CSM", 5, tag="satisfied but leaving"),
    _built_in("new_main_user", "CSM", 5, tag="champion lost"),
    _built_in("sort_payment", "Finance", 5, tag="payment trouble", dimension="commercial"),
    _built_in("restart_onboarding", "Onboarding", 5, tag="onboarding stuck"),
    _built_in("take_over_matter", "Support lead", 3, tag="effort too high", dimension="effort"),
    _built_in("fitting_contract", "Account manager", 14, tag="contraction ahead", dimension="adoption"),
    _built_in("call_the_quiet", "CSM", 5, tag="quiet account"),
    _built_in("show_a_feature", "CSM", 14, tag="unused features", dimension="adoption"),
    _built_in("plan_to_renewal", "CSM", 14, tag="early renewal", dimension="timing"),
    _built_in("next_tier", "Account manager", 14, tag="ready to expand"),
    _built_in("reference", "CSM", 28, tag="advocate"),
    _built_in("thank", "CSM", 7, tag="recovered"),
    _built_in("urgent_ticket", "Support lead", 1, measure="open_urgent_tickets"),
    _built_in("oldest_ticket", "Support lead", 3, measure="open_age_days"),
    _built_in("ask_the_silent", "CSM", 7, measure="silent_after_ask"),
    _built_in("invite_others", "CSM", 7, measure="users"),
    _built_in("second_user", "CSM", 14, measure="champion_share"),
    _built_in("first_result", "Onboarding", 5, measure="days_without_first_value"),
    _built_in("settle_open", "Finance", 3, measure="amount_overdue"),
    _built_in("settle_open", "Finance", 3, measure="invoices_overdue"),
    _built_in("check_payment", "Finance", 5, measure="failed_payments"),
    _built_in("ask_about_use", "CSM", 7, dimension="usage"),
    _built_in("working_session", "CSM", 14, dimension="adoption"),
    _built_in("open_tickets", "Support lead", 3, dimension="support"),
    _built_in("take_over_matter", "Support lead", 3, dimension="effort"),
    _built_in("last_answer", "CSM", 5, dimension="sentiment"),
    _built_in("second_contact", "CSM", 7, dimension="relationship"),
    _built_in("value_and_price", "Account manager", 7, dimension="commercial"),
    _built_in("next_milestone", "Onboarding", 5, dimension="onboarding"),
    _built_in("renewal_talk", "CSM", 7, dimension="timing"),
    _built_in("check_in", "CSM", 14),
)
"""The last line fits every account, so that there is always a next step."""


def configured(settings: Sequence[PlaySettings], measures: Collection[str]) -> tuple[Play, ...]:
    """The company's own plays: one line for each name in ``when`` (a dimension, a signal or one of ``measures``).

    Raises ConfigError naming every word that is none of these, with the closest that is.
    """
    signals = {_word(signal.name): signal.name for signal in SIGNALS}
    known = [*DIMENSIONS, *signals, *sorted(measures)]
    asked = [(play, _word(name)) for play in settings for name in play.when]
    problems = [_unknown(play.name, name, known) for play, name in asked if name not in known]
    if problems:
        raise ConfigError(*problems)
    return tuple(_line(play, name, signals) for play, name in asked)


def choose(reasons: pd.DataFrame, flagged: pd.DataFrame, as_of: date, plays: Sequence[Play] = ()) -> pd.DataFrame:
    """The play of each account: ``play``, ``play_role`` and ``play_due`` (date), indexed like ``reasons``.

    ``reasons`` come from reasons.explain (main_dimension, main_measure), ``flagged`` from signals.flags; ``plays`` are
    the company's own lines, which come before the defaults. Where the customer must decide within ``NEAR_DAYS``, or
    need not any more, the play says to settle the renewal too: for that ``reasons`` has, where they are known,
    decide_by, decide_in_days, renewal_date, term_months and as_of.
    """
    table = [*plays, *DEFAULTS]
    held = flagged.reindex(reasons.index, fill_value=False).to_dict("records")
    main = zip(reasons["main_dimension"], reasons["main_measure"], held, strict=True)
    chosen = [_first(table, dimension, measure, tags) for dimension, measure, tags in main]
    due = [_workday(as_of + timedelta(days=play.due_days)) for play in chosen]
    found = _table(chosen, due, reasons.index)
    asked = pd.Series([play.leaves_the_renewal_out for play in chosen], reasons.index, dtype=bool)
    found["play"] = with_renewal(found["play"], asked, reasons)
    return found


def with_renewal(told: pd.Series, asked: pd.Series, rows: pd.DataFrame) -> pd.Series:
    """The plays that are asked for it (``leaves_the_renewal_out``) with the renewal that no talk may leave out now."""
    told, rows = told.copy(), rows.reindex(columns=[*_DECIDED_BY, "term_months", "as_of"])
    left, has_term = rows["decide_in_days"].astype("Float64"), ~(rows["term_months"].astype("Float64") <= 1)
    near, asked = left.between(0, NEAR_DAYS).fillna(False), asked & has_term.fillna(True)
    for name, holds, days in (("decide", near, rows["decide_by"]), ("passed", has_passed(rows), rows["renewal_date"])):
        chosen = (asked & holds).astype(bool)
        pairs = zip(told[chosen], days[chosen], strict=True)
        told.loc[chosen] = [say(f"plays.renewal_too.{name}", play=play, day=day(when)) for play, when in pairs]
    return told


def of_signals(as_of: date, plays: Sequence[Play] = ()) -> pd.DataFrame:
    """What each signal calls for by itself, indexed by its name: ``play``, ``play_role`` and ``play_due``.

    ``leaves_the_renewal_out``: whether it says nothing of a renewal.
    """
    found: dict[str, Play] = {}
    for play in (*plays, *DEFAULTS):
        if play.tag:
            found.setdefault(play.tag, play)
    due = [_workday(as_of + timedelta(days=play.due_days)) for play in found.values()]
    table = _table([*found.values()], due, pd.Index(list(found)))
    return table.assign(leaves_the_renewal_out=[play.leaves_the_renewal_out for play in found.values()])


def _table(chosen: Sequence[Play], due: Sequence[pd.Timestamp], index: pd.Index) -> pd.DataFrame:
    told = {play: play.told() for play in dict.fromkeys(chosen)}
    words = {"play": [told[play][0] for play in chosen], "play_role": [told[play][1] for play in chosen]}
    return pd.DataFrame({**words, "play_due": due}, index=index)


def in_time(rows: pd.DataFrame) -> pd.Series:
    """``play_due``, but no later than the customer's last day to decide where that is still ahead.

    Where it has passed and the renewal is ahead, there is nothing left to wait for: within ``LATE_DAYS``, and no later
    than the renewal. ``rows``: play_due, and where they are known decide_by, decide_in_days, renewal_date and as_of.
    """
    due = pd.to_datetime(rows["play_due"])  # of no row at all, even the type is unknown
    if "decide_by" not in rows or "decide_in_days" not in rows:
        return due
    last = _workday_before(pd.to_datetime(rows["decide_by"]))
    late = (rows["decide_in_days"].astype("Float64") >= 0).fillna(False).astype(bool) & (last < due)
    due = due.where(~late, last)
    if not {"renewal_date", "as_of"} <= set(rows.columns):
        return due
    soon = _at_once(rows)
    return due.where(~(has_passed(rows) & (soon < due)), soon)


def _at_once(rows: pd.DataFrame) -> pd.Series:
    """``LATE_DAYS`` from the cutoff on a working day, or the renewal's day where that is sooner."""
    days = pd.to_datetime(rows["as_of"]).map(lambda moment: _workday((moment + timedelta(days=LATE_DAYS)).date()))
    renewal = _workday_before(pd.to_datetime(rows["renewal_date"]))
    return days.where(~(renewal < days), renewal)


def has_passed(rows: pd.DataFrame) -> pd.Series:
    """Whether the last day to give notice lies behind ``as_of``, and the renewal does not."""
    left, renewal = rows["decide_in_days"].astype("Float64"), pd.to_datetime(rows["renewal_date"])
    ahead: pd.Series = renewal >= pd.to_datetime(rows["as_of"])
    return (left < 0).fillna(False).astype(bool) & ahead


def _workday_before(days: pd.Series) -> pd.Series:
    """The days themselves, or the Friday before a weekend."""
    over: pd.Series = (days.dt.weekday - 4).clip(lower=0)
    return pd.Series(days - pd.to_timedelta(over, unit="D"), days.index)


def _workday(day: date) -> pd.Timestamp:
    """The day itself, or the Monday after a weekend: nobody calls a customer on Saturday."""
    return pd.Timestamp(day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0))


def _first(table: Sequence[Play], dimension: str, measure: str, tags: Mapping[Any, bool]) -> Play:
    """The first play whose conditions all hold; the last default always does."""

    def fits(play: Play) -> bool:
        of_reason = play.dimension in ("", dimension) and play.measure in ("", measure)
        return of_reason and (not play.tag or bool(tags.get(play.tag, False)))

    return next(play for play in table if fits(play))


def _line(play: PlaySettings, name: str, signals: Mapping[str, str]) -> Play:
    """One line of the table for one of the names that call for a play."""
    due = 7 if play.days is None else play.days
    if name in signals:
        return Play(play.do, tag=signals[name], role=play.role, due_days=due)
    if name in DIMENSIONS:
        return Play(play.do, dimension=name, role=play.role, due_days=due)
    return Play(play.do, measure=name, role=play.role, due_days=due)


def _unknown(play: str, name: str, known: Sequence[str]) -> str:
    close = get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"; closest: {close[0]}" if close else ""
    return f"plays: {play}: when names {name!r}, which is no dimension, signal or measure{hint}"


def _word(name: str) -> str:
    """A signal's name as it is written in configuration: ``quiet_account``."""
    return name.strip().lower().replace(" ", "_").replace("-", "_")

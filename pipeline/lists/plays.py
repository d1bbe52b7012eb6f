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
from pipeline.lists.signals import SIGNALS


@dataclass(frozen=True)
class Play:
    """What to do for an account that carries ``tag`` and whose main reason is of ``dimension`` and ``measure``.

    An empty condition fits every account.
    """

    text: str
    tag: str = ""
    dimension: str = ""
    role: str = "CSM"
    due_days: int = 7
    measure: str = ""


DEFAULTS: tuple[Play, ...] = (
    Play("Call the buyer: agree on the renewal before the notice date", "renewal soon", "timing", "CSM", 3),
    Play("Ask what changed on their side: budget, owner or need", "satisfied but leaving", "", "CSM", 5),
    Play("Find the new main user and restart with that person", "champion lost", "", "CSM", 5),
    Play("Sort out payment with their accounts department", "payment trouble", "commercial", "Finance", 5),
    Play("Run a restart session on the next onboarding milestone", "onboarding stuck", "", "Onboarding", 5),
    Play("Take over the oldest open matter until it is solved", "effort too high", "effort", "Support lead", 3),
    Play("Propose a contract that fits the seats in use", "contraction ahead", "adoption", "Account manager", 14),
    Play("Call before they go silent: ask what they stopped using it for", "quiet account", "", "CSM", 5),
    Play("Show one unused feature that fits their work", "unused features", "adoption", "CSM", 14),
    Play("Make a plan up to the renewal with the buyer and the main user", "early renewal", "timing", "CSM", 14),
    Play("Offer the next tier with their own numbers", "ready to expand", "", "Account manager", 14),
    Play("Ask for a reference or a review", "advocate", "", "CSM", 28),
    Play("Say thank you, and write down what helped", "recovered", "", "CSM", 7),
    Play(
        "Get the urgent ticket solved today, then call with the answer",
        "",
        "",
        "Support lead",
        1,
        "open_urgent_tickets",
    ),
    Play("Close the oldest ticket or say when it will be closed", "", "", "Support lead", 3, "open_age_days"),
    Play(
        "Ask whether something stands in their way; they were asked and did not answer",
        "",
        "",
        "CSM",
        7,
        "silent_after_ask",
    ),
    Play("Find out who else should be using it, and invite them", "", "", "CSM", 7, "users"),
    Play("Find a second user at the customer before the first one leaves", "", "", "CSM", 14, "champion_share"),
    Play(
        "Set up the shortest way to a first result, and do it together",
        "",
        "",
        "Onboarding",
        5,
        "days_without_first_value",
    ),
    Play("Ask for the accounts department and settle what is open", "", "", "Finance", 3, "amount_overdue"),
    Play("Ask for the accounts department and settle what is open", "", "", "Finance", 3, "invoices_overdue"),
    Play("Check the means of payment with their accounts department", "", "", "Finance", 5, "failed_payments"),
    Play("Call: ask what they stopped using it for, and agree on one next step", "", "usage", "CSM", 7),
    Play("Book a working session on the feature closest to their goal", "", "adoption", "CSM", 14),
    Play("Go through the open tickets with support and call with answers", "", "support", "Support lead", 3),
    Play("Take over the oldest open matter until it is solved", "", "effort", "Support lead", 3),
    Play("Call about the last answer and come back with what was done", "", "sentiment", "CSM", 5),
    Play("Introduce yourself to a second contact and to the sponsor", "", "relationship", "CSM", 7),
    Play("Review value against price with the buyer", "", "commercial", "Account manager", 7),
    Play("Set the next onboarding milestone with a date", "", "onboarding", "Onboarding", 5),
    Play("Agree on the renewal talk now", "", "timing", "CSM", 7),
    Play("Check in: ask how things are going and what is planned", "", "", "CSM", 14),
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
    the company's own lines, which come before the defaults.
    """
    table = [*plays, *DEFAULTS]
    held = flagged.reindex(reasons.index, fill_value=False).to_dict("records")
    main = zip(reasons["main_dimension"], reasons["main_measure"], held, strict=True)
    chosen = [_first(table, dimension, measure, tags) for dimension, measure, tags in main]
    due = [_workday(as_of + timedelta(days=play.due_days)) for play in chosen]
    columns = {"play": [play.text for play in chosen], "play_role": [play.role for play in chosen], "play_due": due}
    return pd.DataFrame(columns, index=reasons.index)


def of_signals(as_of: date, plays: Sequence[Play] = ()) -> pd.DataFrame:
    """What each signal calls for by itself, indexed by its name: ``play``, ``play_role`` and ``play_due``."""
    found: dict[str, Play] = {}
    for play in (*plays, *DEFAULTS):
        if play.tag:
            found.setdefault(play.tag, play)
    due = [_workday(as_of + timedelta(days=play.due_days)) for play in found.values()]
    told = {"play": [play.text for play in found.values()], "play_role": [play.role for play in found.values()]}
    return pd.DataFrame({**told, "play_due": due}, index=list(found))


def in_time(rows: pd.DataFrame) -> pd.Series:
    """``play_due``, but no later than the customer's last day to decide where that is still ahead.

    ``rows``: play_due, and where they are known decide_by and decide_in_days.
    """
    due = pd.to_datetime(rows["play_due"])  # of no row at all, even the type is unknown
    if "decide_by" not in rows or "decide_in_days" not in rows:
        return due
    last = pd.to_datetime(rows["decide_by"])
    late = (rows["decide_in_days"].astype("Float64") >= 0).fillna(False).astype(bool) & (last < due)
    return due.where(~late, last)


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

"""Every account as the lists show it: plain values for the page's script, every text clean, never ``nan``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from pipeline.deliver.delivery import Delivery
from pipeline.deliver.text import clean, web_address
from pipeline.health.calendar import behaviour
from pipeline.lists.signals import SIGNALS
from pipeline.texts import word

MOST = 20_000
"""Accounts with a page; of a larger book every one that stands on a list, however many, and the least healthy."""

TEXTS = ("owner", "segment", "band", "play", "play_role", "contact", "status", "listed_for", "model")
FIGURES = {
    **{"health": 6, "behaviour": 0, "score": 6, "change_1w": 6, "change_4w": 6, "churn_probability": 5, "arr": 0},
    **{"coverage": 3, "open_urgent_tickets": 0, "rank": 0, "weeks_listed": 0, "days_left": 0},
    **{"churn_30d": 4, "churn_60d": 4, "churn_90d": 4, "churn_180d": 4, "weeks_to_leaving": 0},
}
"""Figures with the places they are kept to: what the page rounds for its readers is not rounded before."""
DAYS = ("renewal_date", "decide_by", "play_due", "last_touch", "notice_at", "ends_at", "rests_until")
BY_MODEL = 3.0
"""Points of health from which it is told that a new model or new settings moved it; as many make an account worse."""
MORE_TEXTS = ("set_aside", "override", "tips")
"""Shown where a week has them."""
COLUMNS = ("id", "name", "why", "tags", "told", "url", "gone", "held", "by_model", *TEXTS, *FIGURES, *DAYS, *MORE_TEXTS)


def together(delivery: Delivery) -> pd.DataFrame:
    """One row an account: its scores, what the at-risk list adds, and those who have given notice after them."""
    health = delivery.health.assign(
        account_id=delivery.health["account_id"].astype("string"), behaviour=behaviour(delivery.health)
    )
    listed = _indexed(delivery.at_risk.rows)
    frame = _with_list(_with_decision(health), listed)
    gone = delivery.leaving.assign(gone=True, account_id=delivery.leaving["account_id"].astype("string"))
    gone = gone[~gone["account_id"].isin(frame["account_id"])]
    frame["told"] = frame["account_id"].map(_evidence(delivery.signal_rows))
    frame["held"] = frame["account_id"].isin(delivery.set_aside["account_id"].astype("string"))
    both = pd.concat([part for part in (frame, gone) if not part.empty], ignore_index=True) if len(gone) else frame
    if "owner" in both.columns:
        both["owner"] = both["owner"].astype("string").fillna(delivery.about.unassigned)
    return _shown(both.reset_index(drop=True), _on_lists(delivery))


def rows(frame: pd.DataFrame) -> dict[str, Any]:
    """The accounts for the page's script: ``columns``, and one list of values a row; None where nothing is known."""
    used = [name for name in COLUMNS if name in ("id", "name") or _column(frame, name) is not None]
    values = [_column(frame, name) or [None] * len(frame) for name in used]
    return {"columns": used, "rows": [list(row) for row in zip(*values, strict=True)]}


def _shown(frame: pd.DataFrame, listed: set[str]) -> pd.DataFrame:
    """All accounts, or of a very large book those that matter most: a link to one that is listed leads to its page."""
    if len(frame) <= MOST:
        return frame
    is_named = frame["account_id"].isin(listed) | frame.reindex(columns=["rank", "gone"]).notna().any(axis=1)
    rest = max(0, MOST - int(is_named.sum()))
    kept = pd.concat([frame[is_named], frame[~is_named].sort_values("health", kind="stable").head(rest)])
    return kept.sort_index().reset_index(drop=True)


def _on_lists(delivery: Delivery) -> set[str]:
    """Who stands on a list that somebody acts on; a mere hint, which may be true of half of all, is none."""
    signals = delivery.signal_rows[~delivery.signal_rows["list"].isin(_HINTS)]
    frames = (delivery.at_risk.rows, delivery.actions, delivery.set_aside, delivery.leaving, signals)
    return {str(account) for frame in frames for account in frame["account_id"]}


def _indexed(listed: pd.DataFrame) -> pd.DataFrame:
    return listed.assign(account_id=listed["account_id"].astype("string")).set_index("account_id")


def _with_decision(frame: pd.DataFrame) -> pd.DataFrame:
    """The last day to give notice: the renewal less the notice period, where both are known."""
    if not {"renewal_date", "notice_days"} <= set(frame.columns):
        return frame
    notice = pd.to_timedelta(pd.to_numeric(frame["notice_days"]).astype("Float64"), unit="D")
    return frame.assign(decide_by=pd.to_datetime(frame["renewal_date"]) - notice)


def _with_list(frame: pd.DataFrame, listed: pd.DataFrame) -> pd.DataFrame:
    """The columns of the at-risk list beside the scores; its own values win."""
    result = frame.copy()
    for name in listed.columns if len(listed) else ():
        values = result["account_id"].map(listed[name])
        if name not in result.columns:
            result[name] = values
        elif name != "weeks_listed":
            result[name] = values.where(values.notna(), result[name])
    return result


def _evidence(signals: pd.DataFrame) -> dict[str, dict[str, str]]:
    """For each account the figures that make each of its signals true, by the signal's name."""
    found: dict[str, dict[str, str]] = {}
    for account, name, told in signals[["account_id", "list", "evidence"]].itertuples(index=False, name=None):
        if isinstance(told, str) and told:
            found.setdefault(str(account), {})[clean(str(name))] = clean(told)
    return found


_HINTS = [signal.name for signal in SIGNALS if signal.kind == "hint"]
_NAMED = {
    "id": "account_id",
    "name": "account_name",
    "why": "reason_1",
    "override": "override_band",
    "by_model": "moved_model",
}


def _column(frame: pd.DataFrame, name: str) -> list[Any] | None:
    """One column as plain values; None where the week does not have it at all."""
    source = _NAMED.get(name, name)
    if source not in frame.columns:
        return None
    if name in FIGURES:
        return [_rounded(value, FIGURES[name]) for value in frame[name]]
    if name in _MADE:
        return _MADE[name](frame)
    return [iso(value) if name in DAYS else text(value) for value in frame[source]]


def _names(frame: pd.DataFrame) -> list[Any]:
    pairs = zip(frame["account_name"], frame["account_id"], strict=True)
    return [text(name) or text(account) for name, account in pairs]


def _tags(frame: pd.DataFrame) -> list[Any]:
    return [[tag for tag in (text(value) or "").split("; ") if tag] for value in frame["tags"]]


def _overrides(frame: pd.DataFrame) -> list[Any]:
    """What somebody set by hand, beside the computed band and never in its place."""
    told = frame.reindex(columns=["override_band", "override_by", "override_reason", "override_until"])
    rows = ([_band(row[0]), text(row[1]), text(row[2]), iso(row[3])] for row in told.to_numpy())
    return [", ".join(part for part in row if part) or None for row in rows]


def _band(value: object) -> str | None:
    name = text(value)
    return name and word(f"names.bands.{name}", name)


def _lines(frame: pd.DataFrame) -> list[Any]:
    """Tips, one a line."""
    lines = (str(value).split("\n") if isinstance(value, str) else [] for value in frame["tips"])
    return ["\n".join(clean(line) for line in each if line) or None for each in lines]


def _joined(frame: pd.DataFrame, names: Sequence[str]) -> list[list[str]]:
    columns = [frame[name] for name in names if name in frame.columns]
    return [[told for value in row if (told := text(value))] for row in zip(*columns, strict=True)]


def text(value: object) -> str | None:
    """A clean text, or None."""
    return None if value is None or pd.isna(value) else clean(str(value)) or None  # type: ignore[call-overload]


def iso(value: Any) -> str | None:
    """A day as ``2026-11-16``, or None."""
    return None if value is None or pd.isna(value) else f"{pd.Timestamp(value):%Y-%m-%d}"


def _by_model(frame: pd.DataFrame) -> list[Any]:
    """What the model and the settings moved together, where that is worth a word."""
    moved = frame["moved_model"].astype(float) + frame["moved_configuration"].astype(float)
    return [round(each, 2) if abs(each) >= BY_MODEL else None for each in moved]


_MADE: dict[str, Callable[[pd.DataFrame], list[Any]]] = {
    "name": _names,
    "why": lambda frame: _joined(frame, [f"reason_{number}" for number in (1, 2, 3)]),
    "tags": _tags,
    "override": _overrides,
    "told": lambda frame: [told if isinstance(told, dict) else None for told in frame["told"]],
    "tips": _lines,
    "by_model": _by_model,
    "url": lambda frame: [web_address(value) or None for value in frame["url"]],
    "gone": lambda frame: [1 if value is True else None for value in frame["gone"]],
    "held": lambda frame: [1 if value is True else None for value in frame["held"]],
}


def _rounded(value: Any, places: int) -> float | int | None:
    if value is None or pd.isna(value):
        return None
    return round(float(value), places) if places else round(float(value))

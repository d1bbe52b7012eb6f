"""Features that may know the answer, told by what they do rather than by where they come from.

A feature is suspicious if it alone nearly separates those who leave, or if it is worth much at a cutoff and nothing
one horizon earlier: either people change only just before they leave, or it is filled in by their leaving. Numbers
cannot tell which, so these only warn. An attribute that is declared never to change and yet tells who has left by now
was written by their leaving: that is proof.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.baselines import feature_aucs
from models.panel import BoolArray, Panel, kinds_of

SEPARATES = 0.98
_WORTH, _LEFT_OVER = 0.35, 0.3
_ENOUGH = 20
"""Distinct churns, and accounts on either side, below which nothing is said."""

_FEW = 5
_FILLED, _EMPTY = 0.9, 0.02


@dataclass(frozen=True)
class Suspect:
    """A feature, what it does (``separates`` or ``collapses``), its AUC now and where told one horizon earlier."""

    feature: str
    kind: str
    auc: float
    delayed: float | None = None

    def __str__(self) -> str:
        if self.kind == "separates":
            return (
                f"{self.feature} alone nearly tells who leaves (AUC {self.auc:.3f}): check that it was known at the "
                "cutoff, and is not filled in by the leaving."
            )
        return (
            f"{self.feature} is worth much at the cutoff (AUC {self.auc:.3f}) and hardly anything one horizon earlier "
            f"({self.delayed:.3f}): either people change only just before they leave, or it knows of it."
        )

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {"feature": self.feature, "kind": self.kind, "auc": self.auc, "delayed": self.delayed, "told": str(self)}


def suspects(panel: Panel, gap_days: int, exempt: Collection[str] = ()) -> list[Suspect]:
    """The suspicious features of a panel, the strongest first. ``exempt``: those that say what the label asks."""
    if panel.churns < _ENOUGH:
        return []
    asked = _as_numbers(replace(panel, X=panel.X.drop(columns=[name for name in exempt if name in panel.X])))
    now = _strength(asked, panel)
    found = [Suspect(_name(str(name)), "separates", float(auc)) for name, auc in now.items() if auc >= SEPARATES]
    known = {each.feature for each in found}
    found += [each for each in _collapsing(asked, panel, gap_days) if each.feature not in known]
    strongest = sorted(found, key=lambda each: (-each.auc, each.feature))
    return list({each.feature: each for each in reversed(strongest)}.values())[::-1]


_MISSING = "is missing: "


def _name(column: str) -> str:
    return column.removeprefix(_MISSING)


def _as_numbers(panel: Panel) -> pd.DataFrame:
    """Numbers as they are, texts as the share that left with each at other cutoffs, and what is missing as 1."""
    kinds = kinds_of(panel.X)
    columns = {name: panel.X[name] if kind == "number" else _rates(panel, name) for name, kind in kinds.items()}
    gaps = panel.X.isna()
    some = gaps.columns[gaps.any() & ~gaps.all()]
    missing = {_MISSING + str(name): gaps[name].astype(float) for name in some}
    return pd.DataFrame({**columns, **missing}, index=panel.X.index)


def _rates(panel: Panel, name: str) -> pd.Series:
    """For each row the share that left among rows with the same text at other cutoffs; rare texts count as one."""
    frame = pd.DataFrame({"text": panel.X[name].fillna("").astype(str), "cutoff": panel.cutoff, "y": panel.y})
    accounts = pd.DataFrame({"text": frame["text"], "account": panel.account_id}).drop_duplicates()["text"]
    counts = accounts.value_counts()
    frame["text"] = frame["text"].where(frame["text"].map(counts) >= _FEW, "(rare)")
    whole = frame.groupby("text")["y"].agg(["sum", "count"])
    here = frame.groupby(["text", "cutoff"])["y"].agg(["sum", "count"])
    at = pd.MultiIndex.from_frame(frame[["text", "cutoff"]])
    left = whole["sum"].reindex(frame["text"]).to_numpy() - here["sum"].reindex(at).to_numpy()
    seen = whole["count"].reindex(frame["text"]).to_numpy() - here["count"].reindex(at).to_numpy()
    share = np.divide(left, seen, out=np.full(len(frame), np.nan), where=seen > 0)
    return pd.Series(share, index=panel.X.index)


def _strength(columns: pd.DataFrame, panel: Panel) -> pd.Series:
    """Mean AUC within cutoffs of each column, whichever side is worse."""
    aucs = feature_aucs(_with(panel, columns)).mean()
    return aucs.where(aucs >= 0.5, 1 - aucs)


def _with(panel: Panel, columns: pd.DataFrame) -> Panel:
    parts = {name: getattr(panel, name) for name in ("account_id", "cutoff", "y", "churn_day", "renewal_in_horizon")}
    return Panel(X=columns, **parts)


def _collapsing(columns: pd.DataFrame, panel: Panel, gap_days: int) -> Iterator[Suspect]:
    """Columns that are worth much now and little as they stood one horizon earlier, on the same accounts."""
    rows, before = _delayed_rows(panel, gap_days)
    asked = panel.take(rows)
    if asked.churns < _ENOUGH:
        return
    now = feature_aucs(_with(asked, columns.loc[rows])).mean()
    then = feature_aucs(_with(asked, columns.iloc[before].set_axis(columns.index[rows]))).mean()
    for name in map(str, columns):
        worth, left_over = now[name] - 0.5, then[name] - 0.5
        if abs(worth) >= _WORTH and left_over * np.sign(worth) <= _LEFT_OVER * abs(worth):
            yield Suspect(_name(name), "collapses", 0.5 + abs(worth), float(0.5 + left_over * np.sign(worth)))


def _delayed_rows(panel: Panel, gap_days: int) -> tuple[BoolArray, NDArray[np.int64]]:
    """The rows whose account stood in the panel one gap earlier, and the places of those earlier rows."""
    days = np.unique(panel.cutoff)
    place = np.searchsorted(days, panel.cutoff - np.timedelta64(gap_days, "D"), side="right") - 1
    earlier = np.where(place >= 0, days[np.maximum(place, 0)], np.datetime64("NaT"))
    at = pd.Series(np.arange(len(panel)), pd.MultiIndex.from_arrays([panel.account_id, panel.cutoff]))
    found = at.reindex(pd.MultiIndex.from_arrays([panel.account_id, earlier])).to_numpy()
    rows = np.isfinite(found)
    return rows, found[rows].astype(np.int64)


def written_by_leaving(panel: Panel, attributes: Collection[str]) -> list[str]:
    """The attributes, declared never to change, that tell who has left by now from who has not.

    They stand for those who left alone (a day, a reason), or what they say divides the two (a status).
    """
    left = set(panel.account_id[panel.y])
    values = panel.X[[name for name in attributes if name in panel.X]].set_axis(panel.account_id)
    values = values[~values.index.duplicated(keep="last")]
    gone = values.index.isin(left)
    if min(int(gone.sum()), int((~gone).sum())) < _ENOUGH:
        return []
    return [str(name) for name in values if _filled(values[name], gone) or _divides(values[name], gone)]


def _filled(values: pd.Series, gone: BoolArray) -> bool:
    there = values.notna().to_numpy()
    return bool(there[gone].mean() >= _FILLED and there[~gone].mean() <= _EMPTY)


def _divides(values: pd.Series, gone: BoolArray) -> bool:
    """Whether nearly all who left, and hardly any who stayed, have a value that mostly those have who left."""
    texts = values.astype(object).where(values.notna(), "(missing)").astype(str)
    texts = texts.where(texts.map(texts.value_counts()) >= _FEW, "(rare)")
    mostly_left = pd.Series(gone, values.index).groupby(texts.to_numpy()).mean() > 0.5
    told = texts.map(mostly_left).to_numpy(dtype=bool)
    return bool(told[gone].mean() >= 1 - _EMPTY and told[~gone].mean() <= _EMPTY)

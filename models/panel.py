"""The table that models learn from: one row for each account and cutoff."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.errors import OneClassError, PanelError

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
DayArray = NDArray[np.datetime64]
Kind = Literal["number", "text"]


def kinds_of(X: pd.DataFrame) -> dict[str, Kind]:
    """``number`` or ``text`` for each column, in order."""
    numeric = pd.api.types.is_numeric_dtype
    return {str(name): "number" if numeric(dtype) else "text" for name, dtype in X.dtypes.items()}


@dataclass(frozen=True)
class Panel:
    """Features and labels, sorted by (cutoff, account_id).

    ``churn_day``: the day of the churn behind a true label, NaT where there is none; an account that leaves once
    stands in many rows, so every count of churns is of distinct (account, churn_day). ``direction``: +1 where a
    higher value is worse, -1 where it is better, 0 unknown. ``ages``: for each column that loses weight with time, the
    column of its age in days. ``drawn_from``: of how many accounts these are a part, where not all are held.
    """

    X: pd.DataFrame
    account_id: NDArray[Any]
    cutoff: DayArray
    y: BoolArray
    churn_day: DayArray
    renewal_in_horizon: BoolArray
    dimension: Mapping[str, str] = field(default_factory=dict)
    direction: Mapping[str, int] = field(default_factory=dict)
    ages: Mapping[str, str] = field(default_factory=dict)
    drawn_from: int | None = None

    def __post_init__(self) -> None:
        problems = [*_lengths(self), *(_order(self) if not _lengths(self) else [])]
        if problems:
            raise PanelError(*problems, hint="Build panels with models.panel.panel_from.")

    def __len__(self) -> int:
        return len(self.y)

    @property
    def cutoffs(self) -> tuple[date, ...]:
        """The distinct cutoffs in order."""
        return tuple(day.item() for day in np.unique(self.cutoff))

    @property
    def churns(self) -> int:
        """Distinct (account, churn day) among the rows."""
        left = pd.DataFrame({"account": self.account_id[self.y], "day": self.churn_day[self.y]})
        return len(left.drop_duplicates())

    @property
    def accounts(self) -> int:
        """Distinct accounts."""
        return len(pd.unique(self.account_id))

    @property
    def rows_by_cutoff(self) -> dict[date, int]:
        """Number of rows at each cutoff."""
        days, rows = np.unique(self.cutoff, return_counts=True)
        return {day.item(): int(count) for day, count in zip(days, rows, strict=True)}

    def take(self, rows: BoolArray) -> Panel:
        """The rows where ``rows`` is true."""
        whole = {item.name: getattr(self, item.name) for item in fields(self)}
        columns = {name: values[rows] for name, values in whole.items() if isinstance(values, np.ndarray)}
        return Panel(**{**whole, **columns, "X": self.X.loc[rows]})

    def at(self, cutoffs: Iterable[date]) -> Panel:
        """The rows of the given cutoffs."""
        return self.take(self.rows_at(cutoffs))

    def rows_at(self, cutoffs: Iterable[date]) -> BoolArray:
        """True for rows of the given cutoffs."""
        return np.isin(self.cutoff, np.array(list(cutoffs), dtype="datetime64[D]"))

    def both_classes(self) -> None:
        """Raise OneClassError unless some left and some stayed."""
        left = int(self.y.sum())
        if left in (0, len(self)):
            found = "nobody left" if left == 0 else "everybody left"
            raise OneClassError(
                f"Labels hold one class only: {found} in {len(self)} rows at {len(self.cutoffs)} cutoffs.",
                hint="Learn from a longer history or another label; until then the scorecard is used.",
            )

    def digest(self) -> str:
        """A hash of all values, the same on every machine."""
        ids = pd.DataFrame({"a": self.account_id, "c": self.cutoff, "y": self.y, "d": self.churn_day})
        text = hashlib.sha256(",".join(self.X.columns).encode())
        for frame in (ids, self.X):
            text.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
        return text.hexdigest()


def panel_from(
    X: pd.DataFrame,
    labels: pd.DataFrame,
    dimension: Mapping[str, str] | None = None,
    direction: Mapping[str, int] | None = None,
    ages: Mapping[str, str] | None = None,
) -> Panel:
    """A sorted panel from features and their labels, row by row aligned.

    ``labels`` has account_id, cutoff, label, and where known churned_at and renewal_in_horizon. Rows whose label is
    null (window not complete) are left out: they are no evidence of staying.
    """
    keys = labels[["cutoff", "account_id"]].reset_index(drop=True)[labels["label"].notna().to_numpy()]
    rows = keys.sort_values(["cutoff", "account_id"], kind="stable").index.to_numpy()
    frame = labels.iloc[rows]
    y = frame["label"].to_numpy(dtype=bool)
    churned = pd.to_datetime(frame["churned_at"]) if "churned_at" in frame else pd.to_datetime(frame["cutoff"])
    day = churned.to_numpy().astype("datetime64[D]")
    renewal = frame["renewal_in_horizon"].fillna(False) if "renewal_in_horizon" in frame else pd.Series(~y & y)
    return Panel(
        X=plain(_in_order(X, rows), kinds_of(X)),
        account_id=frame["account_id"].astype(str).to_numpy(dtype=object),
        cutoff=pd.to_datetime(frame["cutoff"]).to_numpy().astype("datetime64[D]"),
        y=y,
        churn_day=np.where(y, day, np.datetime64("NaT", "D")),
        renewal_in_horizon=renewal.to_numpy(dtype=bool),
        dimension=dict(dimension or {}),
        direction=dict(direction or {}),
        ages=dict(ages or {}),
    )


def _in_order(X: pd.DataFrame, rows: NDArray[np.int64]) -> pd.DataFrame:
    """The rows of ``X`` in an order, numbered anew; no copy is made where they are in that order."""
    same = len(rows) == len(X) and bool((rows == np.arange(len(X))).all())
    return (X if same else X.iloc[rows]).reset_index(drop=True)


def plain(X: pd.DataFrame, kinds: Mapping[str, Kind]) -> pd.DataFrame:
    """The columns named in ``kinds``: numbers as float64, texts as objects, None where missing.

    An infinity is no number to learn from, so it is missing.
    """
    columns = {}
    for name, kind in kinds.items():
        if kind == "text":
            columns[name] = X[name].astype(object).where(X[name].notna(), None)
        else:
            values = X[name].astype("float64").to_numpy()
            finite = np.isfinite(values)
            columns[name] = pd.Series(values if finite.all() else np.where(finite, values, np.nan), index=X.index)
    return pd.DataFrame(columns, index=X.index)


def add_columns(values: FloatArray, places: Iterable[int]) -> FloatArray:
    """The sum of some columns, added one after another, so that a row's sum is the same in any batch."""
    total = np.zeros(len(values))
    for place in places:
        total += values[:, place]
    return total


def _lengths(panel: Panel) -> list[str]:
    """Arrays that are not as long as the features."""
    sizes = {item.name: len(getattr(panel, item.name)) for item in fields(panel)[1:6]}
    found = [f"{name} has {size} rows" for name, size in sizes.items() if size != len(panel.X)]
    return [f"{text}; X has {len(panel.X)}." for text in found]


def _order(panel: Panel) -> list[str]:
    """Rows out of order, repeated, or left without a day."""
    problems = []
    keys = pd.MultiIndex.from_arrays([panel.cutoff, panel.account_id.astype(str)])
    if not keys.is_monotonic_increasing:
        problems.append("Rows are not sorted by cutoff and account_id.")
    if keys.has_duplicates:
        problems.append(f"Account and cutoff repeat in {int(keys.duplicated().sum())} rows; one row is valid.")
    if np.isnat(panel.churn_day[panel.y]).any():
        problems.append("A true label has no churn_day; distinct churns cannot be counted.")
    return problems

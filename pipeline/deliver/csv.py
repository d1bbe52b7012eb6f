"""The files that scripts read: CSV in UTF-8 without a byte order mark, and Parquet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from pipeline.deliver.columns import COLUMNS
from pipeline.deliver.delivery import Delivery
from pipeline.deliver.schema import Table
from pipeline.deliver.text import inert, mapped_texts

HEALTH_COLUMNS = (
    *("account_id", "account_name", "as_of", "score", "health", "band", "churn_probability", "coverage", "model"),
    "points_base",
)
"""The first columns of ``health_scores``; points by dimension, what else is known, and ages of sources follow."""

_LATER = (
    *("churn_30d", "churn_60d", "churn_90d", "churn_180d", "weeks_to_leaving"),
    *("owner", "segment", "arr", "renewal_date", "change_1w", "change_4w"),
    *("reason_1", "reason_2", "reason_3", "tags", "weeks_listed"),
    *("main_dimension", "play", "play_role", "play_due", "tips", "decide_by", "decide_in_days", "contact", "url"),
    *("last_touch", "open_urgent_tickets", "eligible", "assigned", "contacted", "set_aside", "rests_until"),
    *("action", "verdict", "notes", "snoozed_until", "snooze_reason", "said"),
    *("override_band", "override_by", "override_reason", "override_until", "override"),
    *("score_before", "moved_customer", "moved_model", "moved_configuration", "moved_calendar", "moved"),
)


_DTYPES = {"string": "string", "date": "datetime64[us]", "number": "float64", "integer": "Int64", "boolean": "boolean"}


def tables(delivery: Delivery) -> dict[str, Table]:
    """Every table of a week by its path: health_scores, the lists, why scores moved, and what ties customers.

    The next week reads the Parquet files: only there an account_id is what it was.
    """
    health = health_table(delivery.health)
    return {
        "health_scores.csv": Table(health),
        "health_scores.parquet": Table(health),
        "at_risk.csv": Table(delivery.at_risk.rows),
        "leaving.csv": Table(_whole_days(delivery.leaving)),
        "signals.csv": Table(delivery.signal_rows, key=("list", "account_id")),
        "action_list.csv": Table(_one_line(delivery.actions, "why")),
        "set_aside.csv": Table(delivery.set_aside),
        "changes.csv": Table(delivery.changes),
        "loyalty.csv": Table(delivery.loyalty),
        "moves.parquet": Table(delivery.moves, key=("account_id", "what", "dimension", "feature")),
        "points.parquet": Table(delivery.points, features=True),
    }


def write_tables(found: Mapping[str, Table], folder: Path) -> list[Path]:
    """Writes tables below ``folder``, each in the form that its path ends on, and returns their paths."""
    written = []
    for name, table in found.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        write = write_csv if path.suffix == ".csv" else write_parquet
        written.append(write(table.frame, path))
    return written


def health_table(health: pd.DataFrame) -> pd.DataFrame:
    """The scores with their columns in the order scripts rely on; what nobody knows of any account is an empty column.

    Only the columns by dimension and by source depend on what is configured.
    """
    points = [str(name) for name in health.columns if str(name).startswith("points_") and name != "points_base"]
    ages = [str(name) for name in health.columns if str(name).startswith("age_")]
    table = health.reindex(columns=[*HEALTH_COLUMNS, *points, *_LATER, *ages])
    absent = [name for name in table.columns if name not in health.columns]
    return table.astype({name: _DTYPES[COLUMNS[name].type] for name in absent})


def write_csv(frame: pd.DataFrame, path: Path) -> Path:
    """Writes a frame with every text cell and heading inert; figures unrounded, days as YYYY-MM-DD."""
    dated = frame.assign(**{name: _days(frame[name]) for name in _moments(frame)})
    mapped_texts(dated, inert).to_csv(path, index=False, encoding="utf-8", lineterminator="\n")
    return path


def write_parquet(frame: pd.DataFrame, path: Path) -> Path:
    """Writes a frame as it is: Parquet has types, so no text needs a guard."""
    frame.to_parquet(path, index=False)
    return path


def _whole_days(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with moments as days, where a day is promised."""
    days = [name for name in _moments(frame) if COLUMNS[name].type == "date"]
    return frame.assign(**{name: frame[name].dt.normalize() for name in days})


def _one_line(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """The frame with the lines of a text apart on one line: a CSV cell here holds no line break."""
    return frame.assign(**{name: frame[name].astype("string").str.replace("\n", " | ")})


def _moments(frame: pd.DataFrame) -> list[str]:
    return [str(name) for name in frame.columns if pd.api.types.is_datetime64_any_dtype(frame[name])]


def _days(moments: pd.Series) -> pd.Series:
    """Moments as days; a moment within a day keeps its time."""
    whole = (moments.dropna() == moments.dropna().dt.normalize()).all()
    days: pd.Series = moments.dt.strftime("%Y-%m-%d" if whole else "%Y-%m-%d %H:%M:%S")
    return days.astype("string")

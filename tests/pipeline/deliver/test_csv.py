import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.deliver import write
from pipeline.deliver.csv import HEALTH_COLUMNS, health_table, tables, write_csv, write_parquet, write_tables
from pipeline.lists.at_risk import AT_RISK_COLUMNS, LEAVING_COLUMNS
from tests.pipeline.company import delivery
from tests.pipeline.deliver.hostile import hostile, is_alive


def test_figures_are_unrounded_days_are_days_and_missing_is_empty(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "score": [1 / 3, np.nan],
            "day": pd.to_datetime(["2026-11-16", None]),
            "moment": pd.to_datetime(["2026-11-16 08:30", None]),
            "=name": pd.Series(["-x", None], dtype="string"),
        }
    )
    assert write_csv(frame, tmp_path / "a.csv").read_bytes().decode() == (
        "score,day,moment,'=name\n0.3333333333333333,2026-11-16,2026-11-16 08:30:00,'-x\n,,,\n"
    )


def test_a_column_of_days_holds_days_whatever_the_source_knows(tmp_path: Path) -> None:
    week = delivery(40)
    timed = week.leaving.assign(ends_at=pd.Timestamp("2026-12-01 08:30"))
    write_tables(tables(replace(week, leaving=timed)), tmp_path)
    assert set(pd.read_csv(tmp_path / "leaving.csv")["ends_at"]) == {"2026-12-01"}


def test_the_files_have_the_columns_that_scripts_rely_on(tmp_path: Path) -> None:
    write_tables(tables(delivery(40)), tmp_path)
    health, rows, leaving = (pd.read_csv(tmp_path / f"{name}.csv") for name in ("health_scores", "at_risk", "leaving"))
    assert tuple(health.columns[: len(HEALTH_COLUMNS)]) == HEALTH_COLUMNS
    assert health.columns[len(HEALTH_COLUMNS)].startswith("points_")
    assert (tuple(rows.columns), tuple(leaving.columns)) == (AT_RISK_COLUMNS, LEAVING_COLUMNS)


def test_points_add_up_in_the_file(tmp_path: Path) -> None:
    write_tables(tables(delivery(40)), tmp_path)
    health = pd.read_csv(tmp_path / "health_scores.csv")
    points = health[[name for name in health.columns if name.startswith("points_")]]
    assert np.allclose(health["score"], 60 + points.sum(axis=1), atol=1e-6)


def test_parquet_holds_the_same_rows_with_their_types(tmp_path: Path) -> None:
    week = delivery(40)
    write_tables(tables(week), tmp_path)
    kept = pd.read_parquet(tmp_path / "health_scores.parquet")
    assert kept["score"].tolist() == health_table(week.health)["score"].tolist()
    assert pd.api.types.is_datetime64_any_dtype(kept["as_of"])


def test_the_next_week_can_read_who_was_listed_and_for_how_long(tmp_path: Path) -> None:
    week = delivery(40)
    write_tables(tables(week), tmp_path)
    kept = pd.read_parquet(tmp_path / "health_scores.parquet")
    listed = kept[kept["weeks_listed"] > 0].set_index("account_id")["weeks_listed"].to_dict()
    assert listed == week.at_risk.rows.set_index("account_id")["weeks_listed"].to_dict()


def test_f62_every_cell_and_heading_of_every_csv_is_inert(tmp_path: Path) -> None:
    write(hostile(), tmp_path)
    paths = sorted(tmp_path.rglob("*.csv"))
    assert {path.stem for path in paths} >= {"health_scores", "action_list", "signals", "hubspot_companies"}
    for path in paths:
        with path.open(encoding="utf-8", newline="") as lines:
            cells = [cell for row in csv.reader(lines) for cell in row]
        assert cells and not [cell for cell in cells if is_alive(cell)], path.name


@pytest.mark.parametrize(
    "sign", ["=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20", "  =", "\ufe62"]
)
def test_f62_whatever_sign_a_text_or_a_heading_begins_with_it_is_inert(tmp_path: Path, sign: str) -> None:
    path = write_csv(pd.DataFrame({f"{sign}name": [f"{sign}cmd|' /C calc'!A0"]}), tmp_path / "a.csv")
    with path.open(encoding="utf-8", newline="") as lines:
        cells = [cell for row in csv.reader(lines) for cell in row]
    assert len(cells) == 2 and not [cell for cell in cells if is_alive(cell)]


def test_f62_a_key_that_looks_like_a_formula_is_inert_in_csv_and_itself_in_parquet(tmp_path: Path) -> None:
    health = delivery(40).health.head(3).assign(account_id=["-17", "=2", "a3"])
    write_csv(health, tmp_path / "h.csv")
    write_parquet(health, tmp_path / "h.parquet")
    assert pd.read_csv(tmp_path / "h.csv")["account_id"].tolist() == ["'-17", "'=2", "a3"]
    assert pd.read_parquet(tmp_path / "h.parquet")["account_id"].tolist() == ["-17", "=2", "a3"]


def test_an_empty_week_has_files_with_headings(tmp_path: Path) -> None:
    week = delivery(40)
    write_csv(week.at_risk.rows.head(0), tmp_path / "at_risk.csv")
    assert (tmp_path / "at_risk.csv").read_text() == ",".join(AT_RISK_COLUMNS) + "\n"

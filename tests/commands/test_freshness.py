"""A feed that has stopped is told apart from customers who have: the real command on real files."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pandas as pd

from pipeline.stages.freshness import fallen_silent, partly_loaded
from tests.commands.command import Company
from tests.commands.small_company import FIRST, WEEKS

LAST = FIRST + timedelta(weeks=WEEKS)
"""The week after the last row."""

MONTHS = """\
  usage:
    files: months.csv
    period: {column: month, length: month}
    measures: {logins: {column: logins, fold: sum}}
    columns: {account_id: account}
"""


def test_surveys_that_come_in_half_yearly_waves_have_not_stopped_between_them(tmp_path: Path) -> None:
    waves = [date(2025, 3, 3), date(2025, 9, 1), date(2026, 3, 2)]
    days = [pd.Timestamp(wave + timedelta(days=more)) for wave in waves for more in range(10)]
    pd.DataFrame({"occurred_at": days}).to_parquet(tmp_path / "surveys.parquet")
    paths = {"surveys": tmp_path / "surveys.parquet"}
    assert list(fallen_silent(paths, date(2026, 7, 6))) == []
    (told,) = fallen_silent(paths, date(2028, 7, 3))
    assert "never rested for more than 173 days in the 400 days before that" in told[1]


def until(text: str, column: str, end: date) -> str:
    """The rows of an export before a day."""
    rows = list(csv.DictReader(io.StringIO(text)))
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(row for row in rows if row[column] < end.isoformat())
    return out.getvalue()


def test_f39_tickets_that_stop_hold_the_week_until_somebody_has_looked(fresh: Company) -> None:
    assert fresh.run("run", "--as-of", str(LAST)).returncode == 0
    before = fresh.published()
    end = LAST - timedelta(weeks=10)
    fresh.edit("tickets.csv", lambda text: until(text, "created", end))
    result = fresh.run("run", "--as-of", str(LAST))
    assert result.returncode == 4
    assert "tickets end on" in result.stderr
    assert "has it stopped?" in result.stderr
    assert fresh.published() == before
    assert any("tickets end on" in each for each in fresh.json("check", "--as-of", str(LAST))["findings"])
    assert fresh.json("publish", "--approve", "--as-of", str(LAST))["new"] is True


def test_where_the_week_follows_the_data_a_feed_that_stopped_is_only_told(fresh: Company) -> None:
    fresh.edit("tickets.csv", lambda text: until(text, "created", LAST - timedelta(weeks=10)))
    result = fresh.run("run")
    assert result.returncode == 0
    assert "tickets end on" in result.stderr + result.stdout


def test_f39_monthly_figures_are_waited_for_as_long_as_a_month_takes_and_no_longer(fresh: Company) -> None:
    rows = [f"a{n},2026-{month:02}-01,{9 + n}" for n in range(40) for month in range(1, 7)]
    (fresh.exports / "months.csv").write_text("account,month,logins\n" + "\n".join(rows) + "\n")

    def monthly(text: str) -> str:
        return text[: text.index("  usage:")] + MONTHS

    fresh.configure(monthly)
    # June is over on 1 July, and July's figures can be there in the first days of August
    assert fresh.run("score", "--as-of", "2026-08-03").returncode == 0
    result = fresh.run("run", "--as-of", "2026-08-24")
    assert result.returncode == 4
    assert "The data end on 2026-06-30" in result.stderr
    assert fresh.published() == {}


def test_starts_that_nobody_knows_and_times_of_loading_are_told_before_anything_runs(fresh: Company) -> None:
    assert not [each for each in fresh.json("check")["findings"] if "no start" in each or "became known" in each]
    fresh.edit("usage.csv", lambda text: "".join(_loaded(line) for line in text.splitlines(True)))
    fresh.configure(lambda text: text[: text.index("  subscriptions:")] + text[text.index("  usage:") :])
    findings = fresh.json("check")["findings"]
    (starts,) = [each for each in findings if "40 of 40 accounts have no start" in each]
    assert "spine: {active: usage}" in starts
    (loaded,) = [each for each in findings if "of usage became known more than 28 days after" in each]
    assert "most on 2026-08-01" in loaded


def _loaded(line: str) -> str:
    """A row of usage as if all were loaded on one day."""
    return line if line.startswith("id,") else line.rpartition(",")[0] + ",2026-08-01 06:00:00\n"


def test_tickets_that_nobody_says_were_solved_are_published_as_not_known_to_be_open(fresh: Company) -> None:
    fresh.configure(lambda text: text.replace(", solved_at: solved", ""))
    assert fresh.run("run").returncode == 0
    week = next((fresh.folder / "workspace" / "published").glob("2026-*"))
    scores = pd.read_csv(week / "health_scores.csv")
    assert scores["open_urgent_tickets"].isna().all()
    assert json.loads((week / "portfolio.json").read_text())["support"]["now"]["open"] is None


WEEK = 2950
"""The week that is asked for; the load of the one before it is in question."""


def loaded(folder: Path, last_week: dict[str, int]) -> list[str]:
    """What is said of usage whose two segments had 1,000 rows a week, and in the last week as many as given."""
    usage, accounts = folder / "usage.parquet", folder / "accounts.parquet"
    before = [(name, week, 1000) for name in ("big", "small") for week in range(WEEK - 9, WEEK - 1)]
    rows = [*before, *((name, WEEK - 1, count) for name, count in last_week.items() if count)]
    values = ", ".join(f"('{name}', {week}, {count})" for name, week, count in rows)
    told = "SELECT name AS account_id, week::BIGINT AS occurred_week FROM rows, range(rows.count)"
    duckdb.sql(f"COPY (WITH rows(name, week, count) AS (VALUES {values}) {told}) TO '{usage}'")
    duckdb.sql(f"COPY (SELECT * FROM (VALUES ('big', 'Big'), ('small', 'Small')) a(account_id, size)) TO '{accounts}'")
    return list(partly_loaded(usage, accounts, "size", WEEK))


def test_f40_a_partial_load_is_told_from_customers_who_lost_interest(tmp_path: Path) -> None:
    (told,) = loaded(tmp_path, {"big": 300, "small": 300})
    assert told == "usage of the last week holds 600 rows, where the weeks before had 2,000: was it loaded whole?"
    assert loaded(tmp_path, {"big": 500, "small": 500}) == []


def test_f41_a_segment_that_is_missing_from_a_load_is_named(tmp_path: Path) -> None:
    (told,) = loaded(tmp_path, {"big": 1000, "small": 0})
    assert "lacks a segment: Small 0 rows, where the weeks before had 1,000" in told


def test_f40_a_partial_load_holds_the_week(fresh: Company) -> None:
    days = [str(LAST - timedelta(weeks=9) + timedelta(days=day)) for day in range(63)]
    rows = [f"x{n}-{day},a{n % 40},u{n},login,{day} 10:00:00,{day} 11:00:00\n" for day in days for n in range(100)]
    partly = [row for row in rows if row.split(",")[4][:10] < days[-7] or row[1] == "7"]
    (fresh.exports / "usage_more.csv").write_text("id,account,user,event,at,received\n" + "".join(partly))
    result = fresh.run("run", "--as-of", str(LAST))
    assert result.returncode == 4
    assert "was it loaded whole?" in result.stderr
    assert fresh.published() == {}

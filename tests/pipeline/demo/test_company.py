"""The exports as a whole: reproducible, complete, honest about time, and silent about the truth."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipeline.config import load_config
from pipeline.demo import DemoSummary, company, simulate
from pipeline.demo.company import HEADERS
from pipeline.demo.stories import FAILED_ONBOARDING, STORIES
from pipeline.errors import ConfigError
from pipeline.sources.plan import plans

REPOSITORY = Path(__file__).parents[3]
END = "2026-11-16"


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*.*"))}


def _small(folder: Path, seed: int = 3) -> dict[str, bytes]:
    simulate(folder / "exports", folder / "truth", accounts=25, weeks=30, seed=seed)
    return _bytes(folder)


def test_the_same_seed_gives_the_same_bytes_whatever_the_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = _small(tmp_path / "first")
    monkeypatch.setattr(company, "_BLOCK", 25)
    again = _small(tmp_path / "again")
    monkeypatch.setattr(company, "_BLOCK", 7)
    exports = {name: data for name, data in _small(tmp_path / "blocks").items() if name.startswith("exports")}
    assert first == again
    assert exports == {name: data for name, data in first.items() if name.startswith("exports")}


def test_another_seed_gives_another_company(tmp_path: Path) -> None:
    assert _small(tmp_path / "one", seed=1) != _small(tmp_path / "two", seed=2)


def test_a_smaller_company_leaves_no_file_of_a_larger_one_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.demo.sinks._ACCOUNTS_PER_FILE", 10)
    simulate(tmp_path, tmp_path / "truth", accounts=25, weeks=20)
    simulate(tmp_path, tmp_path / "truth", accounts=8, weeks=20)
    assert [file.name for file in (tmp_path / "segment").iterdir()] == ["tracks-00000.parquet"]


def test_every_export_has_the_header_and_the_rows_that_the_summary_tells(company: DemoSummary, exports: Path) -> None:
    for name, header in HEADERS.items():
        with (exports / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        assert tuple(rows[0]) == tuple(header)
        assert len(rows) - 1 == company.rows[name] > 0


def test_bad_rows_stay_far_below_the_quarantine_budget_and_every_good_row_is_whole(exports: Path) -> None:
    short, total = 0, 0
    for name in HEADERS:
        with (exports / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        short += sum(len(row) != len(rows[0]) for row in rows)
        total += len(rows)
    assert 0 < short < total * 0.002


def test_the_truth_is_in_no_export(exports: Path) -> None:
    stories = [story.name for story in (*STORIES, FAILED_ONBOARDING) if "_" in story.name]
    for file in exports.rglob("*.csv"):
        text = file.read_text(encoding="utf-8")
        assert not [word for word in (*stories, "hazard", "severity", "onset") if word in text]


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("zendesk/ticket", ("created_at", "updated_at")),
        ("zendesk/ticket_metrics", ("created_at", "solved_at", "updated_at")),
        ("zendesk/satisfaction", ("created_at", "updated_at")),
        ("wootric/responses", ("created_at", "updated_at")),
        ("stripe/subscription_history", ("_fivetran_start", "canceled_at", "ended_at")),
        ("stripe/invoice", ("created", "status_transitions_paid_at")),
        ("salesforce/task", ("created_date", "completed_date_time")),
    ],
)
def test_an_export_knows_nothing_that_happens_after_it(exports: Path, table: str, columns: tuple[str, ...]) -> None:
    with (exports / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            assert all((row[column] or "") < END for column in columns if (row[column] or "")[:2] == "20")


def test_usage_is_stamped_in_utc_late_sometimes_and_twice_sometimes(company: DemoSummary, exports: Path) -> None:
    with duckdb.connect() as engine:
        engine.execute("set timezone = 'UTC'")
        found = engine.execute(
            f"""select count(*), count(distinct id), avg((received_at > timestamp + interval 1 day)::int),
                max(received_at) < timestamptz '{END}', min(received_at - timestamp) >= interval 0 second,
                any_value(typeof(timestamp)), count(distinct (id, event, user_id, timestamp, received_at))
            from '{exports}/segment/tracks-*.parquet'"""
        ).fetchone()
    assert found is not None
    rows, ids, late, known, after, kind, different = found
    assert rows == company.events
    assert 0.001 < (rows - ids) / rows < 0.005
    assert 0.005 < late < 0.02
    assert known and after
    assert kind == "TIMESTAMP WITH TIME ZONE"
    assert different == ids  # an event that came twice is the same event both times


def test_the_configuration_of_the_repository_reads_these_exports() -> None:
    config = load_config(REPOSITORY / "config.yaml")
    assert config.root == REPOSITORY / "workspace" / "demo" / "exports"
    for plan in plans(config):
        file = plan.source.files[0].removesuffix(".csv")
        if file in HEADERS:
            assert plan.needed <= set(HEADERS[file]), plan.name
        for via in plan.source.via:
            theirs = {spec.column for spec in via.take.values()} | {via.on}
            assert theirs <= set(HEADERS[via.files[0].removesuffix(".csv")]), plan.name


def test_impossible_numbers_are_all_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as told:
        simulate(tmp_path, tmp_path, accounts=0, weeks=1, seed=-1, events_scale=0)
    assert len(told.value.problems) == 4
    assert not list(tmp_path.iterdir())


def test_the_window_ends_at_the_monday_on_or_before_the_asked_day(tmp_path: Path) -> None:
    summary = simulate(tmp_path / "exports", tmp_path / "truth", accounts=5, weeks=10, end=date(2026, 3, 5))
    assert (summary.first_day, summary.end) == (date(2025, 12, 22), date(2026, 3, 2))


def test_the_command_says_what_it_wrote_and_where(tmp_path: Path) -> None:
    class Lines:
        def __init__(self) -> None:
            self.told: list[str] = []

        def doing(self, text: str) -> None:
            self.told.append(text)

        done = doing

    from pipeline.demo.command import write_demo

    lines = Lines()
    outcome = write_demo(tmp_path, accounts=6, weeks=12, seed=1, reporter=lines)
    assert lines.told[0] == "demo company: 6 of 6 accounts"
    assert outcome.data["exports"] == str(tmp_path / "demo" / "exports")
    assert "6 accounts from 2026-08-24 to 2026-11-16" in outcome.text

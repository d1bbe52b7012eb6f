"""``holdfast check`` on real files: what it finds before anything runs is what would go wrong when it runs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.command import Company, holdfast


def replaced(company: Company, *pairs: tuple[str, str]) -> None:
    for old, new in pairs:
        assert old in (company.folder / "config.yaml").read_text()
        company.configure(lambda text, old=old, new=new: text.replace(old, new))


def findings(company: Company) -> str:
    return "\n".join(company.json("check")["findings"])


def test_f28_check_is_not_ready_where_keys_contradict_each_other_and_counts_as_ingest_does(fresh: Company) -> None:
    fresh.edit("tickets.csv", lambda text: text + text.splitlines(True)[1])
    (tickets,) = [s for s in fresh.json("check")["sources"] if s["name"] == "tickets"]
    assert tickets["report"]["duplicates"] == 1
    (ingested,) = [s for s in fresh.json("ingest")["sources"] if s["name"] == "tickets"]
    assert tickets["report"]["accepted"] == ingested["accepted"]
    assert "1 duplicates, 0 filtered" in fresh.run("check").stdout
    assert "filtered" in fresh.run("ingest").stdout
    fresh.edit("tickets.csv", lambda text: text + text.splitlines(True)[1].replace("high", "low"))
    result = fresh.run("check")
    assert (result.returncode, fresh.run("ingest").returncode) == (3, 3)
    assert "contradict each other" in result.stdout


def test_check_is_not_ready_where_a_run_would_stop_at_stale_data(fresh: Company) -> None:
    result = fresh.run("check", "--as-of", "2026-09-07")
    assert result.returncode == 4
    assert "Not ready: the week asked for." in result.stdout


def test_check_tells_the_label_and_that_it_is_too_small_or_never_occurs(fresh: Company) -> None:
    told = fresh.json("check")
    assert told["label"] == "label: 4 churns from subscriptions, 2026-03-30 to 2026-06-22"
    assert "4 churns are below model.min_churns: 30" in findings(fresh)
    replaced(fresh, ("ended_at: end, ", ""))
    told = fresh.json("check")
    assert told["label"] == "label: 0 churns from subscriptions"
    assert "the label never occurs" in "\n".join(told["findings"])


def test_check_warns_of_one_row_subscriptions_that_say_how_things_stand_today(fresh: Company) -> None:
    assert "one row for each subscription, so mrr, seats may be as of the export" in findings(fresh)
    replaced(fresh, ("    files: subscriptions.csv", "    files: subscriptions.csv\n    history: snapshot"))
    assert "may be as of the export" not in findings(fresh)


def test_check_names_the_closest_of_events_and_segments_that_no_row_has(fresh: Company) -> None:
    fresh.configure(lambda text: text + "features: {login_events: [logn], segment_by: segmnt}\n")
    told = findings(fresh)
    assert "features.login_events: no event is called 'logn'; did you mean 'login'?" in told
    assert "features.segment_by: no column of accounts is called 'segmnt'; did you mean 'segment'?" in told


def test_check_and_the_first_stage_of_a_run_refuse_a_play_that_waits_for_what_there_is_not(fresh: Company) -> None:
    fresh.configure(lambda text: text + "plays: [{name: calls, when: [champion_lots], do: Call them}]\n")
    words = "plays: calls: when names 'champion_lots', which is no dimension, signal or measure; closest: champion_lost"
    for command in ("check", "features"):
        result = fresh.run(command)
        assert result.returncode == 2 and words in result.stdout + result.stderr, command


def test_check_tells_the_problems_of_every_column_at_once_with_an_example_and_a_remedy(fresh: Company) -> None:
    rows = "".join(f'x{n},a{n},04.03.2025,,"1,0{n}",5\n' for n in range(3))
    fresh.edit("subscriptions.csv", lambda text: text.splitlines(True)[0] + rows)
    told = fresh.run("check").stdout
    remedy = '{column: start, format: "%d.%m.%Y"}'
    assert f"3 x start: '04.03.2025' is not an ISO date or time; declare its format; write {remedy}" in told
    assert "3 x price: '1,00' is not a number; write {column: price, decimal: \",\"}" in told


def test_a_time_zone_is_assumed_only_where_neither_the_source_nor_the_company_tells_one(fresh: Company) -> None:
    assert [each["report"]["time_zone"] for each in fresh.json("check")["sources"]].count("assumed") == 2
    fresh.configure(lambda text: text.replace("calendar: {", "calendar: {time_zone: Europe/Berlin, "))
    assert "time zone assumed" not in fresh.run("check").stdout


def test_a_column_that_is_empty_in_the_samples_is_shown(fresh: Company) -> None:
    assert "empty in the samples, 4 filled" in fresh.run("check").stdout


def test_check_says_what_it_reads_and_how_long_it_took(fresh: Company) -> None:
    told = fresh.run("check").stderr
    assert re.search(r"check: read [\d,]+ records of \d+ sources; wrote nothing; \d+\.\d s", told)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("    files: accounts.csv", "    files: accounts.csv\n    history: versioned", "valid here: event, static"),
        ("name: name,", "name: name, mrr: arr,", "mrr belongs to subscriptions; the same file may be mapped there too"),
        ("started_at: start,", "started_at: {column: start, format: DD.MM.YYYY},", 'write "%d.%m.%Y"'),
    ],
)
def test_a_mapping_that_cannot_be_is_refused_with_what_is_valid(fresh: Company, old: str, new: str, words: str) -> None:
    replaced(fresh, (old, new))
    result = fresh.run("check")
    assert result.returncode == 2
    assert words in result.stderr


def test_wrong_keys_and_wrong_columns_are_told_in_one_round(fresh: Company) -> None:
    replaced(fresh, ("horizon_days", "horizn_days"), ("{account_id: id, name", "{acount_id: id, name"))
    fresh.configure(lambda text: text + "lists: {capcity: 3}\n")
    told = fresh.run("check").stderr
    assert all(word in told for word in ("horizn_days", "capcity", "acount_id"))


def test_a_missing_data_root_is_told_once_with_what_to_do(fresh: Company) -> None:
    replaced(fresh, ("data_root: exports", "data_root: nowhere"))
    for result in (fresh.run("run"), fresh.run("check")):
        assert (result.stderr + result.stdout).count("is not a folder") == 1
        assert "demo/exports" in result.stderr + result.stdout


def test_f19_a_pattern_without_files_lists_what_is_there_and_suggests_nothing_far(fresh: Company) -> None:
    replaced(fresh, ("files: tickets.csv", "files: t.csv"))
    told = fresh.run("ingest").stderr
    assert "did you mean" not in told
    assert "there is: accounts.csv" in told


def test_a_source_that_was_not_read_leaves_its_quarantine(fresh: Company) -> None:
    fresh.edit("tickets.csv", lambda text: text.replace("2026", "never"))
    assert fresh.run("ingest").returncode == 3
    path = fresh.folder / "workspace" / "quarantine" / "tickets.parquet"
    before = path.read_bytes()
    (fresh.exports / "tickets.csv").unlink()
    assert fresh.run("ingest").returncode == 3
    assert path.read_bytes() == before


def test_who_is_silent_already_is_no_customer_under_a_label_of_going_quiet(fresh: Company) -> None:
    replaced(fresh, ("kinds: [cancellation]", "kinds: [going_quiet]"))
    assert fresh.json("score")["accounts"] < 40


@pytest.mark.parametrize("words", [("run", "--json", "--as-of", "garbage"), ("run", "--bogus", "--json")])
def test_a_wrong_command_line_is_one_json_object_where_json_was_asked_for(words: tuple[str, ...]) -> None:
    result = subprocess.run([sys.executable, "-m", "pipeline", *words], capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert json.loads(result.stdout)["error"]["exit_code"] == 2


def test_the_demo_takes_its_last_day_from_the_command_line_or_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("name: Mine\ncalendar: {as_of: 2026-03-04}\nsources: {}\n")
    small = ("--accounts", "20", "--weeks", "40")
    result = holdfast("demo", tmp_path, *small)
    assert result.stdout.startswith("Mine: 20 accounts"), result.stderr
    assert "to 2026-03-02" in result.stdout
    assert "to 2026-01-05" in holdfast("demo", tmp_path, *small, "--as-of", "2026-01-07").stdout


def test_off_a_terminal_long_work_says_what_it_is_at() -> None:
    script = (
        "import time; from pipeline.stages.progress import Terminal\n"
        "Terminal(every=0.2).doing('reading usage'); time.sleep(0.7)"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert 2 <= result.stderr.count("reading usage ...") <= 3


def test_a_week_yet_to_come_names_the_latest_cutoff(fresh: Company) -> None:
    from pipeline.clock import Calendar

    latest = Calendar().last_cutoff(Calendar().today())
    assert f"the latest week is {latest}." in fresh.run("run", "--as-of", "2099-01-01").stderr


def test_the_first_run_without_a_past_names_replay(fresh: Company) -> None:
    assert "'holdfast replay' before the first run" in fresh.run("run").stdout


def test_a_locale_without_texts_of_its_own_is_told_once_by_check_and_run_unless_english_is_meant(
    fresh: Company,
) -> None:
    fresh.configure(lambda text: text + "deliver: {locale: de_DE}\n")
    told = "there are no texts in 'de', so they are in English"
    assert findings(fresh).count(told) == 1
    assert fresh.run("run").stderr.count(told) == 1
    fresh.configure(lambda text: text.replace("locale: de_DE", "locale: de_DE, language: en"))
    assert told not in findings(fresh)

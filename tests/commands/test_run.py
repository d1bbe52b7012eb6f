"""The whole job, as a process on files."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd

from tests.commands.command import Company

HEALTH = "account_id, account_name, as_of, score, health, band, churn_probability, coverage, model, points_base"
AT_RISK = (
    "rank, account_id, account_name, owner, segment, health, band, churn_probability, arr, revenue_at_risk, "
    "renewal_date, decide_by, change_1w, change_4w, reason_1, reason_2, reason_3, play, status, weeks_listed, tags"
)
FILES = [
    *("action_list.csv", "at_risk.csv", "at_risk.xlsx", "changes.csv", "health_scores.csv", "health_scores.parquet"),
    *("index.html", "leaving.csv", "loyalty.csv", "moves.parquet", "points.parquet", "portfolio.json", "set_aside.csv"),
    *("crm", "digests", "schema.json", "signals.csv", "site", "workbooks"),
]


def latest(company: Company) -> Path:
    return company.folder / "workspace" / "published" / "latest"


def header(path: Path) -> list[str]:
    with path.open(newline="") as file:
        return next(csv.reader(file))


def test_a_week_holds_every_promised_file_and_column(company: Company) -> None:
    names = sorted(path.name for path in latest(company).iterdir())
    assert names == sorted([*FILES, "manifest.json"])
    assert set(HEALTH.split(", ")) <= set(header(latest(company) / "health_scores.csv"))
    assert header(latest(company) / "at_risk.csv")[:21] == AT_RISK.split(", ")


def test_every_customer_is_scored_once_and_points_add_up_to_the_score(company: Company) -> None:
    scores = pd.read_csv(latest(company) / "health_scores.csv")
    assert len(scores) == 36
    assert scores["account_id"].is_unique
    points = scores.filter(regex="^points_").sum(axis=1)
    np.testing.assert_allclose(scores["score"], 60 + points, atol=1e-6)
    np.testing.assert_allclose(scores["health"], scores["score"].clip(0, 100), atol=1e-9)


def test_the_manifest_tells_what_the_week_was_made_of(company: Company) -> None:
    manifest = json.loads((latest(company) / "manifest.json").read_text())
    expected = {"as_of", "inputs", "counts", "configuration", "model", "code_version", "figures", "content_hash"}
    assert expected <= set(manifest)
    inputs = manifest["inputs"]
    assert inputs["records"] == inputs["accepted"] + inputs["quarantined"] + inputs["duplicates"] + inputs["filtered"]
    assert set(inputs["inputs"]) == {"accounts.csv", "subscriptions.csv", "usage.csv", "tickets.csv"}


def test_f46_too_few_churns_give_the_scorecard_and_the_output_says_so(company: Company) -> None:
    trained = company.json("train")
    assert trained["champion"] is None
    assert "3 distinct churns" in trained["grade_reason"]
    assert "at least 30" in trained["grade_reason"]
    page = (latest(company) / "index.html").read_text()
    assert "provisional" in page.lower()


def test_f45_one_class_is_refused_in_words(company: Company) -> None:
    company.configure(lambda text: text.replace("min_churns: 30", "min_churns: 0"))
    for day in ("2026-03-30", "2026-04-27", "2026-05-25", "2026-06-22"):
        company.edit("subscriptions.csv", lambda text, day=day: text.replace(day, ""))
    trained = company.json("train")
    assert trained["champion"] is None
    assert "nobody left" in trained["grade_reason"]
    assert (trained["churns"], trained["chosen"]) == (0, "scorecard")


def test_f58_the_same_week_run_twice_is_the_same_version(company: Company) -> None:
    before = company.published()
    again = company.json("run")
    assert (again["version"], again["new"]) == (1, False)
    assert company.published() == before


def test_f59_corrected_data_publish_a_second_version_and_leave_the_first(company: Company) -> None:
    before = company.published()
    company.edit("usage.csv", lambda text: "".join(line for line in text.splitlines(True) if ",a3," not in line))
    assert company.json("run")["version"] == 2
    after = company.published()
    assert {name: after[name] for name in before if not name.startswith("latest")} == {
        name: sha for name, sha in before.items() if not name.startswith("latest")
    }


def test_f34_records_delivered_three_times_in_another_order_change_nothing(company: Company) -> None:
    before = pd.read_csv(latest(company) / "health_scores.csv")

    def thrice(text: str) -> str:
        head, *rows = text.splitlines(keepends=True)
        return head + "".join(sorted(rows * 3, key=lambda row: row[::-1]))

    for name in ("usage.csv", "tickets.csv", "accounts.csv"):
        company.edit(name, thrice)
    report = company.json("ingest")
    assert report["duplicates"] > 0
    assert company.json("run")["new"] is False
    pd.testing.assert_frame_equal(pd.read_csv(latest(company) / "health_scores.csv"), before)


def test_f32_a_late_event_counts_from_the_week_in_which_it_was_known(company: Company) -> None:
    late = "late,a3,p3-0,login,2026-07-22 09:00:00,2026-07-29 09:00:00\n"
    company.edit("usage.csv", lambda text: text + late)
    found = company.json("features", "--as-of", "2026-08-03")
    frame = pd.read_parquet(found["path"]).set_index(["cutoff", "account_id"])
    company.edit("usage.csv", lambda text: text.replace(late, ""))
    without = pd.read_parquet(company.json("features", "--as-of", "2026-08-03")["path"])
    without = without.set_index(["cutoff", "account_id"])
    cutoffs = frame.index.get_level_values("cutoff").unique()
    later = frame.xs(cutoffs[-1])["logins_4w"] - without.xs(cutoffs[-1])["logins_4w"]
    assert later[later != 0].to_dict() == {"a3": 1.0}
    for cutoff in cutoffs[:-1]:
        pd.testing.assert_frame_equal(frame.xs(cutoff), without.xs(cutoff))


def test_f43_no_customer_at_all_is_a_defined_result(company: Company) -> None:
    head = (company.exports / "subscriptions.csv").read_text().splitlines()[:2]
    company.edit("subscriptions.csv", lambda text: "\n".join([head[0], head[1].replace(",,", ",2026-01-10,"), ""]))
    result = company.json("run")
    assert (result["accounts"], result["at_risk"]) == (0, 0)


def test_replayed_weeks_are_marked_and_give_changes_a_past(company: Company) -> None:
    shutil.rmtree(company.folder / "workspace" / "published")
    replayed = company.json("replay", "--weeks", "5")
    assert [week["as_of"] for week in replayed["weeks"]] == [
        "2026-06-22",
        "2026-06-29",
        "2026-07-06",
        "2026-07-13",
        "2026-07-20",
    ]
    company.json("run")
    manifests = [json.loads(path.read_text()) for path in sorted((latest(company).parent).glob("2026*/manifest.json"))]
    assert [each["replayed"] for each in manifests] == [True] * 5 + [False]
    scores = pd.read_csv(latest(company) / "health_scores.csv")
    assert scores["change_1w"].notna().all()
    moved = scores[["moved_customer", "moved_model", "moved_configuration"]].sum(axis=1, min_count=3)
    np.testing.assert_allclose(moved, scores["score"] - scores["score_before"], atol=1e-6)
    for handed_out in ("workbooks", "digests", "crm"):
        assert [path.parent.name for path in latest(company).parent.glob(f"2026*/{handed_out}")] == ["2026-07-27"]


def test_a_week_before_the_data_or_yet_to_come_is_refused(company: Company) -> None:
    before = company.published()
    for day, code in (("1960-01-01", 2), ("2099-01-01", 2)):
        assert company.run("run", "--as-of", day).returncode == code
    assert company.published() == before


def test_f39_a_week_that_the_data_do_not_reach_is_not_published(company: Company) -> None:
    before = company.published()
    result = company.run("run", "--as-of", "2026-09-07")
    assert result.returncode == 4
    assert "2026-07-31" in result.stderr
    assert company.published() == before


def test_a_column_declared_a_snapshot_leaves_the_features_at_once(company: Company) -> None:
    frame = pd.read_parquet(company.json("features")["path"])
    assert frame["mrr"].notna().all()
    company.configure(lambda text: text.replace("mrr: price", "mrr: {column: price, history: snapshot}"))
    frame = pd.read_parquet(company.json("features")["path"])
    assert frame["mrr"].isna().all()
    assert pd.read_csv(latest(company) / "health_scores.csv")["arr"].notna().all()


def test_check_tells_billing_gaps_from_leaving(company: Company) -> None:
    rows = "".join(f"m{n},a39,2026-0{n}-02,2026-0{n + 1}-01,139,5\n" for n in range(1, 7))
    company.edit("subscriptions.csv", lambda text: text + rows)
    company.configure(lambda text: text.replace("grace_days: 7", "grace_days: 0"))
    findings = " ".join(company.json("check")["findings"])
    assert "new start within 45 days" not in findings, "a39 has a subscription that never ends"
    company.edit("subscriptions.csv", lambda text: "".join(x for x in text.splitlines(True) if not x.startswith("s39")))
    findings = " ".join(company.json("check")["findings"])
    assert "5 ends of coverage are followed by a new start within 45 days" in findings
    assert "grace_days: 1 would" in findings


def test_explain_adds_up_to_the_score(company: Company) -> None:
    told = company.json("explain", "a3")
    assert abs(60 + told["points_base"] + sum(told["points"].values()) - told["score"]) < 1e-6


def test_explain_of_an_unknown_account_names_the_nearest(company: Company) -> None:
    result = company.run("explain", "a33x")
    assert result.returncode == 2
    assert "a33" in result.stderr
    assert "Traceback" not in result.stderr


def test_every_stage_is_a_command_that_can_run_twice(company: Company) -> None:
    for command in ("check", "ingest", "features", "score", "publish", "status"):
        assert company.json(command)
        assert company.json(command)


def test_f06_a_column_that_is_new_since_the_last_ingest_is_warned_of_once(company: Company) -> None:
    def with_mood(text: str) -> str:
        head, *rows = text.splitlines()
        return "\n".join([f"{head},mood", *(f"{row},fine" for row in rows)]) + "\n"

    company.edit("tickets.csv", with_mood)
    assert "tickets: new columns that no mapping asks for, so they are ignored: mood" in company.run("ingest").stderr
    assert "mood" not in company.run("ingest").stderr

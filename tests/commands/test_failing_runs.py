"""Runs that fail: the exit code, the words, and that nothing published is touched."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.commands.command import Company

Change = Callable[[Company], None]


def in_usage(change: Callable[[list[str]], list[str]]) -> Change:
    def apply(company: Company) -> None:
        company.edit("usage.csv", lambda text: "".join(change(text.splitlines(keepends=True))))

    return apply


def configured(old: str, new: str) -> Change:
    def apply(company: Company) -> None:
        def replaced(text: str) -> str:
            assert old in text
            return text.replace(old, new)

        company.configure(replaced)

    return apply


def emptied(company: Company) -> None:
    (company.exports / "usage.csv").write_bytes(b"")


BROKEN: dict[str, tuple[Change, int, str]] = {
    "f01_too_many_bad_values": (
        in_usage(lambda rows: [rows[0], *(row.replace("2026-0", "20x6-0") for row in rows[1:100]), *rows[100:]]),
        3,
        "usage",
    ),
    "f02_too_many_short_rows": (in_usage(lambda rows: [rows[0], *(["x,y\n"] * 60), *rows[1:]]), 3, "usage"),
    "f03_unterminated_quote": (in_usage(lambda rows: [rows[0], '"' + rows[1], *rows[2:]]), 3, "usage"),
    "f05_renamed_column": (in_usage(lambda rows: [rows[0].replace("account", "acount"), *rows[1:]]), 3, "acount"),
    "f13_header_only": (in_usage(lambda rows: rows[:1]), 3, "usage"),
    "f13_zero_bytes": (emptied, 3, "usage"),
    "f19_no_file_matches": (configured("files: usage*.csv", "files: usge*.csv"), 3, "usge*.csv"),
    "f20_a_path_outside": (configured("files: usage*.csv", "files: ../../usage.csv"), 2, "usage.csv"),
    "f66_a_repeated_key": (configured("name: Small & Co", "name: Small & Co\nname: Twice"), 2, "name"),
    "f66_an_object_tag": (configured("name: Small & Co", "name: !!python/object:os.system x"), 2, "tag"),
    "f66_an_alias": (configured("name: Small & Co", "name: &a Small\nlabel2: *a"), 2, "alias"),
    "an_unknown_key": (configured("horizon_days: 28", "horizon_day: 28"), 2, "horizon_days"),
    "an_unknown_column": (configured("seats: seats}", "seets: seats}"), 2, "seats"),
}


@pytest.mark.parametrize("fault", sorted(BROKEN))
def test_a_failing_run_says_why_and_leaves_the_published_week(
    company: Company, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    change, code, word = BROKEN[fault]
    before = company.published()
    change(company)
    found = company.here("run")
    told = capsys.readouterr()
    assert found == code, told.err
    assert word in told.err
    assert "Traceback" not in told.err
    assert told.out == ""
    assert company.published() == before


def test_f01_f02_bad_rows_within_the_budget_are_quarantined_with_their_place(company: Company) -> None:
    in_usage(lambda rows: [*rows[:10], rows[10].replace("2026-0", "20x6-0"), "short,row\n", *rows[11:]])(company)
    report = company.json("ingest")
    usage = next(source for source in report["sources"] if source["name"] == "usage")
    assert usage["quarantined"] == 2
    assert usage["records"] == usage["accepted"] + usage["quarantined"] + usage["duplicates"] + usage["filtered"]


def test_f04_columns_in_another_order_give_the_same_week(company: Company) -> None:
    def swapped(text: str) -> str:
        rows = [line.split(",") for line in text.splitlines()]
        return "".join(",".join([row[2], row[0], row[1], *row[3:]]) + "\n" for row in rows)

    company.edit("usage.csv", swapped)
    assert company.json("run")["new"] is False


def test_f06_a_new_column_is_warned_of_and_ignored(company: Company) -> None:
    company.edit("tickets.csv", lambda text: "".join(f"{line},x\n" for line in text.splitlines()))
    company.edit("tickets.csv", lambda text: text.replace("solved,x", "solved,mood"))
    report = company.json("ingest")
    tickets = next(source for source in report["sources"] if source["name"] == "tickets")
    assert tickets["unknown_columns"] == ["mood"]


def test_f64_a_swapped_model_file_is_never_opened(company: Company) -> None:
    models = company.folder / "workspace" / "models"
    models.mkdir(exist_ok=True)
    (models / "m.skops").write_bytes(b"not a model")
    entry = '{"file": "m.skops", "sha256": "0", "libraries": {}, "version": "m"}'
    (models / "champion.json").write_text(entry)
    before = company.published()
    result = company.run("run")
    assert result.returncode == 5
    assert "sha256" in result.stderr
    assert company.published() == before


def test_an_error_is_one_json_object_where_json_was_asked_for(company: Company) -> None:
    configured("horizon_days: 28", "horizon_day: 28")(company)
    result = company.run("run", "--json")
    assert result.returncode == 2
    assert result.stdout.count("\n") == 1
    assert '"exit_code": 2' in result.stdout

from datetime import date

import pandas as pd

from pipeline.loop.feedback import COLUMNS, Merged, disagreements, merged, no_remarks, standing
from pipeline.loop.overrides import COLUMNS as OVERRIDE_COLUMNS
from pipeline.loop.overrides import in_force, told

FIRST, SECOND = "2026-11-02", "2026-11-09"


def row(week: str, account: str, source: str = "ana.xlsx", read_on: str = "2026-11-06", **said: str) -> dict[str, str]:
    return {"week": week, "account_id": account, "source": source, "read_on": read_on, **said}


def read(*rows: dict[str, str], before: pd.DataFrame | None = None) -> Merged:
    return merged(no_remarks() if before is None else before, rows)


def test_the_newest_word_stands_and_a_blank_takes_nothing_back() -> None:
    first = read(row(FIRST, "a", action="planned", notes="call them"))
    both = read(row(SECOND, "a", action="met", read_on="2026-11-11"), before=first.remarks)
    now = standing(both.remarks, date(2026, 11, 16)).loc["a"]
    assert (now["action"], now["notes"], str(now["contacted_on"])[:10]) == ("met", "call them", "2026-11-11")


def test_a_list_knows_what_was_read_by_the_end_of_its_week_about_weeks_before_it() -> None:
    remarks = read(row(FIRST, "a", action="met", read_on="2026-11-10")).remarks
    assert standing(remarks, date(2026, 11, 2)).empty, "its own week"
    assert list(standing(remarks, date(2026, 11, 9)).index) == ["a"]
    late = read(row(FIRST, "a", action="met", read_on="2026-11-16")).remarks
    assert standing(late, date(2026, 11, 9)).empty, "read after the week was over"


def test_what_was_said_long_ago_is_another_story() -> None:
    remarks = read(row("2026-06-01", "a", action="met", read_on="2026-06-05")).remarks
    assert standing(remarks, date(2026, 11, 16)).empty


def test_a_snooze_stands_until_its_own_day_with_its_reason_however_long_ago_it_was_said() -> None:
    before = read(row("2026-08-24", "a", notes="they merge", read_on="2026-08-26")).remarks
    said = row("2026-08-31", "a", action="met", snooze_until="2026-11-28", read_on="2026-09-02")
    remarks = read(said, row("2026-08-31", "b", notes="old"), before=before).remarks
    now = standing(remarks, date(2026, 11, 23))
    assert list(now.index) == ["a"]
    assert (str(now.loc["a", "snooze_until"])[:10], now.loc["a", "notes"]) == ("2026-11-28", "they merge")
    assert now.loc["a", "action"] == "" and pd.isna(now.loc["a", "contacted_on"]), "only the snooze is still true"
    assert standing(remarks, date(2026, 11, 30)).empty, "its day has come"


def test_a_snooze_that_was_given_anew_stands_by_its_last_day_alone() -> None:
    remarks = read(row(FIRST, "a", snooze_until="2027-01-30", notes="x")).remarks
    remarks = read(row(SECOND, "a", snooze_until="2026-11-20", read_on="2026-11-12"), before=remarks).remarks
    assert pd.isna(standing(remarks, date(2026, 11, 23)).loc["a", "snooze_until"]), "shortened, and over"


def test_the_same_file_read_again_adds_nothing() -> None:
    rows = [row(FIRST, "a", action="met", verdict="real"), row(FIRST, "b", notes="x")]
    once = read(*rows)
    again = read(*rows, before=once.remarks)
    assert (once.added, again.added, again.conflicts) == (2, 0, ())
    pd.testing.assert_frame_equal(once.remarks, again.remarks)


def test_what_a_workbook_was_handed_out_with_is_nothing_new() -> None:
    before = read(row(FIRST, "a", action="planned", notes="call")).remarks
    handed_back = read(row(SECOND, "a", action="planned", notes="call", read_on="2026-11-13"), before=before)
    assert handed_back.added == 0
    changed = read(row(SECOND, "a", action="met", notes="call", read_on="2026-11-13"), before=before)
    assert changed.remarks.iloc[-1][list(COLUMNS)].tolist() == [
        *(SECOND, "a", "met", "", "", ""),
        *("ana.xlsx", "2026-11-13"),
    ]


def test_two_files_that_disagree_are_a_conflict_and_the_later_is_kept() -> None:
    found = read(row(FIRST, "a", verdict="real"), row(FIRST, "a", source="ben.xlsx", verdict="false alarm"))
    (conflict,) = found.conflicts
    assert (conflict.field, conflict.kept, conflict.kept_from) == ("verdict", "false alarm", "ben.xlsx")
    assert (conflict.dropped, conflict.dropped_from) == ("real", "ana.xlsx")
    assert standing(found.remarks, date(2026, 11, 9)).loc["a", "verdict"] == "false alarm"
    assert disagreements(found.remarks) == [conflict], "the report finds it again"


def test_files_that_disagree_and_are_read_again_add_nothing_and_do_not_take_turns() -> None:
    rows = [row(FIRST, "a", verdict="real"), row(FIRST, "a", source="ben.xlsx", verdict="false alarm")]
    once = read(*rows)
    again = read(*rows, before=once.remarks)
    assert (again.added, again.conflicts) == (0, ())
    assert standing(again.remarks, date(2026, 11, 9)).loc["a", "verdict"] == "false alarm"


def test_one_file_corrected_is_no_conflict() -> None:
    first = read(row(FIRST, "a", verdict="real")).remarks
    assert read(row(FIRST, "a", verdict="false alarm"), before=first).conflicts == ()


def test_an_override_is_shown_until_its_day_with_author_and_reason() -> None:
    rows = [("a", "red", "Ana", "their budget is cut", "2026-12-01", "2026-11-10")]
    table = pd.DataFrame(rows, columns=list(OVERRIDE_COLUMNS), dtype="string")
    shown = in_force(table, date(2026, 11, 16))
    assert told(shown).tolist() == ["Ana says red until 1 Dec 2026: their budget is cut"]
    assert in_force(table, date(2026, 12, 7)).empty, "over"
    assert in_force(table, date(2026, 11, 2)).empty, "not yet said"

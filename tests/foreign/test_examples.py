"""What each foreign set must come to. A target counts as met unless the interval's upper bound is below it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.foreign.conftest import holdfast

Example = Callable[[str], Path]
TARGETS = {"novacrm": 0.90, "churnsim": 0.73, "relax": 0.93, "interconnect": 0.82}


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_the_model_reaches_its_target_on_cutoffs_it_never_saw(example: Example, name: str) -> None:
    config = example(name)
    published = holdfast("run", config)
    assert published["accounts"] > 100
    tested = holdfast("backtest", config)
    best = max((figures["auc"] for figures in tested["models"].values()), key=lambda auc: auc["value"])
    assert best["high"] >= TARGETS[name]
    if name == "novacrm":
        assert best["value"] < 0.95, "above this mark a leak is the likelier explanation"
    if name == "relax":
        spells = tested["quiet_spells"]
        assert (spells["spells"], spells["returned"]) == (828, 818)


def test_ravenstack_has_no_signal_beyond_tenure_and_its_check_says_what_is_odd(example: Example) -> None:
    config = example("ravenstack")
    checked = holdfast("check", config)
    findings = " ".join(checked["findings"])
    # 545 of the 600 in the file, of which one stands there twice: the check counts records as ingest does
    assert "544 of 599" in findings
    assert "before their account started" in findings
    tested = holdfast("backtest", config)
    assert tested["grade"] in ("C", "none")
    assert tested["chosen"] not in tested["models"]


def test_cloud_dirty_is_ingested_with_each_dirty_row_accounted_for_and_scored_by_rules(example: Example) -> None:
    config = example("cloud_dirty")
    report = holdfast("ingest", config)
    for source in report["sources"]:
        for file in source["files"]:
            kept = file["accepted"] + file["quarantined"] + file["duplicates"] + file["filtered"]
            assert file["records"] == kept, file["name"]
    usage = next(source for source in report["sources"] if source["name"].startswith("usage"))
    assert usage["records"] == 43_200
    assert usage["quarantined"] == 216
    published = holdfast("run", config)
    assert published["accounts"] == 80
    assert holdfast("status", config)["champion"] is None

"""What the guard lets pass: the examples, what is excluded, and ends that are known in advance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.config import Config, load_config
from pipeline.config.company import parse_config
from pipeline.errors import ModelGateError
from pipeline.features.aggregates import Aggregate, Count
from pipeline.features.base import Registry, Row
from pipeline.leaks import refuse_leaks

ROOT = Path(__file__).parents[2]
TABLES = ("accounts", "subscriptions", "usage")


def config(subscriptions: dict[str, Any], attributes: dict[str, Any] | None = None, **more: Any) -> Config:
    columns = {"subscription_id": "id", "account_id": "account", "started_at": "start", "ended_at": "end"}
    sources = {
        "accounts": {"files": "accounts.csv", "columns": {"account_id": "id"}, "attributes": attributes or {}},
        "subscriptions": {"files": "subs.csv", "columns": columns | subscriptions},
        "usage": {"files": "usage.csv", "columns": {"account_id": "account", "occurred_at": "at"}},
    }
    return parse_config({"sources": sources, **more}, Path("config.yaml"))


CONFIGS = sorted([*ROOT.glob("examples/*.yaml"), ROOT / "config.yaml"])


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_no_example_is_stopped(path: Path) -> None:
    settings = load_config(path)
    # churnsim's periods all have their end from the start
    refuse_leaks(settings, {table for table, _, _ in settings.sources.each()}, open_ends=path.stem != "churnsim")


def test_an_end_that_every_period_has_from_the_start_is_a_renewal_and_may_be_learned_from() -> None:
    fixed = config({"term_end": "end"})
    refuse_leaks(fixed, TABLES, open_ends=False)
    with pytest.raises(ModelGateError, match=r"subscriptions\.term_end is read from end"):
        refuse_leaks(fixed, TABLES, open_ends=True)


def test_what_is_excluded_from_the_features_is_no_leak() -> None:
    planted = {"attributes": {"left": {"column": "end_of_all", "static": True}}}
    same_column = {"files": "accounts.csv", "columns": {"account_id": "id", "ended_at": "end_of_all"}}
    with_end = parse_config({"sources": {"accounts": same_column | planted}}, Path("config.yaml"))
    with pytest.raises(ModelGateError, match=r"attr_left is read from end_of_all, as accounts\.ended_at is"):
        refuse_leaks(with_end, TABLES)
    told = {"sources": {"accounts": same_column | planted}, "features": {"exclude": ["attr_left"]}}
    refuse_leaks(parse_config(told, Path("config.yaml")), TABLES)


def test_the_same_column_name_in_another_file_is_another_column() -> None:
    refuse_leaks(config({}, {"end": {"static": True}}), TABLES)


def test_a_measure_of_accounts_is_named_with_the_column_that_it_asks_for() -> None:
    registry = Registry()

    @registry.measure(source="accounts", dimension="usage")
    def gone(row: Row) -> Aggregate:
        """Whether it ended. Unit: flag."""
        return Count(where=row["ended_at"].notnull())

    with pytest.raises(ModelGateError, match=r"'gone' reads accounts\.ended_at, which is as of the export"):
        refuse_leaks(config({}), TABLES, registry=registry)


def test_all_leaks_are_told_at_once_with_what_to_do() -> None:
    mapped = config({"term_end": "end", "plan": "end"})
    with pytest.raises(ModelGateError) as caught:
        refuse_leaks(mapped, TABLES)
    assert len(caught.value.problems) == 2
    assert "features.exclude" in caught.value.hint


def test_the_reason_stated_with_the_notice_is_no_feature_by_any_name() -> None:
    reason = {"cancel_requested_at": "notice", "cancel_reason": "why"}
    refuse_leaks(config(reason), TABLES)
    with pytest.raises(
        ModelGateError, match=r"subscriptions\.plan is read from why, as subscriptions\.cancel_reason is"
    ):
        refuse_leaks(config(reason | {"plan": "why"}), TABLES)
    built_in = [file.read_text(encoding="utf-8") for file in (ROOT / "pipeline" / "features").glob("*.py")]
    assert built_in
    assert not any("cancel_reason" in code for code in built_in)

"""What follows from a declaration: columns, catalog, words."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import ibis
import pyarrow as pa
import pytest

from pipeline.contracts import CONTRACTS
from pipeline.engine import DuckDB
from pipeline.errors import ConfigError
from pipeline.features.aggregates import Sum
from pipeline.features.base import REGISTRY, Registry, Row, Wide
from pipeline.features.build import build_features, catalog
from pipeline.features.info import DIMENSIONS, FeatureInfo
from tests.pipeline.features import worlds

TABLES: dict[str, Any] = {name: ibis.table({"account_id": "string"}, name=name) for name in CONTRACTS}
FULL = catalog(worlds.SETTINGS, TABLES, worlds.LEVELS)


def declared() -> Registry:
    """A company's own measure, and a feature derived from it."""
    own = Registry()

    @own.measure(
        source="usage",
        dimension="usage",
        windows=(1, 4),
        before=(4,),
        direction=-1,
        reason="{value} exports, was {before} ({weeks} weeks)",
    )
    def exports(row: Row) -> Sum:
        """Exports by anyone in the account. Unit: events."""
        return Sum(row["events"], where=row["event"] == "export")

    @own.derived(source="usage", dimension="usage", needs=("exports_4w", "exports_before_4w"), weeks=4)
    def exports_gained(wide: Wide) -> Any:
        """More exports than in the 4 weeks before. Unit: events."""
        return wide["exports_4w"] - wide["exports_before_4w"]

    return own


def test_the_source_says_of_a_folded_measure_whether_more_is_better() -> None:
    told = catalog(worlds.SETTINGS, TABLES, {"logins": -1, "errors": 1, "storage": 0})
    found = {info.name: info.direction for info in told if info.source == "levels"}
    kinds = ("last", "trend", "mean_3", "to_baseline", "peers")
    for name, direction in (("logins", -1), ("errors", 1), ("storage", 0)):
        assert {found[f"level_{name}_{kind}"] for kind in kinds} == {direction}
        assert {found[f"level_{name}_{kind}"] for kind in ("before", "age_days")} == {0}


def test_a_new_measure_has_its_columns_its_catalog_entry_and_its_words(engine: DuckDB) -> None:
    tables = worlds.on(engine, {"usage": worlds.arrow(worlds.world(1))["usage"]})
    told = catalog(worlds.SETTINGS, tables, registry=declared())
    assert told[1] == FeatureInfo(
        name="exports_4w",
        measure="exports",
        dimension="usage",
        source="usage",
        weeks=4,
        reason="{value} exports, was {before} ({weeks} weeks)",
        unit="events",
        doc="Exports by anyone in the account.",
        direction=-1,
        before="exports_before_4w",
        group="exports",
    )
    spine = engine.frame(worlds.spine(worlds.weeks(30)))
    built = build_features(tables, spine, worlds.SETTINGS, engine, registry=declared())
    names = ["exports_1w", "exports_4w", "exports_before_4w", "exports_gained"]
    assert built.columns == ("account_id", "cutoff", *names)
    assert [info.name for info in told] == names
    rows = pa.Table.from_batches(engine.batches(built)).to_pylist()
    assert all(row["exports_gained"] == row["exports_4w"] - row["exports_before_4w"] for row in rows)


def test_nothing_that_is_declared_is_lost_where_every_source_and_setting_is_there() -> None:
    hidden = {each.name for each in REGISTRY.declarations if each.hidden}
    shown = {each.name for each in REGISTRY.declarations} - hidden
    filled = Counter(name.replace("{item}", "") for name in shown)
    assert all(count == 1 for count in filled.values())
    missing = [name for name in shown if "{item}" not in name and not any(i.measure == name for i in FULL)]
    assert missing == []


def test_a_rank_says_what_is_wrong_with_it_whichever_end_is_good() -> None:
    ranks = {info.measure: (info.direction, info.reason) for info in FULL if info.measure.endswith("_peers")}
    assert ranks["users_4w_peers"] == (-1, "no more active users than {rest} of its peers")
    assert ranks["tickets_13w_peers"] == (1, "more tickets than {value} of its peers")


def test_each_entry_has_a_known_dimension_a_unit_words_and_columns_that_exist() -> None:
    names = [info.name for info in FULL]
    assert len(set(names)) == len(names)
    assert {info.dimension for info in FULL} <= set(DIMENSIONS)
    assert [info.name for info in FULL if not info.unit or not info.doc or "{" in info.doc] == []
    assert {info.before for info in FULL if info.before} <= set(names)
    assert [info.name for info in FULL if info.reason and not re.search("{value}|{rest}", info.reason)] == []
    assert [info.name for info in FULL if info.reason and "{item}" in info.reason] == []


def test_every_feature_can_be_told_by_words_of_its_own_or_of_its_group() -> None:
    told = {info.group for info in FULL if info.reason}
    assert [info.name for info in FULL if info.group not in told] == []


def test_a_rank_among_peers_belongs_where_the_ranked_feature_does() -> None:
    by_name = {info.name: info for info in FULL}
    for name in ("use_4w", "users_4w", "tickets_13w"):
        rank, other = by_name[f"{name}_peers"], by_name[name]
        assert (rank.dimension, rank.direction, rank.group) == (other.dimension, other.direction, other.group)


def test_the_catalog_survives_json() -> None:
    assert [FeatureInfo.from_dict(json.loads(json.dumps(info.to_dict()))) for info in FULL] == FULL


@pytest.mark.parametrize("source", ["usage", "tickets", "surveys", "invoices", "touches", "levels", "subscriptions"])
def test_columns_that_need_an_absent_source_are_not_there(source: str) -> None:
    less = catalog(worlds.SETTINGS, {k: v for k, v in TABLES.items() if k != source}, worlds.LEVELS)
    gone = {info.name for info in FULL} - {info.name for info in less}
    assert {info.name for info in FULL if info.source == source} - {"effort_score"} <= gone
    assert not [info for info in less if info.source == source]


def test_settings_choose_windows_and_leave_out_features_by_name_measure_or_pattern() -> None:
    chosen = worlds.SETTINGS.model_copy(update={"windows": (4,), "exclude": ("users", "nps_*", "days_since_use")})
    names = {info.name for info in catalog(chosen, TABLES)}
    assert "logins_4w" in names and "use_trend_13w" in names
    assert not names & {"logins_1w", "logins_13w", "users_4w", "nps_last", "days_since_use"}


def test_a_window_that_no_measure_has_is_refused_with_those_there_are() -> None:
    asked = worlds.SETTINGS.model_copy(update={"windows": (2, 4)})
    with pytest.raises(ConfigError, match="no measure looks back 2 weeks") as refused:
        catalog(asked, TABLES)
    assert "1, 4, 13, 17, 26, 52" in str(refused.value.hint)


def test_a_derived_feature_sees_only_the_columns_that_it_named() -> None:
    wide = Wide(ibis.table({"a": "int64", "b": "int64"}), worlds.SETTINGS, frozenset({"a"}))
    assert wide["a"].get_name() == "a"
    with pytest.raises(KeyError, match="b is not among needs: a"):
        wide["b"]

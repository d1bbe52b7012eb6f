"""The law that nothing is known before it is known, for every feature there is or will be."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipeline.engine import DuckDB, Engine, open_engine
from pipeline.features.build import FACTS, build_features, catalog, week_facts
from pipeline.spine import build_leaving, build_spine, coverage_rows, cutoff_table
from tests.pipeline.features import worlds

CUTOFFS = worlds.weeks(9, 20, 33, 34, 50)
ROWS = worlds.world(7)
slowly = settings(
    # a build costs seconds whatever it reads: the search is wide in its worlds rather than in their number
    max_examples=4,
    print_blob=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
SIZES = st.sampled_from((5, 40))
"""Accounts of a world: in a small one somebody's row is often the first of all, a large one holds many chances."""


def features(engine: Engine, rows: worlds.World, cutoffs: list | None = None, ready: bool = False) -> pa.Table:
    tables = worlds.on(engine, worlds.arrow(rows))
    if ready:
        tables[FACTS] = engine.settle(week_facts(tables, worlds.SETTINGS, worlds.LEVELS))
    spine = engine.frame(worlds.spine(cutoffs or CUTOFFS, len(rows["accounts"])))
    table = build_features(tables, spine, worlds.SETTINGS, engine, levels=worlds.LEVELS)
    return pa.Table.from_batches(engine.batches(table))


@slowly
@given(seed=st.integers(0, 10**6), accounts=SIZES, at=st.sampled_from(CUTOFFS[1:]))
def test_f31_what_happens_or_becomes_known_after_a_cutoff_changes_no_bit_of_its_features(
    engine: DuckDB, seed: int, accounts: int, at: date
) -> None:
    rows = worlds.world(seed, accounts, 8 * accounts)
    before = features(engine, rows, [at])
    after = features(engine, worlds.another_future(rows, at, seed + 1), [at])
    assert differing(before, after) == []


@slowly
@given(seed=st.integers(0, 10**6), accounts=SIZES, at=st.sampled_from(CUTOFFS[2:]))
def test_f31_what_comes_after_a_cutoff_changes_neither_who_is_a_customer_nor_what_follows_from_it(
    engine: DuckDB, seed: int, accounts: int, at: date
) -> None:
    rows = worlds.world(seed, accounts, 8 * accounts)
    before = customers_and_features(engine, rows, at)
    after = customers_and_features(engine, worlds.another_future(rows, at, seed + 1), at)
    assert [differing(*pair) for pair in zip(before, after, strict=True)] == [[], [], []]


def customers_and_features(engine: DuckDB, rows: worlds.World, at: date) -> list[pa.Table]:
    """The spine, those who are leaving, and the features, all from the tables."""
    tables = worlds.on(engine, worlds.arrow(rows))
    coverage = coverage_rows(tables, "subscriptions", 30)
    cutoffs = engine.frame(cutoff_table(worlds.CALENDAR, [at]))
    spine = engine.settle(build_spine(tables, coverage, cutoffs, "attr_industry"))
    # whoever gives notice says when it ends: that date lies ahead and is shown, to people only
    leaving = build_leaving(tables, coverage, cutoffs, "attr_industry").drop("ends_at")
    built = build_features(tables, spine, worlds.SETTINGS, engine, levels=worlds.LEVELS)
    ordered = (spine.order_by("account_id"), leaving.order_by("account_id"), built)
    return [each.to_pyarrow() for each in ordered]


def differing(one: pa.Table, two: pa.Table) -> list[str]:
    """The columns that are not equal cell by cell."""
    assert one.column_names == two.column_names
    return [name for name in one.column_names if not one[name].combine_chunks().equals(two[name].combine_chunks())]


def test_the_other_future_of_these_tests_is_another_one(engine: DuckDB, usual: pa.Table) -> None:
    moved = set(differing(usual, features(engine, worlds.another_future(ROWS, CUTOFFS[1], 4))))
    assert {"use_4w", "resolution_13w", "nps_last", "late_invoices_26w", "touches_13w", "terms"} <= moved


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    """The features of the rows below, read once."""
    with open_engine("duckdb", tmp_path_factory.mktemp("usual"), "1GB", 1) as engine:
        return features(engine, ROWS)


def test_a_cutoff_has_the_same_features_alone_and_among_others(engine: DuckDB, usual: pa.Table) -> None:
    chosen = usual.filter(pa.compute.equal(usual["cutoff"], CUTOFFS[2]))
    assert differing(chosen, features(engine, ROWS, [CUTOFFS[2]])) == []


def test_order_of_rows_number_of_threads_and_kept_facts_change_nothing(tmp_path: Path, usual: pa.Table) -> None:
    shuffled = {name: random.Random(1).sample(found, len(found)) for name, found in ROWS.items()}
    with open_engine("duckdb", tmp_path / "two", "1GB", 2) as two:
        assert differing(usual, features(two, shuffled, ready=True)) == []


def test_the_table_has_the_rows_of_the_spine_and_the_columns_of_the_catalog(engine: DuckDB, usual: pa.Table) -> None:
    tables = worlds.on(engine, worlds.arrow(ROWS))
    names = [info.name for info in catalog(worlds.SETTINGS, tables, worlds.LEVELS)]
    assert usual.column_names == ["account_id", "cutoff", *names]
    keys = worlds.spine(CUTOFFS).select(["account_id", "cutoff"])
    ordered = keys.sort_by([("cutoff", "ascending"), ("account_id", "ascending")])
    assert usual.select(["account_id", "cutoff"]).to_pylist() == ordered.to_pylist()


def test_nearly_every_feature_says_something_of_a_company_with_every_source(usual: pa.Table) -> None:
    """A column that is always missing here is a declaration that cannot speak."""
    silent = [name for name in usual.column_names if usual[name].null_count == usual.num_rows]
    assert silent == []

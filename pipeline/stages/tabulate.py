"""The features stage: spine, leaving and features at all the cutoffs that are asked for, computed once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds

from pipeline.config import Config
from pipeline.engine import Engine
from pipeline.errors import ConfigError
from pipeline.features.base import FeatureInfo
from pipeline.features.build import FACTS, build_features, catalog, week_facts
from pipeline.lists.plays import configured
from pipeline.spine import build_leaving, build_spine, coverage_rows, cutoff_table
from pipeline.stages.context import Run
from pipeline.stages.doubts import doubts
from pipeline.stages.identity import code_version, config_hash, inputs_hash
from pipeline.warehouse import replacing, text_hash


@dataclass(frozen=True)
class FeatureSet:
    """Where the tables of the features stage are, what their columns mean, and what it took."""

    folder: Path
    catalog: list[FeatureInfo]
    cutoffs: list[date]
    rows: int

    @property
    def path(self) -> Path:
        """account_id, cutoff and a column for each feature."""
        return self.folder / "features.parquet"

    @property
    def told(self) -> str:
        """How much it is."""
        return f"{len(self.catalog)} features for {self.rows:,} rows at {len(self.cutoffs)} cutoff" + "s" * (
            len(self.cutoffs) != 1
        )

    def features_at(
        self, cutoffs: Iterable[date], names: Sequence[str] | None = None, accounts: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """The features at some cutoffs, sorted by cutoff and account; only those named and of some accounts, if told.

        What is not asked for is not read: the whole table of a large company is more than a machine holds.
        """
        columns = None if names is None else ["account_id", "cutoff", *names]
        return _at(self.path, cutoffs, columns, accounts)

    def spine_at(self, cutoffs: Iterable[date], accounts: Sequence[str] | None = None) -> pd.DataFrame:
        """The customers at some cutoffs, sorted by cutoff and account; only some accounts, if told."""
        return _at(self.folder / "spine.parquet", cutoffs, accounts=accounts)

    def leaving_at(self, cutoff: date) -> pd.DataFrame:
        """Customers who had given notice by a cutoff."""
        return _at(self.folder / "leaving.parquet", [cutoff])


def _at(
    path: Path, cutoffs: Iterable[date], columns: list[str] | None = None, accounts: Sequence[str] | None = None
) -> pd.DataFrame:
    whole = ds.dataset(path)
    asked = ds.field("cutoff").isin(list(cutoffs))
    if accounts is not None:
        # with their type, for none may be asked for
        asked &= ds.field("account_id").isin(pa.array(accounts, whole.schema.field("account_id").type))
    # a scan of the whole reads far ahead, whatever part of the rows is asked for
    nothing = whole.schema.empty_table().select(columns or whole.schema.names)
    groups = [group for part in whole.get_fragments() for group in part.split_by_row_group()]
    table = pa.concat_tables([nothing, *(group.to_table(columns=columns, filter=asked) for group in groups)])
    frame: pd.DataFrame = table.to_pandas()
    frame["cutoff"] = pd.to_datetime(frame["cutoff"])
    return frame.sort_values(["cutoff", "account_id"], kind="stable", ignore_index=True)


def active_source(run: Run) -> str:
    """Which table says who is a customer."""
    asked = run.config.spine.active
    if asked != "auto":
        return asked
    present = run.table_paths()
    if "going_quiet" in run.config.label.kinds and "usage" in present:
        return "usage"  # who is silent already cannot go quiet
    found = [name for name in ("subscriptions", "accounts", "usage") if name in present]
    if not found:
        raise ConfigError(
            f"Nothing says who is a customer; there are: {', '.join(present)}.",
            hint="Map a source for subscriptions, accounts or usage.",
        )
    return found[0]


def tabulate(run: Run, cutoffs: Iterable[date]) -> FeatureSet:
    """Features for every customer at every cutoff; what is there already for the same inputs is used again."""
    wanted = sorted(set(cutoffs))
    folder = run.workspace.warehouse / "features"
    with run.stage("features") as stage:
        key = text_hash("".join([inputs_hash(run), config_hash(run.config, "features"), code_version()]))
        known = _load(folder, key)
        if known is None or not set(wanted) <= set(known.cutoffs):
            kept = known.cutoffs if known is not None else []
            known = _build(run, folder, key, sorted({*wanted, *kept}))
            stage.read = f"{len(run.table_paths())} tables"
            stage.wrote = f"{run.within(known.path)}, {known.told}"
        else:
            refuse_unknown_plays(run, known.catalog)
            stage.read = f"{run.within(known.path)}, {known.told}, up to date"
    return known


def level_directions(config: Config) -> dict[str, int]:
    """The measures of folded usage, as the configuration names them, and whether more of each is good news."""
    measures = [told for _, _, source in config.sources.each() for told in source.measures.items()]
    return {name: measure.direction for name, measure in sorted(measures, key=lambda told: told[0])}


def catalog_of(run: Run, tables: dict[str, ir.Table]) -> list[FeatureInfo]:
    """The features that these tables have under the configuration."""
    return catalog(run.config.features, tables, level_directions(run.config))


def refuse_unknown_plays(run: Run, infos: Iterable[FeatureInfo]) -> None:
    """Raise ConfigError where a play waits for what there is not: before hours of work, not after them."""
    configured(run.config.plays, {info.measure for info in infos})


def _load(folder: Path, key: str) -> FeatureSet | None:
    state = folder / "state.json"
    if not state.exists():
        return None
    saved = json.loads(state.read_text())
    if saved["key"] != key:
        return None
    infos = [FeatureInfo.from_dict(item) for item in saved["catalog"]]
    return FeatureSet(folder, infos, [date.fromisoformat(day) for day in saved["cutoffs"]], saved["rows"])


def _build(run: Run, folder: Path, key: str, cutoffs: list[date]) -> FeatureSet:
    for told in doubts(run.table_paths(), active_source(run)):
        run.reporter.warn(told)
    folder.mkdir(parents=True, exist_ok=True)
    # what is being replaced must not be taken for current if this is interrupted
    (folder / "state.json").unlink(missing_ok=True)
    with run.engine() as engine:
        infos = catalog_of(run, run.tables(engine))
        refuse_unknown_plays(run, infos)
        tables = with_facts(run, engine)
        _write_spine(run, engine, tables, cutoffs, folder)
        tables, spine = without_snapshots(run, tables, engine.read(folder / "spine.parquet"))
        settings, levels = run.config.features, level_directions(run.config)
        with replacing(folder / "features.parquet") as path:
            features = build_features(tables, spine, settings, engine, levels=levels)
            rows = engine.write(features, path)
    state = {"key": key, "cutoffs": cutoffs, "rows": rows, "catalog": [info.to_dict() for info in infos]}
    with replacing(folder / "state.json") as path:
        path.write_text(json.dumps(state, default=str, indent=1))
    return FeatureSet(folder, infos, cutoffs, rows)


def with_facts(run: Run, engine: Engine) -> dict[str, ir.Table]:
    """The canonical tables, with the facts of usage by week beside them: kept for each state of the inputs."""
    tables = run.tables(engine)
    if "usage" not in tables:
        return tables
    path, state = run.workspace.warehouse / "facts.parquet", run.workspace.warehouse / "facts.key"
    key = text_hash(inputs_hash(run, "usage") + config_hash(run.config, "features") + code_version())
    if not (path.exists() and state.exists() and state.read_text() == key):
        state.unlink(missing_ok=True)
        with replacing(path) as fresh:
            engine.write(week_facts(tables, run.config.features, level_directions(run.config)), fresh)
        state.write_text(key)
    return {**tables, FACTS: engine.read(path)}


def _write_spine(run: Run, engine: Engine, tables: dict[str, ir.Table], cutoffs: list[date], folder: Path) -> None:
    rows = engine.settle(coverage_rows(tables, active_source(run), run.config.label.quiet_days))
    weeks = engine.frame(cutoff_table(run.calendar, cutoffs))
    segment = run.config.features.segment_by
    for name, build in (("spine", build_spine), ("leaving", build_leaving)):
        with replacing(folder / f"{name}.parquet") as path:
            engine.write(build(tables, rows, weeks, segment).order_by("cutoff", "account_id"), path)


def without_snapshots(run: Run, tables: dict[str, ir.Table], spine: ir.Table) -> tuple[dict[str, ir.Table], ir.Table]:
    """The tables as features may see them: columns that are as of the export are null.

    What an export says today of a year ago was not known a year ago. The spine keeps such columns for the lists.
    """
    hidden = snapshot_columns(run)
    seen = {
        name: table.mutate(**{column: ibis.null(table[column].type()) for column in hidden.get(name, ())})
        for name, table in tables.items()
    }
    state = {column for column in hidden.get("subscriptions", ()) if column in spine.columns}
    if is_segment_of_today(run):
        # peers of today were not the peers of then
        state.add("segment")
    return seen, spine.mutate(**{column: ibis.null(spine[column].type()) for column in sorted(state)})


def is_segment_of_today(run: Run) -> bool:
    """Whether what forms peer groups is as of the export: nothing but a static attribute or column is of every time."""
    column = run.config.features.segment_by or "segment"
    if column.startswith("attr_"):
        return False
    return not all(source.is_static(column) for source in run.config.sources.accounts if column in source.columns)


def snapshot_columns(run: Run) -> dict[str, list[str]]:
    """The canonical columns that are as of the export, by table; told in reports, never learned from."""
    hidden: dict[str, set[str]] = {}
    for table, _, source in run.config.sources.each():
        attributes = {f"snapshot_{name}" for name, each in source.attributes.items() if not each.static}
        hidden.setdefault(table, set()).update({*source.snapshot_columns, *attributes})
    return {table: sorted(columns) for table, columns in hidden.items()}

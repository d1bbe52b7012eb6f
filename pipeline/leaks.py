"""What may not be learned from, told by where it comes from: the guard before every training.

Three things know more than was known at a cutoff: the table that the label is read from, a column that is filled in
only when something has ended, and a column that is as of the export. Canonical columns of these kinds are hidden from
features by construction; what is left is a declaration that asks for them by another name. So every column is traced
back to the file and column that it is read from, and one origin may not be both hidden and learned from.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import PurePath

import ibis

from pipeline.config import Config
from pipeline.config.columns import ColumnSpec
from pipeline.config.sources import Place, SourceConfig
from pipeline.contracts import CONTRACTS, EVERY_ROW
from pipeline.errors import ModelGateError
from pipeline.features.asof import TYPES
from pipeline.features.base import REGISTRY, FeatureSettings, Measure, Registry, Row

_LABEL_TABLE = "churns"
_ATTRIBUTE = "attr_"
_HINT = (
    "Take it out of the configuration or list it under features.exclude. If it was known at every cutoff, map it where "
    "its time is told: in a dated table, or as term_end of subscriptions whose periods are fixed in advance."
)

# what a row is and when it was decides at which cutoff a row is visible, so it may come from any column
_ROW_ITSELF = {"subscription_id", "started_at", "ended_at", "valid_to", *EVERY_ROW}
_ONLY_SHOWN = {"name", "owner", "owner_email", "contact", "contact_email", "url", "segment"}
_DATED = ("usage", "levels", "tickets", "surveys", "invoices", "touches")
_ENDS = {"accounts": {"ended_at"}, "subscriptions": {"ended_at", "cancel_requested_at"}}


@dataclass(frozen=True)
class Origin:
    """A column of a file or database table."""

    place: str
    column: str


@dataclass(frozen=True)
class Read:
    """A canonical column and what it is read from; ``folds``: the files of which it folds all rows into one value."""

    table: str
    name: str
    origins: frozenset[Origin]
    folds: frozenset[str]
    snapshot: bool

    def __str__(self) -> str:
        return self.name if self.name.startswith(_ATTRIBUTE) else f"{self.table}.{self.name}"

    @property
    def known_by(self) -> bool:
        """Whether it is null to features until another moment has passed."""
        column = CONTRACTS[self.table].columns.get(self.name)
        return column is not None and column.known_by is not None

    @property
    def tells_of_leaving(self) -> bool:
        """Whether a label may be read from it."""
        return self.table == _LABEL_TABLE or self.name in _ENDS.get(self.table, ())

    @property
    def learned_from(self) -> bool:
        """Whether features see its values as they stand, at every cutoff at which the row is visible."""
        if self.table == "accounts":
            return self.name.startswith(_ATTRIBUTE)
        hidden = self.snapshot or self.known_by or self.tells_of_leaving
        return not hidden and self.name not in _ROW_ITSELF


def refuse_leaks(
    config: Config, tables: Collection[str], open_ends: bool = True, registry: Registry = REGISTRY
) -> None:
    """Raise ModelGateError that names every feature which by its origin knows more than its cutoff.

    ``tables``: those that were ingested. ``open_ends``: some coverage has no end yet, so that an end tells of leaving;
    where every period has its end from the start, ends are renewals and may be learned from.
    """
    told = [*_declared(registry, tables), *_configured(config, open_ends)]
    if told:
        raise ModelGateError(*told, hint=_HINT)


def _declared(registry: Registry, tables: Collection[str]) -> Iterator[str]:
    """Measures of the label's own table, and of accounts, which has no history."""
    for measure in registry.declarations:
        if isinstance(measure, Measure) and measure.source in tables:
            if measure.source == _LABEL_TABLE:
                yield f"Feature {measure.name!r} reads {_LABEL_TABLE}, the label's own table."
            elif measure.source == "accounts":
                names = ", ".join(f"accounts.{name}" for name in sorted(_asked(measure) - EVERY_ROW.keys()))
                yield f"Feature {measure.name!r} reads {names or 'accounts'}, which is as of the export."


def _asked(measure: Measure) -> set[str]:
    """The columns that a measure asks for."""
    columns = {**EVERY_ROW, **CONTRACTS[measure.source].columns}
    schema = ibis.schema({name: TYPES[column.kind] for name, column in columns.items()})
    row = Row(ibis.table(schema, name=measure.source), FeatureSettings())
    measure.function(row)
    return row.names


def _configured(config: Config, open_ends: bool) -> Iterator[str]:
    """Columns that are learned from and share their origin with one that is hidden."""
    reads = list(_reads(config))
    dated = {place for table, _, each in config.sources.each() if table in _DATED for place in _places(each)}
    for read in reads:
        # of the features only attributes have the name of a column
        if read.learned_from and not (read.table == "accounts" and read.name in config.features.exclude):
            hidden = [other for other in reads if other != read and other.origins & read.origins]
            reason = _reason(read, hidden, open_ends)
            if folded := read.folds & dated:
                reason = f"folds all rows of {', '.join(sorted(folded))} into one value, those after the cutoff too"
            elif table := _label_file(config, read):
                reason = f"reads {table}, the label's own table"
            if reason:
                yield f"Feature {read} {reason}."


def _reason(read: Read, others: list[Read], open_ends: bool) -> str:
    """What one of the columns with the same origin says against learning from ``read``; empty where nothing does."""
    for other in others:
        column = ", ".join(sorted(origin.column for origin in other.origins & read.origins))
        if other.tells_of_leaving and (open_ends or other.name != "ended_at" or other.table == "accounts"):
            return f"is read from {column}, as {other} is: it says who leaves, and when"
        if other.known_by:
            return f"is read from {column}, as {other} is, which becomes known only after the row"
        if other.snapshot and read.table == "accounts":
            return f"is read from {column}, as {other} is, which is declared as of the export (snapshot)"
    return ""


def _label_file(config: Config, read: Read) -> str:
    """The file of recorded churns, where ``read`` takes a column from it and it is nothing else's file."""
    others = {place for table, _, each in config.sources.each() if table != _LABEL_TABLE for place in _places(each)}
    own = {place for source in config.sources.churns for place in _places(source)} - others
    return ", ".join(sorted(own & {origin.place for origin in read.origins}))


def _reads(config: Config) -> Iterator[Read]:
    """Every mapped column of every source."""
    for table, _, source in config.sources.each():
        snapshots = source.snapshot_columns
        columns = source.columns.items()
        static = [(_ATTRIBUTE + name, each.spec(name)) for name, each in source.attributes.items() if each.static]
        shown = [(f"snapshot_{name}", each.spec(name)) for name, each in source.attributes.items() if not each.static]
        for name, spec in chain(columns, static, shown):
            origins, folds = _traced(source, spec)
            snapshot = name in snapshots or name.startswith("snapshot_")
            if table != "accounts" or name not in _ONLY_SHOWN:
                yield Read(table, name, frozenset(origins), frozenset(folds), snapshot)


def _traced(source: SourceConfig, spec: ColumnSpec) -> tuple[set[Origin], set[str]]:
    """The places and columns that a column is read from, through joins, and the files whose rows it folds."""
    origins: set[Origin] = set()
    folds = _folded(source, spec)
    for column in _columns(spec):
        via = next((each for each in reversed(source.via) if column in each.take), None)
        if via is None:
            origins |= {Origin(place, column) for place in _places(source)}
            continue
        taken = via.take[column]
        origins |= {Origin(place, name) for place in _places(via) for name in _columns(taken)}
        folds |= _folded(via, taken)
    return origins, folds


def _folded(place: Place, spec: ColumnSpec) -> set[str]:
    """The files of which a column folds all rows; the least of all, as of a day of signup, later rows do not change."""
    return _places(place) if spec.fold not in (None, "min") else set()


def _columns(spec: ColumnSpec) -> set[str]:
    """The source's columns that a column is made of."""
    operands = {operand.column for operand in (*spec.product, *spec.sum, *spec.divide_by)}
    added = spec.plus.column if spec.plus else None
    return {name for name in (spec.column, *spec.concat, *operands, added) if name}


def _places(place: Place) -> set[str]:
    """Its files, or its database table, by name."""
    if place.database is not None:
        return {f"{place.database}:{place.table}"}
    return {PurePath(name).as_posix() for name in place.files}

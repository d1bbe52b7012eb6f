"""How a feature is declared: one function, and everything else follows from it.

    @measure(source="usage", dimension="usage", windows=(1, 4, 13, 26),
             reason="logins {value}, was {before} ({weeks} weeks)", direction=-1)
    def logins(row: Row) -> Aggregate:
        \"\"\"Sign-ins by anyone in the account. Unit: events.\"\"\"
        return Sum(row["quantity"], where=row["event"].isin(row.settings.login_events))

The column (``logins_4w``), its entry in the catalog, the words for people and the tests of time travel need nothing
more. A derived feature is a function of columns of the wide table that it names in ``needs``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict, Unpack

import ibis.expr.types as ir

from pipeline.config.settings import FeatureSettings as FeatureSettings
from pipeline.features.aggregates import Aggregate
from pipeline.features.info import FeatureInfo as FeatureInfo
from pipeline.features.info import doc_and_unit, slug

SPINE = "spine."
"""What begins the name of a spine column among the needs of a derived feature."""

SPINE_COLUMN = "spine__"
"""What begins it in the wide table."""


@dataclass(frozen=True)
class Row:
    """The rows that are visible, as a measure sees them: what is not yet known is null in them already.

    ``names`` gathers the columns that were asked for.
    """

    table: ir.Table
    settings: FeatureSettings
    item: str = ""
    names: set[str] = field(default_factory=set)

    def __getitem__(self, name: str) -> Any:
        self.names.add(name)
        return self.table[name]


@dataclass(frozen=True)
class Wide:
    """One row for each account and cutoff, as a derived feature sees it: only the columns that it named.

    ``{item}`` in a name stands for the item at hand.
    """

    table: ir.Table
    settings: FeatureSettings
    needs: frozenset[str]
    item: str = ""

    def __getitem__(self, name: str) -> Any:
        name = name.replace("{item}", slug(self.item))
        if name not in self.needs:
            raise KeyError(f"{name} is not among needs: {', '.join(sorted(self.needs))}")
        return self.table[name.replace(SPINE, SPINE_COLUMN)]


class About(TypedDict, total=False):
    """What a declaration may say beside its source and dimension.

    - ``name``: of the measure, where it is not the function's.
    - ``reason``, ``direction``, ``group``: as in FeatureInfo.
    - ``each``: a list of the settings (or ``levels``, ``kinds``, ``ranked``): one measure an item, ``name`` holding
      ``{item}``.
    - ``age``: the column (with ``{item}``) of its age in days, where it loses weight with time.
    - ``reason_good``: the reason where more of what it is ``of`` is better, so that it tells what is wrong.
    - ``of``: the column (with ``{item}``) whose dimension, direction and group hold for this one too.
    - ``asks``: a setting without which there is no such measure.
    - ``speaks``: a moment that makes an absence of it mean something. As long as no row of the source, of anybody, was
      known to have it, the measure is null: where payments are never told of, no invoice is overdue.
    - ``hidden``: only for derived features, no column of its own.
    """

    name: str
    reason: str | None
    reason_good: str
    direction: int
    group: str
    each: str
    age: str
    of: str
    asks: str
    speaks: str
    hidden: bool


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """What measures and derived features have in common; see ``About``."""

    name: str
    source: str
    dimension: str
    doc: str
    unit: str
    reason: str | None = None
    reason_good: str = ""
    direction: int = 0
    group: str = ""
    each: str = ""
    age: str = ""
    of: str = ""
    asks: str = ""
    speaks: str = ""
    hidden: bool = False


@dataclass(frozen=True, kw_only=True)
class Measure(Declaration):
    """An aggregate over visible rows at each of ``windows`` weeks; without windows over all of them.

    ``before``: those windows that are measured one window earlier as well.
    """

    windows: tuple[int, ...]
    before: tuple[int, ...]
    function: Callable[[Row], Aggregate]


@dataclass(frozen=True, kw_only=True)
class Derived(Declaration):
    """A function of other columns. ``weeks`` and ``before`` are only told to people.

    ``across_rows``: it compares a row with others, and so must not be computed on a wide table: what sorts rows
    carries all their columns along.
    """

    needs: tuple[str, ...]
    weeks: int | None
    before: str | None
    across_rows: bool
    function: Callable[[Wide], Any]


@dataclass
class Registry:
    """All declarations in order; a derived feature stands after what it needs."""

    declarations: list[Measure | Derived] = field(default_factory=list)

    def copy(self) -> Registry:
        """Another registry with the same declarations."""
        return Registry(list(self.declarations))

    def measure(
        self,
        *,
        source: str,
        dimension: str,
        windows: Sequence[int] = (),
        before: Sequence[int] = (),
        **about: Unpack[About],
    ) -> Callable[[Callable[[Row], Aggregate]], Callable[[Row], Aggregate]]:
        """Declare a measure: a function of visible rows that returns an aggregate."""

        def declare(function: Callable[[Row], Aggregate]) -> Callable[[Row], Aggregate]:
            named = _named(function, about)
            spans: dict[str, Any] = {"windows": tuple(windows), "before": tuple(before)}
            measure = Measure(source=source, dimension=dimension, function=function, **spans, **named)
            self.declarations.append(measure)
            return function

        return declare

    def derived(
        self,
        *,
        source: str,
        dimension: str,
        needs: Sequence[str],
        weeks: int | None = None,
        before: str | None = None,
        across_rows: bool = False,
        **about: Unpack[About],
    ) -> Callable[[Callable[[Wide], Any]], Callable[[Wide], Any]]:
        """Declare a feature that follows from other columns.

        ``needs`` names them: ``spine.<column>`` for the spine's, ``*`` for any text. Of several declarations of one
        name the last holds that has all it needs.
        """

        def declare(function: Callable[[Wide], Any]) -> Callable[[Wide], Any]:
            named = _named(function, about)
            told: dict[str, Any] = {"needs": tuple(needs), "weeks": weeks, "before": before, "across_rows": across_rows}
            self.declarations.append(Derived(source=source, dimension=dimension, function=function, **told, **named))
            return function

        return declare


def _named(function: Callable[..., Any], about: About) -> dict[str, Any]:
    """What a declaration says, with its name, words and unit taken from the function itself."""
    doc, unit = doc_and_unit(function.__doc__)
    return {"name": function.__name__, "doc": doc, "unit": unit, **about}


REGISTRY = Registry()
"""The features of Holdfast. A company's own are declared with the same decorators."""

measure = REGISTRY.measure
derived = REGISTRY.derived

"""Which columns there are, from the configuration alone: what is declared, asked for and has its source."""

from __future__ import annotations

import fnmatch
import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.errors import ConfigError
from pipeline.features.base import SPINE, Derived, FeatureSettings, Measure, Registry
from pipeline.features.info import FeatureInfo, slug
from pipeline.features.windows import Window

KINDS = ("nps", "csat", "ces")
"""The kinds of survey questions."""

RANKED = {
    "use_4w": "use",
    "users_4w": "active users",
    "features_used_4w": "features in use",
    "seat_utilisation_4w": "of the seats in use",
    "tickets_13w": "tickets",
}
"""The features of which the rank among peers is a feature too, with the words for them."""

Levels = Mapping[str, int]
"""The measures of folded usage by name, with their directions as in FeatureInfo."""

NO_LEVELS: Levels = {}


@dataclass(frozen=True)
class Spec:
    """One column of one measure: which window, and for which item of a list."""

    declaration: Measure
    window: Window
    item: str = ""

    @property
    def measure_name(self) -> str:
        """The measure's name with its item filled in."""
        return _filled(self.declaration.name, self.item)

    @property
    def column(self) -> str:
        """The name of the column."""
        return self.measure_name + self.window.suffix


@dataclass(frozen=True)
class DerivedSpec:
    """One column of one derived feature, with the names of the columns it needs."""

    declaration: Derived
    needs: tuple[str, ...]
    """The columns that it is a function of, the spine's left out."""
    item: str = ""

    @property
    def column(self) -> str:
        """The name of the column."""
        return _filled(self.declaration.name, self.item)


AnySpec = Spec | DerivedSpec


@dataclass(frozen=True)
class Plan:
    """Everything to compute (``specs``, in order) and what of it is a feature (``features``)."""

    specs: tuple[AnySpec, ...]
    features: tuple[FeatureInfo, ...]

    def of_source(self, source: str) -> list[Spec]:
        """The measures of one source."""
        return [spec for spec in self.specs if isinstance(spec, Spec) and spec.declaration.source == source]

    @property
    def derived(self) -> list[DerivedSpec]:
        """The derived columns, each after those that it needs."""
        return [spec for spec in self.specs if isinstance(spec, DerivedSpec)]


def make_plan(
    registry: Registry, settings: FeatureSettings, sources: Collection[str], levels: Levels = NO_LEVELS
) -> Plan:
    """The plan for a company with these ``sources``; ``levels`` are the measures of its folded usage."""
    refuse_unknown_windows(registry, settings)
    lists = {
        "features": settings.features,
        "plan_features": tuple(sorted(settings.plan_features)),
        "levels": tuple(levels),
        "kinds": KINDS,
        "ranked": tuple(RANKED),
    }
    possible: dict[str, AnySpec] = {}
    for declaration in registry.declarations:
        if declaration.source in sources and (not declaration.asks or getattr(settings, declaration.asks)):
            items = lists[declaration.each] if declaration.each else ("",)
            possible |= {spec.column: spec for item in items for spec in _specs(declaration, item, possible)}
    published = [spec for spec in possible.values() if _is_published(spec, settings)]
    needed = _closure(published, possible)
    specs = tuple(spec for name, spec in possible.items() if name in needed)
    names = {spec.column for spec in published}
    infos = {name: _info(spec, names, levels) for name, spec in possible.items()}
    return Plan(specs, tuple(_like(infos[spec.column], spec, infos) for spec in published))


def refuse_unknown_windows(registry: Registry, settings: FeatureSettings) -> None:
    """Raise ConfigError where the settings ask for windows that no measure is declared for."""
    measures = [each for each in registry.declarations if isinstance(each, Measure)]
    known = sorted({*FeatureSettings().windows, *(weeks for measure in measures for weeks in measure.windows)})
    unknown = [weeks for weeks in settings.windows if weeks not in known]
    if unknown:
        raise ConfigError(
            f"features.windows: no measure looks back {', '.join(map(str, unknown))} weeks.",
            hint=f"Valid are {', '.join(map(str, known))}; a measure of your own may declare others.",
        )


def _specs(declaration: Measure | Derived, item: str, possible: Mapping[str, AnySpec]) -> Iterator[AnySpec]:
    if isinstance(declaration, Measure):
        yield from (Spec(declaration, Window(weeks), item) for weeks in declaration.windows or (0,))
        yield from (Spec(declaration, Window(weeks, lag=weeks), item) for weeks in declaration.before)
    else:
        needs = [_filled(need, item) for need in declaration.needs if not need.startswith(SPINE)]
        found = [fnmatch.filter(possible, need) for need in needs]
        if all(found):
            yield DerivedSpec(declaration, tuple(itertools.chain(*found)), item)


def _is_published(spec: AnySpec, settings: FeatureSettings) -> bool:
    declaration = spec.declaration
    weeks = spec.window.weeks if isinstance(spec, Spec) else 0
    names = (spec.column, declaration.name, _filled(declaration.name, spec.item))
    excluded = any(fnmatch.fnmatchcase(name, pattern) for name in names for pattern in settings.exclude)
    return not declaration.hidden and not excluded and (not weeks or weeks in settings.windows)


def _closure(wanted: Sequence[AnySpec], possible: Mapping[str, AnySpec]) -> set[str]:
    """The names of the wanted columns and of all that they need."""
    needed: set[str] = set()
    waiting = list(wanted)
    while waiting:
        spec = waiting.pop()
        if spec.column not in needed:
            needed.add(spec.column)
            waiting += [possible[need] for need in spec.needs] if isinstance(spec, DerivedSpec) else []
    return needed


def _info(spec: AnySpec, published: Collection[str], levels: Levels) -> FeatureInfo:
    """The catalog's entry for a column."""
    told = spec.declaration
    name = _filled(told.name, spec.item)
    lagged = isinstance(spec, Spec) and spec.window.lag > 0
    before = _before(spec)
    return FeatureInfo(
        name=spec.column,
        measure=name,
        dimension=told.dimension,
        source=told.source,
        weeks=(spec.window.weeks or None) if isinstance(spec, Spec) else spec.declaration.weeks,
        reason=None if lagged or told.reason is None else told.reason.replace("{item}", _words(spec.item)),
        unit=told.unit.replace("{item}", spec.item),
        doc=told.doc.replace("{item}", spec.item) + (" In the window before." if lagged else ""),
        direction=0 if lagged else _direction(spec, levels),
        before=before if before in published else None,
        group=_filled(told.group, spec.item) or name,
        age=_filled(told.age, spec.item),
    )


def _direction(spec: AnySpec, levels: Levels) -> int:
    """As declared; of folded usage only its source can say whether more of it is good news."""
    told = spec.declaration
    return levels[spec.item] if told.direction and told.each == "levels" else told.direction


def _words(item: str) -> str:
    return RANKED.get(item, item.replace("_", " "))


def _like(info: FeatureInfo, spec: AnySpec, infos: Mapping[str, FeatureInfo]) -> FeatureInfo:
    """A column that tells of another one belongs where that one does."""
    if not spec.declaration.of:
        return info
    other = infos[_filled(spec.declaration.of, spec.item)]
    good = spec.declaration.reason_good.replace("{item}", _words(spec.item)) if other.direction < 0 else ""
    reason = good or info.reason
    return replace(info, reason=reason, dimension=other.dimension, direction=other.direction, group=other.group)


def _before(spec: AnySpec) -> str | None:
    """The column that holds the same measure in the window before."""
    if isinstance(spec, DerivedSpec):
        return spec.declaration.before and _filled(spec.declaration.before, spec.item)
    if spec.window.lag or spec.window.weeks not in spec.declaration.before:
        return None
    return spec.measure_name + Window(spec.window.weeks, lag=spec.window.weeks).suffix


def _filled(name: str, item: str) -> str:
    return name.replace("{item}", slug(item))

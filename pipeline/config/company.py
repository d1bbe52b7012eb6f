"""The whole configuration of a company, and how its mistakes are told."""

from __future__ import annotations

import difflib
import json
import re
import typing
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, PrivateAttr, ValidationError

from pipeline.config.assumptions import PortfolioSettings
from pipeline.config.base import Section
from pipeline.config.deliveries import DeliverSettings
from pipeline.config.document import read_yaml
from pipeline.config.settings import (
    CalendarSettings,
    CurrencySettings,
    EngineSettings,
    FeatureSettings,
    LabelSettings,
    ListSettings,
    ModelSettings,
    MonitorSettings,
    PlaySettings,
    QuarantineSettings,
    ScaleSettings,
    SpineSettings,
    TrackingSettings,
)
from pipeline.config.sources import Sources
from pipeline.config.whole import contradictions, disagreements
from pipeline.errors import ConfigError

_CREDENTIALS = re.compile(r"//[^/\s\"']*@")
Also = Callable[[dict[str, Any]], Iterable[str]]
_PASSWORD = re.compile(r"(\w+://[^:/@\s\"]+):[^@\s\"]+@")


class Config(Section):
    """Everything in ``config.yaml``. ``data_root`` is relative to that file; nothing outside it is read."""

    name: str = "Company"
    data_root: Path = Path()
    calendar: CalendarSettings = CalendarSettings()
    currency: CurrencySettings = CurrencySettings()
    label: LabelSettings = LabelSettings()
    spine: SpineSettings = SpineSettings()
    sources: Sources
    features: FeatureSettings = FeatureSettings()
    model: ModelSettings = ModelSettings()
    tracking: TrackingSettings = TrackingSettings()
    monitor: MonitorSettings = MonitorSettings()
    scale: ScaleSettings = ScaleSettings()
    lists: ListSettings = ListSettings()
    plays: tuple[PlaySettings, ...] = ()
    deliver: DeliverSettings = DeliverSettings()
    portfolio: PortfolioSettings = PortfolioSettings()
    quarantine: QuarantineSettings = QuarantineSettings()
    engine: EngineSettings = EngineSettings()

    _folder: Path = PrivateAttr(default=Path())

    @property
    def folder(self) -> Path:
        """The folder of ``config.yaml``."""
        return self._folder

    @property
    def root(self) -> Path:
        """The folder that sources are read from, and nothing outside of it."""
        return (self._folder / self.data_root).resolve()

    def to_dict(self) -> dict[str, Any]:
        """The resolved settings as plain JSON values, for manifests and tracking; passwords in addresses are hidden.

        Who is sent what changes no output, and is nobody's business there: it is left out.
        """
        told: dict[str, Any] = json.loads(_PASSWORD.sub(r"\1:hidden@", self.model_dump_json(by_alias=True)))
        del told["deliver"]["send"]
        return told


def load_config(path: Path | str, also: Also | None = None) -> Config:
    """Read, check and complete ``config.yaml``.

    Raises ConfigError with all problems at once, each with its place and the closest valid word; StorageError where
    the file cannot be read.
    """
    file = Path(path)
    return parse_config(read_yaml(file), file, also)


def parse_config(document: dict[str, Any], file: Path, also: Also | None = None) -> Config:
    """``document`` as the configuration at ``file``, for settings that are made rather than written.

    ``also`` looks for further problems of a document that does not hold, so that all are told in one round.
    """
    try:
        config = Config.model_validate(document)
    except ValidationError as error:
        told = [_sentence(item, document) for item in error.errors()]
        problems = dict.fromkeys([*told, *contradictions(document), *(also(document) if also else ())])
        raise ConfigError(*problems, hint=f"in {file}") from None
    tables = {table for table, _, _ in config.sources.each()}
    if found := list(disagreements(config.label, config.spine, config.model, tables)):
        raise ConfigError(*found, hint=f"in {file}")
    config._folder = file.resolve().parent
    return config


def _sentence(item: Any, document: dict[str, Any]) -> str:
    location = tuple(part for part in item["loc"] if part not in _UNION_TAGS)
    place = ".".join(_written(location, document))
    if item["type"] == "extra_forbidden":
        return f"{place}: unknown key{_closest(str(location[-1]), _keys(location[:-1]))}"
    if item["type"] == "missing":
        return f"{place}: missing"
    told = item["msg"].removeprefix("Value error, ")
    shown = item.get("input")
    is_secret = place.endswith("_env")
    found = f", found {_hidden(shown)!r}" if isinstance(shown, str | int | float) and not is_secret else ""
    sentence = f"{told[0].lower() + told[1:]}{found}"
    return f"{place}: {sentence}" if place else sentence


def _written(location: tuple[Any, ...], document: Any) -> Iterator[str]:
    """The parts of a place as it stands in the document: one thing where several may stand has no number there."""
    at = document
    for part in location:
        if isinstance(part, int) and not isinstance(at, list):
            continue
        yield str(part)
        at = at[part] if isinstance(at, list) else at.get(part) if isinstance(at, dict) else None


def _hidden(shown: str | int | float) -> str | int | float:
    """What was found, without the name and password of an address."""
    return _CREDENTIALS.sub("//hidden@", shown) if isinstance(shown, str) else shown


_UNION_TAGS = {"Negation", "tuple[str, ...]", "function-before[_texts(), tuple[str, ...]]"}


def _closest(word: str, valid: list[str]) -> str:
    near = difflib.get_close_matches(word, valid, n=1, cutoff=0.5)
    meant = f"; did you mean {near[0]}?" if near else ""
    return f"{meant} (valid: {', '.join(valid)})" if valid else meant


def _keys(location: tuple[Any, ...]) -> list[str]:
    """The keys that are valid in the section at ``location``."""
    kind: Any = Config
    for part in location:
        kind = _inner(kind, part)
    models = _models(kind)
    return sorted({field.alias or name for model in models for name, field in model.model_fields.items()})


def _inner(kind: Any, part: Any) -> Any:
    for model in _models(kind):
        if part in model.model_fields:
            return model.model_fields[part].annotation
    arguments = typing.get_args(kind)
    return arguments[1] if len(arguments) == 2 and isinstance(part, str) else arguments[0] if arguments else None


def _models(kind: Any) -> list[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [kind]
    origin = typing.get_origin(kind)
    if origin is typing.Annotated or (origin is not None and origin not in (tuple, list, dict)):
        return [model for argument in typing.get_args(kind) for model in _models(argument)]
    return []

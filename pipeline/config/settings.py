"""Every section of the configuration but the sources."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, field_validator, model_validator

from pipeline.clock import WEEKDAYS, Calendar
from pipeline.config.base import Names, Section

LabelKind = Literal["cancellation", "non_renewal", "contraction", "going_quiet"]


def known_zone(name: str) -> str:
    """``name`` if it is a time zone of the IANA database."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"unknown time zone {name!r}: write an IANA name such as UTC or Europe/Berlin") from None
    return name


class CalendarSettings(Section):
    """The company's week and clock, the week to publish, and the cutoffs that models learn from."""

    as_of: Literal["today", "data"] | date = "today"
    time_zone: str = "UTC"
    week_start: str = "monday"
    every: Literal["week", "month"] = "month"
    cutoffs: tuple[date, ...] | None = None

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        return known_zone(value)

    @field_validator("week_start")
    @classmethod
    def _weekday(cls, value: str) -> str:
        if value.lower() not in WEEKDAYS:
            raise ValueError(f"unknown weekday {value!r}: one of {', '.join(WEEKDAYS)}")
        return value.lower()

    @property
    def calendar(self) -> Calendar:
        """The calendar that every stage shares."""
        return Calendar(self.time_zone, self.week_start)


class CurrencySettings(Section):
    """The company's currency; ``rates``: what one unit of another currency is worth in it."""

    code: str = "USD"
    rates: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    digits: int = Field(2, ge=0, le=4)


def _kinds(value: Any) -> Any:
    listed = value if isinstance(value, list) else [value]
    return [item.replace("-", "_") if isinstance(item, str) else item for item in listed]


class LabelSettings(Section):
    """What counts as leaving, how far ahead it is asked for, and from when on the label source saw it."""

    kinds: Annotated[tuple[LabelKind, ...], BeforeValidator(_kinds)] = ("cancellation",)
    horizon_days: int = Field(90, ge=1, le=730)
    grace_days: int = Field(0, ge=0, le=365)
    observed_from: date | None = None
    source: Literal["auto", "subscriptions", "accounts", "churns"] = "auto"
    quiet_days: int = Field(30, ge=1, le=365)
    contraction_pct: float = Field(10.0, gt=0, le=100)


class SpineSettings(Section):
    """Which table says who was a customer.

    ``auto``: ``usage`` where the label is going quiet, else the first there is of subscriptions, accounts and usage.
    """

    active: Literal["auto", "subscriptions", "accounts", "usage"] = "auto"


class FeatureSettings(Section):
    """What features look at.

    ``features`` are events counted one by one, ``plan_features`` what each plan offers, ``exclude`` names of
    features (or whole measures) that are left out.
    """

    windows: tuple[Annotated[int, Field(ge=1, le=104)], ...] = (1, 4, 13, 26)
    login_events: Names = ("login", "Signed In", "use")
    key_events: Names = ()
    features: Names = ()
    plan_features: dict[str, Names] = Field(default_factory=dict)
    milestones: Names = ()
    segment_by: str = "segment"
    exclude: Names = ()

    @field_validator("windows")
    @classmethod
    def _ordered(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(sorted(set(value)))


class ModelSettings(Section):
    """Candidates, folds in time and limits of training."""

    candidates: Names = ("logistic", "lightgbm")
    folds: int = Field(5, ge=2, le=50)
    window: Literal["expanding", "sliding"] = "expanding"
    min_churns: int = Field(30, ge=0)
    seed: int = Field(7, ge=0)
    max_rows: int = Field(500_000, ge=1000)
    threads: int = Field(2, ge=1, le=64)


class ScaleSettings(Section):
    """Upper edges of the bands: red below ``red``, amber below ``amber``, green from there."""

    red: float = Field(40.0, ge=0, le=100)
    amber: float = Field(55.0, ge=0, le=100)

    @model_validator(mode="after")
    def _in_order(self) -> ScaleSettings:
        if self.red >= self.amber:
            raise ValueError(f"red {self.red:g} is not below amber {self.amber:g}")
        return self


class ListSettings(Section):
    """The at-risk list: ``capacity`` rows for each manager; eligible from ``lift`` times the base rate."""

    capacity: int = Field(8, ge=1, le=10_000)
    lift: float = Field(2.0, ge=1)
    unassigned: str = "Unassigned"
    url: str | None = None


class PlaySettings(Section):
    """What to do about a reason or signal: ``when`` names dimensions, measures or signals that call for it."""

    name: str
    when: Names
    do: str
    days: int | None = Field(None, ge=0)


class QuarantineSettings(Section):
    """The share of a source's rows that may be quarantined before the source fails."""

    budget: float = Field(0.01, ge=0, le=1)


class EngineSettings(Section):
    """What computes the features, and its limits."""

    kind: Literal["duckdb", "spark"] = "duckdb"
    memory_limit: str = Field("2GB", pattern=r"^\d+(\.\d+)?\s*(MB|GB|MiB|GiB)$")
    threads: int = Field(2, ge=1, le=256)

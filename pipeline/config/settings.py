"""Every section of the configuration but the sources."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, field_validator, model_validator

from pipeline.clock import WEEKDAYS, Calendar
from pipeline.config.base import Day, Names, Section, as_day

LabelKind = Literal["cancellation", "non_renewal", "contraction", "going_quiet"]


def known_zone(name: str) -> str:
    """``name`` if it is a time zone of the IANA database."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"unknown time zone {name!r}: write an IANA name such as UTC or Europe/Berlin") from None
    return name


def _today_or_day(value: Any) -> Any:
    """The words ``today`` and ``data``, or a day."""
    if value in ("today", "data"):
        return value
    try:
        return as_day(value)
    except ValueError as error:
        raise ValueError(f"{error}, or one of the words today, data") from None


class CalendarSettings(Section):
    """The company's week and clock, the week to publish, and the cutoffs that models learn from."""

    as_of: Annotated[Literal["today", "data"] | date, BeforeValidator(_today_or_day)] = "today"
    time_zone: str = "UTC"
    week_start: str = "monday"
    every: Literal["week", "month"] = "month"
    cutoffs: tuple[Day, ...] | None = None

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
    """The company's currency; ``rates``: what one unit of another currency is worth in it.

    ``digits``: places of its minor unit; those of ISO 4217 where not given (2 for USD, 0 for JPY, 3 for KWD).
    """

    code: str = "USD"
    rates: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    digits: int = Field(2, ge=0, le=4)

    @model_validator(mode="before")
    @classmethod
    def _digits_of_the_code(cls, given: Any) -> Any:
        if not isinstance(given, dict) or "digits" in given or not isinstance(given.get("code"), str):
            return given
        from babel.numbers import get_currency_precision

        return {**given, "digits": get_currency_precision(given["code"])}


def _kinds(value: Any) -> Any:
    listed = value if isinstance(value, list) else [value]
    return [item.replace("-", "_") if isinstance(item, str) else item for item in listed]


class LabelSettings(Section):
    """What counts as leaving, how far ahead it is asked for, and from when on the label source saw it."""

    kinds: Annotated[tuple[LabelKind, ...], BeforeValidator(_kinds)] = ("cancellation",)
    horizon_days: int = Field(90, ge=1, le=730)
    grace_days: int = Field(0, ge=0, le=365)
    observed_from: Day | None = None
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


class TuningSettings(Section):
    """Search for parameters by Optuna: ``trials`` for each fit (0: choose from a short list), ``seconds`` for each."""

    trials: int = Field(0, ge=0, le=1000)
    seconds: float | None = Field(None, gt=0)


class ModelSettings(Section):
    """Candidates, folds in time and limits of training; when to train anew, and who lets a challenger score.

    ``recalibrate``: whether probabilities that did not come true are told of (``advise``), or the champion calibrated
    anew waits as a challenger (``challenger``).
    ``benchmarks``: well-known learners that a backtest measures beside the candidates; ``[]`` leaves them out.
    """

    candidates: Names = ("logistic", "lightgbm")
    benchmarks: Names = ("hist_gradient_boosting", "random_forest")
    folds: int = Field(5, ge=2, le=50)
    window: Literal["expanding", "sliding"] = "expanding"
    min_churns: int = Field(30, ge=0)
    seed: int = Field(7, ge=0)
    max_rows: int = Field(500_000, ge=1000)
    threads: int = Field(2, ge=1, le=64)
    retrain_weeks: int = Field(13, ge=1, le=520)
    promote: Literal["manual", "auto"] = "manual"
    recalibrate: Literal["advise", "challenger"] = "advise"
    tuning: TuningSettings = Field(default_factory=TuningSettings)


class TrackingSettings(Section):
    """Where trainings are recorded: the workspace, or the MLflow server at ``uri``.

    A server's credentials come from the environment (MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD,
    MLFLOW_TRACKING_TOKEN), never from here. ``experiment``: named after the company and the question if not given.
    """

    uri: str | None = None
    experiment: str | None = Field(None, min_length=1, max_length=200)

    @field_validator("uri")
    @classmethod
    def _server(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.username or parts.password or "@" in parts.netloc:
            raise ValueError("no credentials here: set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("not the address of a tracking server: write https://host or http://host:5000")
        return value.rstrip("/")


class MonitorSettings(Section):
    """What is done where a week looks unlike the weeks before it.

    ``drift``: whether inputs that have shifted far since training are told (``warn``) or hold the week (``hold``).
    ``band_change``: the share of accounts that may change band, in a week or by another model, before the week is held;
    1 never holds.
    """

    drift: Literal["warn", "hold"] = "warn"
    band_change: float = Field(0.3, gt=0, le=1)


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
    """The at-risk list: ``capacity`` rows for each manager; eligible from ``lift`` times the base rate.

    ``good_news``: rows of good news for each manager, which is as much as one thanks, asks or offers in a week.

    An account that was contacted after it was listed rests for ``cool_down_days``; a manager may snooze one for up to
    ``snooze_weeks``. ``tips``: what to say of a feature that an account does not use, by the feature's name.
    ``integrations``: features by which a customer's own tools use the product, which ties it.
    """

    capacity: int = Field(8, ge=1, le=10_000)
    good_news: int = Field(5, ge=1, le=10_000)
    lift: float = Field(2.0, ge=1)
    unassigned: str = "Unassigned"
    url: str | None = None
    cool_down_days: int = Field(14, ge=0, le=182)
    snooze_weeks: int = Field(13, ge=1, le=52)
    tips: dict[str, str] = Field(default_factory=dict)
    integrations: Names = ()


class PlaySettings(Section):
    """What to do about a reason or signal, who does it, and in how many days.

    ``when`` names dimensions, measures or signals, each of which calls for it.
    """

    name: str
    when: Names
    do: str
    role: str = "CSM"
    days: int | None = Field(None, ge=0)


class QuarantineSettings(Section):
    """The share of a source's rows, of those that ``where`` keeps, that may be quarantined before the source fails."""

    budget: float = Field(0.01, ge=0, le=1)


class EngineSettings(Section):
    """What computes the features, and its limits."""

    kind: Literal["duckdb", "spark"] = "duckdb"
    memory_limit: str = Field("2GB", pattern=r"^\d+(\.\d+)?\s*(MB|GB|MiB|GiB)$")
    threads: int = Field(2, ge=1, le=256)

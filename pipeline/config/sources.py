"""Where each kind of record comes from and how its columns map to a contract."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from pipeline.config.base import Day, Names, Section, Span, Texts, as_list
from pipeline.config.columns import Attribute, ColumnOrName, Columns, History, Scale
from pipeline.config.columns import _words as words

Format = Literal["csv", "csv.gz", "jsonl", "jsonl.gz", "parquet", "xlsx"]
TABLES = ("accounts", "subscriptions", "usage", "levels", "tickets", "surveys", "invoices", "touches", "churns")
_ITSELF = {"account_id", "subscription_id", "occurred_at", "known_at", "started_at", "ended_at", "valid_to"}
_READING = {"currency", "rate"}
_NO_STATE = _ITSELF | _READING
"""What a row is and how its amounts are read; only its figures can be of another day."""
_OF_TODAY = {"segment"}
"""What an account's row says of it as of the export, unless the mapping says that it never changes."""
_DAYS = re.compile(r"([1-9]\d*) days?")


def _or_missing(value: Any) -> Any:
    """A bare null among the values of a column is the word for missing."""
    return [None] if value is None else value


class Negation(Section):
    """Everything but these values."""

    not_: Annotated[Texts, BeforeValidator(_or_missing)] = Field(alias="not")


def _choice(value: Any) -> Any:
    return value if isinstance(value, dict) else as_list(_or_missing(value))


Choice = Annotated[Negation | Texts, BeforeValidator(_choice)]
"""Values of a column to keep: one, a list, or ``{not: ...}``; the word null stands for missing."""


class Place(Section):
    """Files (or a database table) and how to read them as rows of named columns."""

    files: Names = ()
    database: str | None = None
    table: str | None = None
    format: Format | None = None
    delimiter: str = Field(",", min_length=1, max_length=1)
    quote: str = Field('"', min_length=1, max_length=1)
    encoding: str = "utf-8"
    header_rows: int = Field(1, ge=1, le=10)
    sheet: str | None = None
    nulls: Texts = ("",)
    where: Annotated[dict[str, Choice], Field()] = Field(default_factory=dict)
    via: Annotated[tuple[Via, ...], BeforeValidator(as_list)] = ()

    @model_validator(mode="after")
    def _one_place(self) -> Place:
        if bool(self.files) == (self.database is not None):
            raise ValueError("give either files or database (with table)")
        if (self.database is None) != (self.table is None):
            raise ValueError("database and table belong together")
        return self


class Via(Place):
    """Another table that is joined to reach the account or other columns.

    ``on`` is the key there, ``key`` the column here (the same name where not given). ``take`` names the columns
    gained: ours -> theirs. ``on`` must be unique there, unless every taken column is folded.
    """

    on: str
    key: str | None = None
    take: Columns


class Period(Section):
    """The span that a row of folded usage covers: a column that holds a day in it, and the span's length.

    The column's ``format`` may stand beside it: ``{column: month, format: "%m/%Y"}``. ``starts``: the first day of any
    one of them, where weeks or spans of days do not begin with the calendar's.
    """

    column: ColumnOrName
    length: str = "month"
    starts: Day | None = None

    @model_validator(mode="before")
    @classmethod
    def _format_of_its_column(cls, value: Any) -> Any:
        if not isinstance(value, dict) or "format" not in value or not isinstance(value.get("column"), str | dict):
            return value
        told = {key: given for key, given in value.items() if key != "format"}
        column = {"column": told["column"]} if isinstance(told["column"], str) else told["column"]
        if "format" in column:
            raise ValueError("format is told twice: under period and under its column")
        return told | {"column": column | {"format": value["format"]}}

    @field_validator("length")
    @classmethod
    def _known_length(cls, value: str) -> str:
        if value not in ("day", "week", "month") and not _DAYS.fullmatch(value):
            raise ValueError("length is day, week, month or a number of days such as '28 days'")
        return value

    @model_validator(mode="after")
    def _starts_where_it_can(self) -> Period:
        if self.starts is not None and self.length == "month":
            raise ValueError("starts is for weeks and spans of days; a month starts on its first day")
        return self

    @property
    def days(self) -> int | None:
        """Fixed length in days, where it is given as a number of days."""
        found = _DAYS.fullmatch(self.length)
        return int(found[1]) if found else None


class PeriodMeasure(Section):
    """One number of a period row, and how several rows of the same account and period become one.

    ``where``: only the rows with these values count, for exports with a row for each feature.
    ``higher_is``: whether more of it is good news (sign-ins), bad news (errors) or neither (storage, which only grows).
    Only what is better when higher stands for use.
    """

    column: str
    fold: Literal["sum", "last", "max", "mean"] = "sum"
    nulls: Texts | None = None
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    cast: Literal["text"] | None = None
    higher_is: Literal["better", "worse", "neither"] = "better"
    where: Annotated[dict[str, Choice], Field()] = Field(default_factory=dict)

    @property
    def direction(self) -> int:
        """As the catalog tells it: -1 higher is better, +1 higher is worse, 0 neither."""
        return {"better": -1, "worse": 1, "neither": 0}[self.higher_is]


class SourceConfig(Place):
    """One source of one canonical table.

    - ``columns``: canonical column -> source column. Beside the contract's columns, tables with money know
      ``currency`` (the row's code) and ``rate`` (one unit of it in the company's currency).
    - ``delay``: how long after ``occurred_at`` a row is known, where ``known_at`` is not mapped; and how long after it
      happened anything is known that is filled in later (a solution, an answer, a payment, a notice, an end).
    - ``time_zone``: of times without offset; the company's (``calendar.time_zone``) where not given, and UTC, which the
      report then calls assumed, where that is not given either.
    - ``history``: ``snapshot`` means as of the export; ``versioned`` closes a version where the next begins.
    - ``complete`` (accounts): every customer is in it, so rows of others are quarantined.
    - ``unknown_accounts``, ``before_account``: what to do with rows of accounts not in ``accounts``, and with rows
      from before the account started.
    - ``repeated``: what to do with rows of one key that contradict each other: ``refuse`` them, or let the ``latest``
      count, which is the one known last where ``known_at`` is mapped, and else the one of the last file by name.
    - ``budget``: share of the rows not filtered out that may be quarantined, instead of ``quarantine.budget``.
    - ``period`` and ``measures`` (usage): folded periods, which become the table ``levels``.
    - ``scales`` (surveys): csat and ces need their scale declared.
    """

    name: str | None = None
    columns: Columns = Field(default_factory=dict)
    time_zone: str | None = None
    delay: Span | None = None
    history: History = "event"
    attributes: dict[str, Attribute] = Field(default_factory=dict)
    period: Period | None = None
    measures: dict[str, PeriodMeasure] = Field(default_factory=dict)
    scales: dict[Literal["nps", "csat", "ces"], Scale] = Field(default_factory=dict)
    complete: bool = True
    unknown_accounts: Literal["quarantine", "accept"] = "quarantine"
    before_account: Literal["quarantine", "accept"] = "accept"
    repeated: Literal["refuse", "latest"] = "refuse"
    budget: float | None = Field(None, ge=0, le=1)

    @model_validator(mode="after")
    def _whole_period(self) -> SourceConfig:
        if (self.period is None) != (not self.measures):
            raise ValueError("period and measures belong together")
        return self

    @property
    def snapshot_columns(self) -> tuple[str, ...]:
        """Canonical columns that are as of the export: shown, not to be learned from."""
        return tuple(name for name in self.columns if self._history_of(name) == "snapshot" and name not in _NO_STATE)

    def is_static(self, name: str) -> bool:
        """Whether an accounts column is declared to be the same at every time."""
        return name in self.columns and self._history_of(name) == "static"

    def _history_of(self, name: str) -> History:
        usual: History = "snapshot" if name in _OF_TODAY and self.history == "event" else self.history
        return self.columns[name].history or usual


Several = Annotated[tuple[SourceConfig, ...], BeforeValidator(as_list)]


class Sources(Section):
    """Every canonical table's sources; a table may have several."""

    accounts: Several = ()
    subscriptions: Several = ()
    usage: Several = ()
    levels: Several = ()
    tickets: Several = ()
    surveys: Several = ()
    invoices: Several = ()
    touches: Several = ()
    churns: Several = ()

    def each(self) -> Iterator[tuple[str, str, SourceConfig]]:
        """(canonical table, the source's name, the source), in the order of the tables."""
        for table in TABLES:
            several: tuple[SourceConfig, ...] = getattr(self, table)
            for number, source in enumerate(several, start=1):
                name = source.name or (table if len(several) == 1 else f"{table}_{number}")
                yield "levels" if source.period else table, name, source


__all__ = ["TABLES", "Negation", "Period", "Place", "SourceConfig", "Sources", "Via", "words"]
Place.model_rebuild()

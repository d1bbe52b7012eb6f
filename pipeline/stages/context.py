"""What every stage is given: the configuration, the workspace, the week, and somebody to tell how it goes."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Protocol

import ibis.expr.types as ir

from pipeline.clock import Calendar
from pipeline.config import Config
from pipeline.contracts import CONTRACTS
from pipeline.engine import Engine, open_engine
from pipeline.errors import ConfigError, ContractError, GateError
from pipeline.figures import written_for
from pipeline.stages.attempts import attempt, enter
from pipeline.stages.freshness import span_of, stale_after
from pipeline.stages.stage import Stage
from pipeline.texts import spoken
from pipeline.warehouse import Workspace

# behaviour decides from when on there is something to see; without any, coverage does
_BEHAVIOUR = ("usage", "levels", "tickets", "surveys")
_WARM_UP = timedelta(weeks=13)


class Reporter(Protocol):
    """Somebody to tell how it goes."""

    def doing(self, text: str) -> None:
        """What is being done now."""
        ...

    def done(self, text: str) -> None:
        """What was done."""
        ...

    def warn(self, text: str) -> None:
        """What a user should know."""
        ...


@dataclass(frozen=True)
class Run:
    """One command on one workspace. ``as_of`` is the day asked for on the command line, if any."""

    config: Config
    workspace: Workspace
    reporter: Reporter
    as_of: date | None = None
    stages: list[Stage] = field(default_factory=list)
    """What has run so far."""

    @property
    def calendar(self) -> Calendar:
        """The company's weeks."""
        return self.config.calendar.calendar

    def working(self, command: str) -> AbstractContextManager[None]:
        """Hold the workspace for a command; ``holdfast status`` tells of one that does not end well."""
        return attempt(self.workspace, command, self.as_of)

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[Stage]:
        """Say that a stage runs; and when it has, what it read and wrote and how long it took."""
        self.reporter.doing(name)
        enter(self.workspace, name)
        start, stage = time.perf_counter(), Stage(name)
        deliver = self.config.deliver
        with written_for(deliver.locale, self.config.currency.digits), spoken(deliver.spoken):
            yield stage
        stage.seconds = time.perf_counter() - start
        self.stages.append(stage)
        self.reporter.done(stage.line())

    def within(self, path: Path) -> str:
        """A path as it is told: from the workspace on, where it lies in it."""
        return str(path.relative_to(self.workspace.root)) if path.is_relative_to(self.workspace.root) else str(path)

    def engine(self) -> AbstractContextManager[Engine]:
        """The configured engine, closed at the end."""
        settings = self.config.engine
        return open_engine(settings.kind, self.workspace.scratch, settings.memory_limit, settings.threads)

    def table_paths(self) -> dict[str, Path]:
        """The canonical tables that were ingested, by name."""
        paths = {name: self.workspace.warehouse / f"{name}.parquet" for name in CONTRACTS}
        return {name: path for name, path in paths.items() if path.exists()}

    def tables(self, engine: Engine) -> dict[str, ir.Table]:
        """The canonical tables on an engine."""
        return {name: engine.read(path) for name, path in self.table_paths().items()}

    @property
    def follows_data(self) -> bool:
        """Whether the week asked for is the last one that the data cover, whatever day it is."""
        return self.as_of is None and self.config.calendar.as_of == "data"

    def cutoff(self) -> date:
        """The week asked for: the last cutoff on or before ``--as-of``, or as the configuration says."""
        asked = self.as_of or self.config.calendar.as_of
        first, last = self.data_span()
        if self.follows_data:
            return self.calendar.last_cutoff(min(last + timedelta(days=1), self.calendar.today()))
        day = self.calendar.today() if asked == "today" else asked
        assert isinstance(day, date)
        return self._covered(self.calendar.last_cutoff(day), first, last)

    def _covered(self, cutoff: date, first: date, last: date) -> date:
        """``cutoff`` if the data reach it: else everybody would look silent, and nobody would be."""
        if cutoff <= first:
            raise ConfigError(f"{cutoff} comes before the data, which begin on {first}.")
        if cutoff > self.calendar.today():
            raise ConfigError(
                f"{cutoff} has not come yet; the latest week is {self.calendar.last_cutoff(self.calendar.today())}."
            )
        stale = stale_after(self.table_paths())
        if stale is not None and cutoff - last > stale:
            raise GateError(
                f"The data end on {last}, and the week asked for is {cutoff}: a list would call everybody silent.",
                hint="Deliver newer exports; for data of the past, 'calendar: {as_of: data}' takes their last week.",
            )
        return cutoff

    def data_span(self) -> tuple[date, date]:
        """The first and last day of what customers do most (use, else support, ...).

        A source that speaks rarely, or a single row of another age, must not say how far the data reach.
        """
        paths = self.table_paths()
        names = [name for name in _BEHAVIOUR if name in paths] or [name for name in paths if name != "accounts"]
        spans = [span for span in (span_of(paths[name]) for name in names or paths) if span is not None]
        if not spans:
            raise ContractError(
                "No row was ingested, so there is no week to publish.",
                hint="Run 'holdfast check' to see what each source holds.",
            )
        return spans[0]

    def grid(self, until: date) -> list[date]:
        """The cutoffs that models learn from, none after ``until``."""
        settings = self.config.calendar
        first = self.config.label.observed_from or self.data_span()[0] + _WARM_UP
        if settings.cutoffs is not None:
            return [cutoff for cutoff in self.calendar.at(settings.cutoffs) if first <= cutoff <= until]
        each = self.calendar.weekly if settings.every == "week" else self.calendar.monthly
        return list(each(first, until))

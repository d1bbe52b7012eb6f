"""The check stage: the steps of a run on tables that are thrown away, up to the week and the label."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from pipeline.check import CheckReport, check
from pipeline.clock import midnight
from pipeline.errors import HoldfastError
from pipeline.features.base import REGISTRY
from pipeline.features.plan import refuse_unknown_windows
from pipeline.labels import churn_events
from pipeline.spine import coverage_rows
from pipeline.stages.context import Run
from pipeline.stages.doubts import doubts
from pipeline.stages.freshness import fallen_silent
from pipeline.stages.label import covered_by, label_source, source_among
from pipeline.stages.tabulate import active_source, catalog_of, refuse_unknown_plays
from pipeline.texts import catalogue, problems, spoken
from pipeline.warehouse import Workspace


def examine(run: Run) -> CheckReport:
    """What the sources hold, whether the week asked for can be published, and who left according to the label."""
    with run.stage("check") as stage, tempfile.TemporaryDirectory(prefix="holdfast-check-") as folder:
        trial = replace(run, workspace=Workspace(Path(folder)))
        trial.workspace.warehouse.mkdir(parents=True)
        source = _planned_source(run)
        report = check(run.config, source, trial.workspace.warehouse, run.reporter.doing)
        report.findings += misfits(run.config.deliver.spoken)
        report.findings += [told] if (told := run.config.deliver.untranslated) else []
        if not any(found.problems for found in report.sources):
            _week(trial, report)
        records = sum(found.report.total("records") for found in report.sources if found.report)
        stage.read = f"{records:,} records of {len(report.sources)} sources"
    return report


def misfits(language: str) -> Iterator[str]:
    """What a translation says in vain: it does not fit the English text, or no feature has the name."""
    yield from (f"texts/{language}.yaml: {told}" for told in problems(language))
    with spoken(language):
        own = catalogue()["reasons"]["of_features"]
    known = [rf"{re.escape(each.name)}(_\d+w)?".replace(r"\{item\}", ".+") for each in REGISTRY.declarations]
    for name in own:
        if not any(re.fullmatch(pattern, name) for pattern in known):
            yield f"texts/{language}.yaml: reasons.of_features.{name}: no feature is called so"


def _planned_source(run: Run) -> str:
    """The table that will say who left."""
    return source_among(run, {table for table, _, _ in run.config.sources.each()})


def _week(trial: Run, report: CheckReport) -> None:
    """Whether a run would publish the week, and how many churns its label sees."""
    try:
        refuse_unknown_windows(REGISTRY, trial.config.features)
        with trial.engine() as engine:
            refuse_unknown_plays(trial, catalog_of(trial, trial.tables(engine)))
        cutoff = trial.cutoff()
        report.label, number = _label(trial, cutoff)
    except HoldfastError as error:
        report.stops += [*error.problems, *([error.hint] if error.hint else [])]
        report.stop_code = error.exit_code
        return
    report.findings += doubts(trial.table_paths(), active_source(trial))
    report.findings += [told for _, told in fallen_silent(trial.table_paths(), cutoff)]
    least = trial.config.model.min_churns
    if number == 0:
        report.findings.append(
            "the label never occurs, so no model can be learned: look at label.kinds and label.source"
        )
    elif number < least:
        report.findings.append(f"{number} churns are below model.min_churns: {least}, so the scorecard is used")


def _label(trial: Run, cutoff: date) -> tuple[str, int]:
    settings, source = trial.config.label, label_source(trial)
    moment = midnight(cutoff)
    with trial.engine() as engine:
        tables = trial.tables(engine)
        rows = coverage_rows(tables, covered_by(trial), settings.quiet_days)
        events = churn_events(tables, rows, settings, source, moment)
        if settings.observed_from is not None:
            first = settings.observed_from
            events = events.filter(events.churned_at >= midnight(first))
        days = events.select("account_id", "churned_at").distinct().churned_at
        found = days.as_table().aggregate(n=days.count(), first=days.min(), last=days.max()).to_pandas().iloc[0]
    number = int(found["n"])
    span = f", {str(found['first'])[:10]} to {str(found['last'])[:10]}" if number else ""
    return f"label: {number:,} churns from {source}{span}", number

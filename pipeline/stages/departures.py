"""Who of the customers of earlier weeks has left, as labels count it and as far as it is known at a cutoff."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pandas as pd

from pipeline.clock import midnight
from pipeline.engine import Engine
from pipeline.labels import churn_events, known_by
from pipeline.loop.became import LOOKS_BACK, Fate
from pipeline.spine import Tables, build_spine, coverage_rows, cutoff_table
from pipeline.stages.context import Run
from pipeline.stages.label import covered_by, label_source, label_wait, labels_of
from pipeline.stages.tabulate import active_source


def looked_back_on(run: Run, cutoff: date, published: Sequence[date]) -> list[date]:
    """The earlier weeks of ``published`` that a week looks at again, newest first.

    None under a contraction label: those accounts stay.
    """
    label = run.config.label
    over = [day for day in published if day + time_to_tell(run) <= cutoff]
    asked = {cutoff - timedelta(weeks=weeks) for weeks in LOOKS_BACK} & set(published) | set(sorted(over)[-1:])
    return [] if "contraction" in label.kinds else sorted(asked, reverse=True)


def time_to_tell(run: Run) -> timedelta:
    """How long after a week all that its label asks about is known."""
    return timedelta(days=run.config.label.horizon_days + label_wait(run))


def fates(run: Run, weeks: Sequence[date], as_of: date) -> dict[date, Fate]:
    """Who were customers in each week, and who of them left within the horizon, as it is known at ``as_of``."""
    if not weeks:
        return {}
    with run.engine() as engine:
        tables = run.tables(engine)
        labels, ended = _labels(run, engine, tables, weeks, as_of), _ended(run, engine, tables, as_of)
    gap = time_to_tell(run)
    of_week = {week: labels[labels["cutoff"] == pd.Timestamp(week)] for week in weeks}
    return {week: _fate(run, rows, ended, week + gap <= as_of) for week, rows in of_week.items()}


def _fate(run: Run, labels: pd.DataFrame, ended: pd.Series, finished: bool) -> Fate:
    """``labels`` are those of one week; ``ended``: the ends of coverage that may be none, by account."""
    left = labels.dropna(subset="churned_at").set_index("account_id")["churned_at"]
    customers = frozenset(labels["account_id"])
    horizon = labels["cutoff"].max() + pd.Timedelta(days=run.config.label.horizon_days)
    pending = ended[ended.index.isin(list(customers - set(left.index))) & (ended < horizon)]
    return Fate(finished, customers, left.to_dict(), pending.to_dict())


def _labels(run: Run, engine: Engine, tables: Tables, weeks: Sequence[date], as_of: date) -> pd.DataFrame:
    """One row for each customer of each week; ``churned_at`` where a churn within the horizon is known."""
    config = run.config
    customers = engine.settle(coverage_rows(tables, active_source(run), config.label.quiet_days))
    cutoffs = engine.frame(cutoff_table(run.calendar, list(weeks)))
    spine = build_spine(tables, customers, cutoffs, config.features.segment_by)
    labels = labels_of(run, tables, spine, midnight(as_of))
    frame: pd.DataFrame = labels.select("account_id", "cutoff", "churned_at").to_pandas()
    frame["cutoff"] = pd.to_datetime(frame["cutoff"])
    return frame.sort_values(["cutoff", "account_id"], ignore_index=True)


def _ended(run: Run, engine: Engine, tables: Tables, as_of: date) -> pd.Series:
    """The latest end of coverage of each account that is covered no more and whose grace is not over."""
    label, moment = run.config.label, midnight(as_of)
    rows = coverage_rows(tables, covered_by(run), label.quiet_days)
    ends = churn_events(tables, rows, label.model_copy(update={"grace_days": 0}), label_source(run), moment)
    known = known_by(rows, moment)
    recent = ends.filter(ends.churned_at > moment - timedelta(days=label.grace_days))
    recent = recent.anti_join(known.filter(known.ends_at.isnull()), "account_id")
    frame: pd.DataFrame = recent.group_by("account_id").aggregate(churned_at=recent.churned_at.max()).to_pandas()
    return frame.set_index("account_id")["churned_at"].sort_index()

"""The lists that would have been published in the past, and what they would have been worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from models.backtest import Backtest
from models.errors import HistoryError
from models.evaluate import Evaluation
from models.listing import compare_lists, lead_time, stability
from models.panel import BoolArray, FloatArray, Panel
from models.scale import Scale
from models.settings import TrainSettings
from models.split import time_folds
from pipeline.health import scorecard
from pipeline.lists.policy import PastList, PastScores, past_lists
from pipeline.stages.champion import frozen_scale
from pipeline.stages.context import Run
from pipeline.stages.judge import account_columns
from pipeline.stages.tabulate import FeatureSet

_SHOWN = ("owner", "arr", "renewal_date", "notice_days")


def tested_weeks(run: Run, as_of: date, settings: TrainSettings) -> list[date]:
    """Every week from the first cutoff of the last fold to the latest whose outcome was known at ``as_of``.

    Nobody who is trained on monthly cutoffs is listed by the month, so the last fold is asked about week by week.
    """
    known = as_of - timedelta(days=settings.gap_days)
    days = [day for day in run.grid(as_of) if day <= known]
    try:
        folds = time_folds(days, settings.horizon_days, settings.grace_days, settings.folds, settings.window)
    except HistoryError:
        return []
    return list(run.calendar.weekly(folds[-1].validation[0], known))


@dataclass(frozen=True)
class Book:
    """Who the accounts of a panel's rows were, row by row: owner, yearly revenue, plan, segment, monthly revenue."""

    rows: pd.DataFrame

    @classmethod
    def of(cls, run: Run, panel: Panel, found: FeatureSet) -> Book:
        """Read from the spine as of each cutoff; owners are those of today, which is all that is known of them."""
        spine = found.spine_at(panel.cutoffs, np.unique(panel.account_id.astype(str)).tolist())
        keys = pd.DataFrame({"account_id": panel.account_id, "cutoff": pd.to_datetime(panel.cutoff)})
        keys, spine = (frame.astype({"account_id": "string"}) for frame in (keys, spine))
        joined = keys.merge(spine, on=["account_id", "cutoff"], how="left", validate="one_to_one")
        shown = account_columns(run, joined.set_index("account_id"))
        known = pd.DataFrame({name: shown[name].to_numpy() for name in _SHOWN})
        return cls(pd.concat([joined[["account_id", "cutoff", "mrr", "plan", "segment"]], known], axis=1))

    @property
    def revenue(self) -> FloatArray:
        """Yearly revenue of each row, NaN where it is not known."""
        return self.rows["arr"].to_numpy(dtype=np.float64, na_value=np.nan)


@dataclass(frozen=True)
class _Asked:
    """Rows to make lists of: how likely to leave (log-odds, or the scorecard turned round), and who they were."""

    panel: Panel
    z: FloatArray
    book: Book


def policy(run: Run, tested: Backtest, found: FeatureSet, book: Book, weekly: Panel | None) -> dict[str, Any]:
    """The lists at every validated cutoff and in every week of the last fold, measured beside a plain ranking."""
    every = _every_cutoff(tested, found, book)
    last = _last_fold(run, tested, found, weekly)
    each_cutoff, each_week = (_Told.of(run, tested, found, asked) for asked in (every, last))
    return {
        "simulated": _simulated(run, last.panel, every.panel),
        "eligible": each_week.eligible,
        "resting": each_week.resting,
        "test": each_week.compared(tested, each_week.listed),
        "followed": each_week.compared(tested, each_week.followed),
        "validated": each_cutoff.compared(tested, each_cutoff.listed),
        "lead_time": lead_time(every.panel, each_cutoff.followed),
        "stability": stability(last.panel, each_week.followed),
    }


def _every_cutoff(tested: Backtest, found: FeatureSet, book: Book) -> _Asked:
    """Every validated cutoff, scored by the model of its fold."""
    rows = tested.panel.rows_at(tested.walk.validated)
    asked = tested.panel.take(rows)
    z = _unhealthy(asked, found) if tested.by_rules else tested.predictions[tested.chosen].z[rows]
    return _Asked(asked, z, Book(book.rows.loc[rows].reset_index(drop=True)))


def _last_fold(run: Run, tested: Backtest, found: FeatureSet, weekly: Panel | None) -> _Asked:
    """Every week of the last fold, scored by the model as it stood for it; its cutoffs where no weeks are given."""
    fold = tested.walk.folds[-1]
    asked = tested.panel.at(fold.validation)
    if weekly is not None and weekly.cutoffs[-1] >= fold.validation[0]:
        asked = weekly.at(day for day in weekly.cutoffs if day >= fold.validation[0])
    z = _unhealthy(asked, found) if tested.by_rules else tested.asked_after_last_fold(asked)
    return _Asked(asked, z, Book.of(run, asked, found))


def _unhealthy(panel: Panel, found: FeatureSet) -> FloatArray:
    """The scorecard's score turned round: peers are those of the same cutoff."""
    made = np.empty(len(panel))
    for day in panel.cutoffs:
        rows = panel.rows_at([day])
        made[rows] = -scorecard.score(panel.X.loc[rows], found.catalog)["score"]
    return made


@dataclass(frozen=True)
class _Told:
    """Who of the rows would have stood on the list of their cutoff.

    ``followed``: or rested after a call, which interrupts a list and not what is done about the account. ``eligible``,
    ``resting``: how many could have stood on a list and how many of them rested, on average.
    """

    asked: _Asked
    listed: BoolArray
    followed: BoolArray
    eligible: float
    resting: float

    @classmethod
    def of(cls, run: Run, tested: Backtest, found: FeatureSet, asked: _Asked) -> _Told:
        """The lists at every cutoff of the rows, under the rules of today."""
        lists = past_lists(_past_scores(run, tested, found, asked), run.config.lists, run.config.scale)
        listed, rested = (_named(asked.panel, lists, of) for of in ("accounts", "resting"))
        eligible = float(np.mean([each.eligible for each in lists.values()]))
        resting = float(np.mean([len(each.resting) for each in lists.values()]))
        return cls(asked, listed, listed | rested, eligible, resting)

    def compared(self, tested: Backtest, chosen: BoolArray) -> dict[str, Any]:
        """Those ``chosen``, the listed or the followed, beside the plain ranking of the same length."""
        settings = tested.walk.settings
        evaluation = Evaluation(self.asked.panel, settings.resamples, settings.seed, settings.gap_days)
        return compare_lists(evaluation, chosen.astype(np.float64), self.asked.z, self.asked.book.revenue)


def _named(panel: Panel, lists: Mapping[date, PastList], of: str) -> BoolArray:
    """Which rows stand among the ``accounts`` of the list of their cutoff, or among those ``resting``."""
    names = zip(panel.account_id, panel.cutoff, strict=True)
    return np.array([account in getattr(lists[day.item()], of) for account, day in names])


def _simulated(run: Run, last: Panel, every: Panel) -> str:
    lists = run.config.lists
    return (
        f"{len(last.cutoffs)} lists on the last fold, {_apart(last)}, and {len(every.cutoffs)} over all tested "
        f"cutoffs, {_apart(every)}, with the rules of today: {lists.capacity} rows for each manager, "
        f"{lists.lift:g} times the base rate, owners as they are now. An account must be better on two lists in a row "
        "to leave, or green. It is assumed that whoever was listed was called that day, and then rested for "
        f"{lists.cool_down_days} days unless clearly worse or about to decide; nobody counts as saved by it."
    )


def _apart(panel: Panel) -> str:
    days = panel.cutoffs
    return f"{(days[-1] - days[0]).days / (len(days) - 1):.0f} days apart" if len(days) > 1 else "one alone"


def _past_scores(run: Run, tested: Backtest, found: FeatureSet, asked: _Asked) -> Iterator[PastScores]:
    """Every cutoff with the scores that the model of its time would have given."""
    scale = _scale(run, tested)
    for day in asked.panel.cutoffs:
        rows = asked.panel.rows_at([day])
        made = _by_rules(run, asked.panel, rows, found) if tested.by_rules else _by_model(scale, asked.z[rows])
        known = asked.book.rows.loc[rows].assign(**_terms(asked.panel, rows)).reset_index(drop=True)
        scored = pd.concat([known, made.reset_index(drop=True)], axis=1)
        yield PastScores(day, scored, None if tested.by_rules else tested.walk.base_rate(day))


def _terms(panel: Panel, rows: BoolArray) -> dict[str, Any]:
    """The months of each account's term, where they are known."""
    return {"term_months": panel.X.loc[rows, "term_months"].to_numpy()} if "term_months" in panel.X else {}


def _scale(run: Run, tested: Backtest) -> Scale:
    """The frozen scale; before there is one, that which the first list would have frozen."""
    frozen, bands = frozen_scale(run), run.config.scale
    first = tested.panel.rows_at(tested.walk.validated[:1])
    z = tested.predictions[tested.chosen].z[first]
    return frozen or Scale.freeze(z, red=bands.red, amber=bands.amber)


def _by_model(scale: Scale, z: FloatArray) -> pd.DataFrame:
    score = scale.score(z)
    probability = 1 / (1 + np.exp(-z))
    return pd.DataFrame({"health": scale.health(score), "band": scale.band(score), "churn_probability": probability})


def _by_rules(run: Run, panel: Panel, rows: BoolArray, found: FeatureSet) -> pd.DataFrame:
    bands = run.config.scale
    made = scorecard.score(panel.X.loc[rows], found.catalog, red=bands.red, amber=bands.amber)
    return made[["health", "band", "churn_probability"]]

"""What a backtest says beyond its figures: the lists it would have led to, segments, memory, minimums, suspects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from models.backtest import Backtest
from models.baselines import PREVALENCE, SCORECARD
from models.disjoint import account_disjoint
from models.evaluate import Evaluation
from models.learning_curve import learning_curve
from models.listing import compare_lists, lead_time, stability
from models.minimums import churns_per_week, minimums
from models.panel import BoolArray, FloatArray, Panel
from models.scale import Scale
from models.segments import Groups, by_segment, segment_warnings
from models.settings import TrainSettings
from models.train import Trained
from pipeline import scorecard
from pipeline.policy import PastScores, past_lists
from pipeline.stages.champion import frozen_scale
from pipeline.stages.context import Run
from pipeline.stages.guard import suspected
from pipeline.stages.judge import account_columns
from pipeline.stages.tabulate import FeatureSet

_ATTRIBUTE = "attr_"
_SUSPECTS_TOLD = 5
_SEGMENTS_TOLD = 3
_TENURE = ((182, "under half a year"), (365, "half a year to a year"), (730, "one to two years"))
_LONGEST = "over two years"
_SIZES = ("small", "medium", "large")


def data_sections(panel: Panel, settings: TrainSettings, trained: Trained) -> dict[str, Any]:
    """What is needed and what there is, also where nothing could be tested."""
    tested = trained.backtest.test["churns"] if trained.backtest else 0
    needed = [each.to_dict() for each in minimums(panel, settings, tested)]
    return {"minimums": needed, "churns_per_week": round(churns_per_week(panel, settings), 3)}


def with_evidence(run: Run, trained: Trained, found: FeatureSet, curve: bool) -> Trained:
    """The training with everything that is told about its chosen model beside its figures. ``curve``: learning too."""
    tested = trained.backtest
    if tested is None:
        return trained
    sections = dict(tested.sections)
    run.reporter.doing("measuring the lists that would have been published")
    book = _Book.of(run, tested.panel, found)
    sections["policy"] = _policy(run, tested, found, book)
    sections["segments"] = _segments(tested, book)
    run.reporter.doing("asking about accounts that were not learned from")
    sections["account_disjoint"] = account_disjoint(tested)
    if curve:
        run.reporter.doing("learning from less")
        sections["learning_curve"] = learning_curve(tested)
    found_out = suspected(run, tested.panel, tested.walk.settings)
    sections["leaks"] = {"warnings": [each.to_dict() for each in found_out]}
    sections["warnings"] = [*sections.get("warnings", []), *_warnings(sections)]
    return replace(trained, backtest=replace(tested, sections=sections))


def _warnings(sections: dict[str, Any]) -> list[str]:
    told = segment_warnings(sections["segments"])
    if len(told) > _SEGMENTS_TOLD:
        told = [*told[:_SEGMENTS_TOLD], f"{len(told) - _SEGMENTS_TOLD} more segments: see 'segments' in the JSON."]
    memory = sections["account_disjoint"]
    knowing = [each["told"] for each in sections["leaks"]["warnings"][:_SUSPECTS_TOLD]]
    return [*knowing, *told, *([memory["told"]] if memory.get("markedly_lower") else [])]


@dataclass(frozen=True)
class _Book:
    """Who the accounts of a panel's rows were, row by row: owner, yearly revenue, plan, segment, monthly revenue."""

    rows: pd.DataFrame

    @classmethod
    def of(cls, run: Run, panel: Panel, found: FeatureSet) -> _Book:
        spine = found.spine_at(panel.cutoffs)
        keys = pd.DataFrame({"account_id": panel.account_id, "cutoff": pd.to_datetime(panel.cutoff)})
        joined = keys.astype({"account_id": "string"}).merge(
            spine.astype({"account_id": "string"}), on=["account_id", "cutoff"], how="left", validate="one_to_one"
        )
        shown = account_columns(run, joined.set_index("account_id"))
        known = pd.DataFrame({name: shown[name].to_numpy() for name in ("owner", "arr", "renewal_date", "notice_days")})
        return cls(pd.concat([joined[["account_id", "cutoff", "mrr", "plan", "segment"]], known], axis=1))

    @property
    def revenue(self) -> FloatArray:
        """Yearly revenue of each row, NaN where it is not known."""
        return self.rows["arr"].to_numpy(dtype=np.float64, na_value=np.nan)


def _policy(run: Run, tested: Backtest, found: FeatureSet, book: _Book) -> dict[str, Any]:
    """The lists at every validated cutoff, and what they were worth there and on the last fold alone."""
    panel, walk = tested.panel, tested.walk
    days = [day for fold in walk.folds for day in fold.validation]
    lists = past_lists(_past_scores(run, tested, found, book), run.config.lists, run.config.scale)
    rows = panel.rows_at(days)
    names = zip(panel.account_id, panel.cutoff, strict=True)
    listed = np.array([day.item() in lists and account in lists[day.item()].accounts for account, day in names])
    asked = panel.take(rows)
    return {
        "simulated": _simulated(run, days),
        "eligible": float(np.mean([lists[day].eligible for day in walk.folds[-1].validation])),
        "test": _compared(tested, listed, book, panel.rows_at(walk.folds[-1].validation)),
        "validated": _compared(tested, listed, book, rows),
        "lead_time": lead_time(asked, listed[rows]),
        "stability": stability(asked, listed[rows]),
    }


def _compared(tested: Backtest, listed: BoolArray, book: _Book, rows: BoolArray) -> dict[str, Any]:
    z = tested.predictions[tested.chosen].z[rows]
    return compare_lists(_evaluation(tested, rows), listed[rows].astype(np.float64), z, book.revenue[rows])


def _evaluation(tested: Backtest, rows: BoolArray) -> Evaluation:
    settings = tested.walk.settings
    return Evaluation(tested.panel.take(rows), settings.resamples, settings.seed, settings.gap_days)


def _simulated(run: Run, days: list[date]) -> str:
    apart = (days[-1] - days[0]).days / max(1, len(days) - 1)
    return (
        f"One list at each of {len(days)} past cutoffs, {apart:.0f} days apart (in life there is one a week), with the "
        f"rules of today: {run.config.lists.capacity} rows for each manager, {run.config.lists.lift:g} times the base "
        "rate, owners as they are now. An account must be better at two cutoffs in a row to leave the list."
    )


def _past_scores(run: Run, tested: Backtest, found: FeatureSet, book: _Book) -> Iterator[PastScores]:
    """Every validated cutoff with the scores that its fold's model would have given."""
    panel, walk = tested.panel, tested.walk
    first = panel.rows_at(walk.folds[0].validation[:1])
    bands, by_rules = run.config.scale, tested.chosen in (PREVALENCE, SCORECARD)
    z = tested.predictions[tested.chosen].z
    scale = frozen_scale(run) or Scale.freeze(z[first], red=bands.red, amber=bands.amber)
    for fold in walk.folds:
        base = None if by_rules else float(panel.y[panel.rows_at(walk.training(fold))].mean())
        for day in fold.validation:
            rows = panel.rows_at([day])
            made = _by_rules(run, panel, rows, found) if by_rules else _by_model(scale, z[rows])
            scored = pd.concat([book.rows.loc[rows].reset_index(drop=True), made.reset_index(drop=True)], axis=1)
            yield PastScores(day, scored, base)


def _by_model(scale: Scale, z: FloatArray) -> pd.DataFrame:
    score = scale.score(z)
    probability = 1 / (1 + np.exp(-z))
    return pd.DataFrame({"health": scale.health(score), "band": scale.band(score), "churn_probability": probability})


def _by_rules(run: Run, panel: Panel, rows: BoolArray, found: FeatureSet) -> pd.DataFrame:
    bands = run.config.scale
    made = scorecard.score(panel.X.loc[rows], found.catalog, red=bands.red, amber=bands.amber)
    return made[["health", "band", "churn_probability"]]


def _segments(tested: Backtest, book: _Book) -> list[dict[str, Any]]:
    """The chosen model in each segment, over all validated cutoffs: the last fold alone holds too few of each."""
    rows = tested.panel.rows_at(day for fold in tested.walk.folds for day in fold.validation)
    groups = {name: values[rows] for name, values in _groups(tested.panel, book).items()}
    return by_segment(_evaluation(tested, rows), tested.predictions[tested.chosen].z[rows], groups)


def _groups(panel: Panel, book: _Book) -> Groups:
    """Size, plan, segment, tenure and every attribute in words, where there is more than one of each."""
    made = {
        "size": _size(book.rows["mrr"]),
        "plan": book.rows["plan"],
        "segment": book.rows["segment"],
        "tenure": _tenure(panel.X["tenure_days"]) if "tenure_days" in panel.X else pd.Series(dtype=object),
        **{name.removeprefix(_ATTRIBUTE): panel.X[name] for name in _attributes(panel)},
    }
    texts = {name: values.astype(object).where(values.notna(), None).to_numpy() for name, values in made.items()}
    return {name: values for name, values in texts.items() if len({*values} - {None}) > 1}


def _attributes(panel: Panel) -> list[str]:
    numeric = pd.api.types.is_numeric_dtype
    names = [str(name) for name in panel.X if str(name).startswith(_ATTRIBUTE)]
    return [name for name in names if not numeric(panel.X[name].dtype)]


def _size(mrr: pd.Series) -> pd.Series:
    """Thirds by monthly revenue."""
    known = mrr.astype("Float64").dropna()
    if known.nunique() < len(_SIZES):
        return pd.Series(None, index=mrr.index, dtype=object)
    third, two_thirds = known.quantile([1 / 3, 2 / 3])
    named = np.select([known <= third, known <= two_thirds], _SIZES[:2], _SIZES[2])
    return pd.Series(named, index=known.index, dtype=object).reindex(mrr.index)


def _tenure(days: pd.Series) -> pd.Series:
    named = np.select([days < edge for edge, _ in _TENURE], [name for _, name in _TENURE], _LONGEST)
    return pd.Series(named, index=days.index, dtype=object).where(days.notna())

"""What a backtest says beyond its figures: the lists it would have led to, segments, memory, minimums, suspects."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from models.backtest import Backtest
from models.disjoint import account_disjoint
from models.evaluate import Evaluation, calibration_told
from models.learning_curve import learning_curve
from models.minimums import churns_per_week, minimums
from models.panel import Panel
from models.segments import Groups, by_segment, segment_warnings
from models.settings import TrainSettings
from models.train import Trained
from pipeline.stages.context import Run
from pipeline.stages.guard import suspected
from pipeline.stages.hindsight import Book, policy
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


def with_evidence(run: Run, trained: Trained, found: FeatureSet, weekly: Panel | None, curve: bool) -> Trained:
    """The training with everything that is told about its chosen model beside its figures.

    ``weekly``: the weeks of the last fold, to make a list of each; ``curve``: the learning curve too.
    """
    tested = trained.backtest
    if tested is None:
        return trained
    sections = dict(tested.sections)
    run.reporter.doing("measuring the lists that would have been published")
    book = Book.of(run, tested.panel, found)
    sections["policy"] = policy(run, tested, found, book, weekly)
    sections["segments"] = _segments(tested, book)
    sections["calibration"] = _calibration(tested)
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


def _calibration(tested: Backtest) -> dict[str, Any]:
    """Whether the probabilities on the last fold are true, as far as its churns can tell."""
    rows, settings = tested.panel.rows_at(tested.walk.folds[-1].validation), tested.walk.settings
    evaluation = Evaluation(tested.panel.take(rows), settings.resamples, settings.seed, settings.gap_days)
    z = tested.predictions[tested.chosen].z[rows]
    return {"model": tested.chosen, **calibration_told(evaluation.measure(z)["ece"], evaluation.ece_by_chance(z))}


def _segments(tested: Backtest, book: Book) -> list[dict[str, Any]]:
    """The chosen model in each segment, over all validated cutoffs: the last fold alone holds too few of each."""
    rows, settings = tested.panel.rows_at(tested.walk.validated), tested.walk.settings
    evaluation = Evaluation(tested.panel.take(rows), settings.resamples, settings.seed, settings.gap_days)
    groups = {name: values[rows] for name, values in groups_of(tested.panel, book).items()}
    return by_segment(evaluation, tested.predictions[tested.chosen].z[rows], groups)


def groups_of(panel: Panel, book: Book) -> Groups:
    """What a model is judged by, row by row of a panel.

    Size, plan, segment, tenure and every attribute in words, where there is more than one of each.
    """
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

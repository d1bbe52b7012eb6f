"""The score stage: health, points, reasons and coverage of every customer at one cutoff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pandas as pd

from models.churn import ChurnModel
from models.hazard import COLUMNS
from models.scale import DIMENSIONS
from pipeline.health import scorecard
from pipeline.health.coverage import coverage
from pipeline.health.groups import CALENDAR, grouped, shared
from pipeline.health.peers import Peers
from pipeline.health.reasons import beside, explain
from pipeline.stages.context import Run
from pipeline.stages.tables import framed
from pipeline.stages.tabulate import FeatureSet, is_segment_of_today, snapshot_columns
from pipeline.warehouse import replacing

_A_RULES_FIGURES = 3
"""A model of no more figures is a simple rule, which cannot tell three reasons."""
_SHOWN = ("name", "owner", "owner_email", "contact", "contact_email", "url")


@dataclass(frozen=True)
class Scored:
    """Every customer at one cutoff, one row each in the same order.

    ``scores``: health_scores.csv and what lists need; ``features`` and ``points``: by feature, indexed by account_id.
    """

    cutoff: date
    scores: pd.DataFrame
    features: pd.DataFrame
    points: pd.DataFrame
    model: ChurnModel | None


def judge(run: Run, found: FeatureSet, cutoff: date, model: ChurnModel | None) -> Scored:
    """Score every customer of the risk set at ``cutoff`` with ``model``, or with the scorecard."""
    with run.stage("score") as stage:
        features = found.features_at([cutoff]).set_index("account_id").drop(columns="cutoff")
        spine = found.spine_at([cutoff]).set_index("account_id")
        learned = features[[info.name for info in scorecard.evidence(found.catalog)]]
        if model is None:
            settings = run.config.scale
            result = scorecard.score(features, found.catalog, red=settings.red, amber=settings.amber)
            points = scorecard.contributions(features, found.catalog)
        else:
            result, points = model.score_and_points(learned)
        tell = partial(
            explain,
            features=features,
            catalog=found.catalog,
            currency=run.config.currency.code,
            peers=Peers.of(features, _segments(run, spine, cutoff)),
            groups=grouped(found.catalog, _sharing(found, features, model)),
        )
        words = tell(points)
        if model is not None and _is_a_rule(model, found):
            words = beside(words, tell(scorecard.contributions(features, found.catalog), weighed=False))
        shown = account_columns(run, spine)
        known = coverage(last_seen(run, features.index, cutoff), cutoff)
        columns = ["score", "health", "band", "churn_probability", "points_base"]
        columns += [f"points_{name}" for name in DIMENSIONS]
        # the rules of the scorecard claim no odds, so they have no survival curve either
        curve = result.reindex(columns=list(COLUMNS)).astype("float64")
        scores = (
            pd.concat([shown, result[columns], curve, known, words], axis=1).rename_axis("account_id").reset_index()
        )
        scores["as_of"] = pd.Timestamp(cutoff)
        scores["model"] = name_of(model)
        path = scores_path(run, cutoff)
        with replacing(path) as fresh:
            scores.to_parquet(fresh, index=False)
        stage.read, stage.wrote = f"{len(features):,} accounts at {cutoff} with {name_of(model)}", run.within(path)
    return Scored(cutoff, scores, features, points, model)


def _is_a_rule(model: ChurnModel, found: FeatureSet) -> bool:
    """Whether a model is a simple rule: of a few figures, or of the calendar alone."""
    names = set(model.estimator.features)
    return len(names) <= _A_RULES_FIGURES or names <= {
        info.name for info in found.catalog if info.dimension == CALENDAR
    }


def scores_path(run: Run, cutoff: date) -> Path:
    """Where the scores of a week are kept beside its features."""
    return run.workspace.warehouse / "scores" / f"{cutoff}.parquet"


def name_of(model: ChurnModel | None) -> str:
    """The version of a model, or that the rules score."""
    return model.version if model is not None else "scorecard"


def _sharing(found: FeatureSet, features: pd.DataFrame, model: ChurnModel | None) -> dict[str, str]:
    """Which groups of features share a reason: as in the model's training; by rules, as among the accounts at hand."""
    known = None if model is None else model.metadata.get("shared_reasons")
    return shared(found.catalog, features) if known is None else dict(known)


def _segments(run: Run, spine: pd.DataFrame, cutoff: date) -> pd.Series | None:
    """The segment of each account at the cutoff; None for a past week of which only the segments of today are known."""
    return None if is_segment_of_today(run) and is_past(run, cutoff) else spine["segment"]


def is_past(run: Run, cutoff: date) -> bool:
    """Whether the data reach a later week, so that columns as of the export tell of a day after ``cutoff``."""
    return cutoff < run.calendar.last_cutoff(run.data_span()[1] + timedelta(days=1))


def known_terms(run: Run, found: FeatureSet, cutoff: date) -> pd.DataFrame:
    """What contracts said at ``cutoff``, by account_id; of a past week without columns that are as of the export."""
    terms = found.spine_at([cutoff]).set_index("account_id")
    of_today = snapshot_columns(run).get("subscriptions", ())
    return terms.drop(columns=of_today, errors="ignore") if of_today and is_past(run, cutoff) else terms


def points_at(found: FeatureSet, cutoff: date, model: ChurnModel | None) -> pd.DataFrame:
    """The points of each feature and of the base that ``model`` (None: the scorecard) gives at a cutoff, by account."""
    features = found.features_at([cutoff]).set_index("account_id").drop(columns="cutoff")
    if model is None:
        return scorecard.contributions(features, found.catalog).assign(points_base=0.0)
    learned = features[[info.name for info in scorecard.evidence(found.catalog)]]
    return model.contributions(learned).assign(points_base=model.points_base)


def account_columns(run: Run, spine: pd.DataFrame) -> pd.DataFrame:
    """Who an account is and what is at stake, indexed by account_id like ``spine``."""
    shown = pd.DataFrame(index=spine.index)
    path = run.table_paths().get("accounts")
    known = pd.read_parquet(path).set_index("account_id") if path else pd.DataFrame(index=spine.index[:0])
    for name in _SHOWN:
        column = known[name] if name in known.columns else pd.Series(dtype="string")
        shown["account_name" if name == "name" else name] = column.reindex(spine.index).astype("string")
    shown["account_name"] = shown["account_name"].fillna(pd.Series(spine.index.astype("string"), index=spine.index))
    if run.config.lists.url:
        links = pd.Series(
            [run.config.lists.url.replace("{account_id}", str(name)) for name in spine.index], spine.index
        )
        shown["url"] = shown["url"].fillna(links)
    shown["segment"] = spine["segment"].astype("string")
    # monthly minor units to currency units a year
    shown["arr"] = spine["mrr"].astype("Float64") * 12 / 10**run.config.currency.digits
    shown["renewal_date"] = pd.to_datetime(spine["term_end"]).dt.normalize()
    shown["notice_days"] = spine["notice_days"].astype("Float64")
    return shown


def last_seen(run: Run, accounts: pd.Index, cutoff: date) -> pd.DataFrame:
    """The latest row of each source that was known at the cutoff, by account; one column for each source."""
    paths = run.table_paths()
    sources = [name for name in ("usage", "levels", "tickets", "surveys", "invoices", "touches") if name in paths]
    seen = pd.DataFrame(index=accounts)
    week = run.calendar.week_of(cutoff)
    for name in sources:
        # the facts hold the last day of use of each week, and are far smaller than the events
        path = run.workspace.warehouse / "facts.parquet" if name == "usage" else paths[name]
        rows = framed(_SEEN_FACTS if name == "usage" else _SEEN, path, week, week)
        seen[name] = rows.set_index("account_id")["seen"].reindex(accounts)
    return seen


_SEEN = """
    SELECT account_id, max(occurred_at) AS seen FROM read_parquet(?)
    WHERE occurred_week < ? AND known_week < ? GROUP BY account_id
"""
_SEEN_FACTS = """
    SELECT account_id, (DATE '1970-01-01' + max(last_day)::INTEGER)::TIMESTAMP AS seen FROM read_parquet(?)
    WHERE o < ? AND k < ? GROUP BY account_id
"""

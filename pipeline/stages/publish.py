"""The publish stage: this week's lists, figures and files, put in place by one step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline import deliver, lists, plays, signals
from pipeline.lists import AtRisk, PastWeek
from pipeline.portfolio import Portfolio, Realised, portfolio, realised_churn
from pipeline.stages.context import Run
from pipeline.stages.identity import code_version, config_hash
from pipeline.stages.judge import Scored, account_columns
from pipeline.stages.read import ingest_report, inputs_of
from pipeline.stages.tabulate import FeatureSet
from pipeline.warehouse import Week

LOOK_BACK = timedelta(weeks=13)
"""How far back the portfolio and the outcome of earlier lists look."""

_VERBS = {"going_quiet": "go quiet", "contraction": "shrink", "non_renewal": "not renew"}


@dataclass(frozen=True)
class Published:
    """A week in place, whether it is new, what it says, and whether there are earlier weeks to compare it with."""

    week: Week
    new: bool
    at_risk: AtRisk
    leaving: pd.DataFrame
    portfolio: Portfolio
    scores: pd.DataFrame
    past: bool


def publish_week(run: Run, found: FeatureSet, scored: Scored, grade: dict[str, Any], replayed: bool) -> Published:
    """Make the lists of one scored week and publish them. ``grade``: of the model, with its reason."""
    with run.stage("publish"):
        history = past_weeks(run, scored.cutoff)
        leaving = leaving_frame(run, found, scored.cutoff)
        scores = _with_signals(run, found, scored, history)
        base_rate = None if scored.model is None else scored.model.metadata.get("base_rate")
        listed = lists.at_risk(
            scores,
            scored.cutoff,
            history=history,
            leaving=set(leaving["account_id"]),
            base_rate=base_rate,
            settings=run.config.lists,
            scale=run.config.scale,
        )
        scores = scores.join(lists.changes(scores, scored.cutoff, history))
        weeks_listed = listed.rows.set_index("account_id")["weeks_listed"]
        scores["weeks_listed"] = scores["account_id"].map(weeks_listed).fillna(0).astype(int)
        figures = book_figures(found, scored.cutoff, scores, history)
        delivery = deliver.Delivery(
            about=_about(run, scored, grade, base_rate, replayed),
            health=scores,
            at_risk=listed,
            leaving=leaving,
            portfolio=figures,
            signals={signal.name: signal.condition for signal in signals.SIGNALS},
        )

        def write(folder: Path) -> dict[str, Any]:
            deliver.write(delivery, folder)
            return _manifest(run, scored, grade, delivery, replayed)

        week, new = run.workspace.publish(scored.cutoff, write)
    return Published(week, new, listed, leaving, figures, scores, bool(history))


def past_weeks(run: Run, cutoff: date) -> list[PastWeek]:
    """The published weeks before ``cutoff``, newest first, as far back as any figure looks."""
    weeks = [week for day, week in run.workspace.current_weeks().items() if cutoff - LOOK_BACK <= day < cutoff]
    return [_past(week) for week in reversed(weeks)]


def _past(week: Week) -> PastWeek:
    scores = pd.read_parquet(week.path / "health_scores.parquet")
    return PastWeek(week.cutoff, scores, scores.loc[scores["weeks_listed"] > 0, ["account_id", "weeks_listed"]])


def leaving_frame(run: Run, found: FeatureSet, cutoff: date) -> pd.DataFrame:
    """The customers who had given notice, as leaving.csv shows them."""
    leaving = found.leaving_at(cutoff).set_index("account_id")
    shown = pd.concat([account_columns(run, leaving), leaving[["notice_at", "ends_at"]]], axis=1)
    return lists.leaving_list(shown.rename_axis("account_id").reset_index(), cutoff, settings=run.config.lists)


def _with_signals(run: Run, found: FeatureSet, scored: Scored, history: Sequence[PastWeek]) -> pd.DataFrame:
    """The scores with tags, the play of each account, and what the list shows of its features."""
    scores = scored.scores.set_index("account_id")
    flagged = signals.flags(scored.features, scores, [week.scores for week in history])
    scores["tags"] = signals.tags(flagged)
    own = plays.configured(run.config.plays, {info.measure for info in found.catalog})
    scores = scores.join(plays.choose(scores, flagged, scored.cutoff, own))
    features = scored.features
    if "days_since_touch" in features:
        days = pd.to_timedelta(features["days_since_touch"], unit="D")
        scores["last_touch"] = (pd.Timestamp(scored.cutoff) - days).dt.normalize()
    if "open_urgent_tickets" in features:
        scores["open_urgent_tickets"] = features["open_urgent_tickets"]
    return scores.reset_index()


def book_figures(found: FeatureSet, cutoff: date, scores: pd.DataFrame, history: Sequence[PastWeek]) -> Portfolio:
    """The portfolio's figures against 13 weeks before, and what became of the accounts listed then."""
    now, then = customers_at(found, cutoff), customers_at(found, cutoff - LOOK_BACK)
    listed_then = next((week for week in history if week.as_of == cutoff - LOOK_BACK), None)
    outcome: tuple[Realised, ...] = ()
    if listed_then is not None:
        left = set(listed_then.scores["account_id"]) - set(now["account_id"])
        outcome = realised_churn(listed_then.scores, listed_then.at_risk, left)
    return portfolio(scores, now, then, outcome)


def customers_at(found: FeatureSet, cutoff: date) -> pd.DataFrame:
    """Every customer at a cutoff with its monthly revenue, those who had given notice included."""
    both = [found.spine_at([cutoff]), found.leaving_at(cutoff)]
    return pd.concat([frame[["account_id", "mrr"]] for frame in both], ignore_index=True)


def _about(run: Run, scored: Scored, grade: dict[str, Any], base_rate: float | None, replayed: bool) -> deliver.About:
    config, model = run.config, scored.model
    kinds = config.label.kinds
    return deliver.About(
        company=config.name,
        as_of=scored.cutoff,
        model=model.version if model is not None else "scorecard",
        horizon_days=config.label.horizon_days,
        label=_VERBS.get(kinds[0], "leave") if len(kinds) == 1 else "leave",
        probability_at_60=None if model is None else model.scale.probability_at(60.0),
        base_rate=base_rate,
        grade=grade["grade"],
        grade_reason=grade["grade_reason"],
        currency=config.currency.code,
        red=config.scale.red,
        amber=config.scale.amber,
        replayed=replayed,
        notes=tuple(ingest_report(run).get("warnings", [])),
    )


def _manifest(
    run: Run, scored: Scored, grade: dict[str, Any], delivery: deliver.Delivery, replayed: bool
) -> dict[str, Any]:
    return {
        "as_of": scored.cutoff.isoformat(),
        "company": run.config.name,
        "replayed": replayed,
        "holdfast": version("holdfast"),
        "code_version": code_version(),
        "model": {"version": delivery.about.model, **grade},
        "inputs": inputs_of(run),
        "configuration": run.config.to_dict(),
        "config_hash": config_hash(run.config),
        "counts": {
            "accounts": len(delivery.health),
            "at_risk": len(delivery.at_risk.rows),
            "eligible": delivery.at_risk.eligible,
            "left_out": delivery.at_risk.left_out,
            "leaving": len(delivery.leaving),
            "features": scored.features.shape[1],
        },
        "figures": delivery.portfolio.to_dict(),
    }

"""The publish stage: this week's lists, figures and files, put in place by one step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline import deliver
from pipeline.health.loyalty import loyalty
from pipeline.health.ties import Facts
from pipeline.lists import at_risk, signals
from pipeline.lists.at_risk import AtRisk
from pipeline.lists.past import LOOKED_AT, MEMORY, PastWeek
from pipeline.lists.past import Published as PublishedWith
from pipeline.loop.became import Fate
from pipeline.loop.report import loop_report
from pipeline.portfolio import Book, Portfolio, portfolio, realised_churn
from pipeline.stages.book import portfolio_book
from pipeline.stages.champion import card_in_use
from pipeline.stages.context import Run
from pipeline.stages.crm import crm_states
from pipeline.stages.departures import fates, looked_back_on
from pipeline.stages.held import hold, release
from pipeline.stages.histories import WEEKS, histories
from pipeline.stages.identity import code_version, config_hash
from pipeline.stages.judge import Scored, account_columns, known_terms, name_of
from pipeline.stages.listing import Lister
from pipeline.stages.moved import points_now
from pipeline.stages.read import ingest_report, inputs_of
from pipeline.stages.remarks import heard
from pipeline.stages.tabulate import FeatureSet
from pipeline.texts import say, word
from pipeline.warehouse import Week

LOOK_BACK = timedelta(weeks=13)
"""How far back the portfolio and the outcome of earlier lists look."""


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


def publish_week(
    run: Run,
    found: FeatureSet,
    scored: Scored,
    grade: dict[str, Any],
    replayed: bool,
    seen: dict[str, Any] | None = None,
    holds: Sequence[str] = (),
) -> Published:
    """Make the lists of one scored week and publish them.

    ``grade``: of the model, with its reason. ``seen``: what monitoring found, for the manifest. ``holds``: why the week
    may not be published before a person has looked at it; GateError then says where it can be seen.
    """
    with run.stage("publish") as stage:
        year = past_weeks(run, scored.cutoff, timedelta(weeks=WEEKS))
        history = [week for week in year if week.as_of >= scored.cutoff - LOOK_BACK]
        leaving = leaving_frame(run, found, scored.cutoff)
        base_rate = None if scored.model is None else scored.model.metadata.get("base_rate")
        gone = frozenset(leaving["account_id"])
        found_lists = Lister(run, found, scored, history, gone, base_rate, replayed).listing()
        scores, listed = found_lists.scores, found_lists.at_risk
        book = portfolio_book(run, scored.cutoff, scores)
        known = fates(run, looked_back_on(run, scored.cutoff, [week.as_of for week in year]), scored.cutoff)
        figures = headline(book, scored.cutoff, scores, year, known)
        delivery = deliver.Delivery(
            about=_about(run, scored, grade, base_rate, replayed),
            health=scores,
            at_risk=listed,
            leaving=leaving,
            portfolio=figures,
            book=book.data,
            loyalty=loyalty(_facts(run, found, scored), scored.scores.set_index("account_id")),
            signals={signal.name: signal.condition for signal in signals.SIGNALS},
            signal_rows=found_lists.signal_rows,
            actions=found_lists.actions,
            set_aside=found_lists.set_aside,
            changes=found_lists.changes,
            moves=found_lists.moves,
            points=points_now(scored).rename_axis("account_id").reset_index(),
            report=loop_report(heard(run, replayed), year, scored.cutoff, known),
            past=tuple(year),
            inputs={} if replayed else inputs_of(run),
            # a replayed week is there for its lists; the pages of single accounts stand in the weeks after it
            histories=None if replayed else histories(run, found, scores, scored.cutoff, year),
            card="" if replayed else card_in_use(run),
            settings=run.config.deliver,
            crm_before={} if replayed else crm_states(run, scored.cutoff),
        )

        def write(folder: Path) -> dict[str, Any]:
            written = deliver.write(delivery, folder)
            manifest = _manifest(run, scored, grade, delivery, replayed) | written
            return manifest if seen is None else {**manifest, "monitoring": seen}

        if holds:
            hold(run, scored.cutoff, write, holds)
        week, new = run.workspace.publish(scored.cutoff, write)
        release(run)
        stage.read = f"{len(scores):,} scores of {scored.cutoff}, {len(year)} earlier weeks"
        stage.wrote = f"{run.within(week.path)}, {len(listed.rows)} at risk" if new else ""
    return Published(week, new, listed, leaving, figures, scores, bool(history))


def past_weeks(run: Run, cutoff: date, back: timedelta = LOOK_BACK) -> list[PastWeek]:
    """The published weeks before ``cutoff``, newest first, as far ``back`` as any list looks."""
    weeks = [week for day, week in run.workspace.current_weeks().items() if cutoff - back <= day < cutoff]
    return [_past(week) for week in reversed(weeks)]


def last_published(run: Run, cutoff: date) -> list[date]:
    """The week that the lists of ``cutoff`` look back to, if there is one: its features explain what moved."""
    days = [day for day in run.workspace.current_weeks() if cutoff - MEMORY <= day < cutoff]
    return days[-1:]


def _past(week: Week) -> PastWeek:
    scores = week.log(LOOKED_AT)
    listed = scores.loc[scores["weeks_listed"] > 0, ["account_id", "weeks_listed"]]
    assigned = scores.loc[scores["assigned"], "account_id"] if "assigned" in scores else listed["account_id"]
    manifest = week.manifest()
    made = PublishedWith(
        folder=week.path,
        model=manifest["model"]["version"],
        features_hash=manifest.get("features_hash", ""),
        code_version=manifest["code_version"],
        replayed=manifest["replayed"],
    )
    return PastWeek(week.cutoff, scores, listed, frozenset(assigned), made)


def leaving_frame(run: Run, found: FeatureSet, cutoff: date) -> pd.DataFrame:
    """The customers who had given notice, as leaving.csv shows them."""
    leaving = found.leaving_at(cutoff).set_index("account_id")
    shown = pd.concat([account_columns(run, leaving), leaving[["notice_at", "ends_at"]]], axis=1)
    return at_risk.leaving_list(shown.rename_axis("account_id").reset_index(), cutoff, settings=run.config.lists)


def headline(
    book: Book, cutoff: date, scores: pd.DataFrame, past: Sequence[PastWeek], known: Mapping[date, Fate]
) -> Portfolio:
    """The figures of the last 13 weeks, and what became of the accounts of an earlier list.

    Of the newest list of which no more can become; where none is so old, of that of 13 weeks ago, as far as is known.
    """
    kept = next((each for each in book.retention if timedelta(weeks=each.weeks) == LOOK_BACK), None)
    final = [week for week in past if week.as_of in known and known[week.as_of].finished]
    usual = [week for week in past if week.as_of in known and week.as_of == cutoff - LOOK_BACK]
    then = next(iter([*final, *usual]), None)
    if then is None:
        return portfolio(scores, book.customers, kept)
    fate = known[then.as_of]
    customers = then.scores[then.scores["account_id"].isin(list(fate.customers))]
    realised = realised_churn(customers, then.at_risk, fate.left_on, fate.ended_on)
    return portfolio(scores, book.customers, kept, realised, (cutoff - then.as_of).days // 7, fate.finished)


def _facts(run: Run, found: FeatureSet, scored: Scored) -> Facts:
    """What loyalty is inferred from: this week's features and what the contracts say."""
    config = run.config
    return Facts(
        features=scored.features,
        terms=known_terms(run, found, scored.cutoff),
        as_of=scored.cutoff,
        offered=config.features.plan_features,
        integrations=config.lists.integrations,
        currency=config.currency.code,
        digits=config.currency.digits,
    )


def _about(run: Run, scored: Scored, grade: dict[str, Any], base_rate: float | None, replayed: bool) -> deliver.About:
    config, model = run.config, scored.model
    kinds = config.label.kinds
    return deliver.About(
        company=config.name,
        as_of=scored.cutoff,
        model=name_of(model),
        horizon_days=config.label.horizon_days,
        grace_days=config.label.grace_days,
        label=word(f"sentences.verbs.{kinds[0] if len(kinds) == 1 else 'leave'}", say("sentences.verbs.leave")),
        probability_at_60=None if model is None else model.scale.probability_at(60.0),
        base_rate=base_rate,
        grade=grade["grade"],
        grade_reason=grade["grade_reason"],
        currency=config.currency.code,
        red=config.scale.red,
        amber=config.scale.amber,
        replayed=replayed,
        snooze_weeks=config.lists.snooze_weeks,
        good_news=config.lists.good_news,
        locale=config.deliver.locale,
        unassigned=config.lists.unassigned,
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
        "features_hash": config_hash(run.config, "features"),
        "counts": {
            "accounts": len(delivery.health),
            "at_risk": len(delivery.at_risk.rows),
            "eligible": delivery.at_risk.eligible,
            "left_out": delivery.at_risk.left_out,
            "leaving": len(delivery.leaving),
            "set_aside": len(delivery.set_aside),
            "unexplained": delivery.at_risk.unexplained,
            "features": scored.features.shape[1],
        },
        "figures": delivery.portfolio.to_dict(),
        "loop": delivery.report.to_dict(),
    }

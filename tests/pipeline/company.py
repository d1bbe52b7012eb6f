"""A made-up company for the tests of lists and deliveries: accounts, features and scores, from a seed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from pipeline.config.settings import ListSettings
from pipeline.deliver import About, Delivery
from pipeline.features.info import FeatureInfo
from pipeline.health import reasons, scorecard
from pipeline.health.coverage import coverage
from pipeline.lists import actions, at_risk, plays, signals
from pipeline.lists.resting import SET_ASIDE_COLUMNS
from pipeline.portfolio import portfolio, realised_churn
from pipeline.portfolio.retention import Retention

AS_OF = date(2026, 11, 16)
OWNERS = ("Ana Ruiz", "Björn Åkesson", "Chidi Okafor", "Dana Levi", None)
SEGMENTS = ("Small", "Mid-market", "Enterprise")
HEADS = ("Alder", "Birch", "Cobalt", "Delta", "Ember", "Fjord", "Granite", "Harbour", "Indigo", "Juniper", "Kestrel")
TAILS = ("Logistics", "Health", "Foods", "Energy", "Retail", "Systems", "Partners", "Media", "Optics", "Works")


def info(name: str, dimension: str, reason: str | None, direction: int, **more: object) -> FeatureInfo:
    """A line of the catalog."""
    measure = name.rsplit("_", 1)[0] if name[-1] == "w" else name
    weeks = int(name.rsplit("_", 1)[1][:-1]) if name[-1] == "w" else None
    return FeatureInfo(name, measure, dimension, "usage", weeks, reason, direction=direction, **more)  # type: ignore[arg-type]


CATALOG = [
    info("logins_4w", "usage", "logins {value}, was {before} ({weeks} weeks)", -1, before="logins_before_4w"),
    info("logins_before_4w", "usage", None, 0, group="logins"),
    info("days_since_use", "usage", "last use {value} ago", 1, unit="days"),
    info("users_4w", "usage", "{value} people active, was {before} ({weeks} weeks)", -1, before="users_before_4w"),
    info("users_before_4w", "usage", None, 0, group="users"),
    info("seat_utilisation_4w", "adoption", "{value} of seats in use", -1, unit="share"),
    info("features_used_4w", "adoption", "{value} features in use ({weeks} weeks)", -1),
    info("plan_features_unused_13w", "adoption", "{value} features of the plan unused", 1),
    info("tickets_13w", "support", "{value} tickets in {weeks} weeks", 1),
    info("urgent_tickets_13w", "support", "{value} urgent tickets in {weeks} weeks", 1),
    info("open_tickets", "support", "{value} tickets open", 1),
    info("open_urgent_tickets", "support", "{value} urgent tickets open", 1),
    info("ces_last", "effort", "effort score {value} of 1, where 1 is easiest", -1),
    info("nps_last", "sentiment", "last NPS answer {value}", -1),
    info("csat_mean_26w", "sentiment", "mean CSAT {value} in {weeks} weeks", -1, unit="share"),
    info("silent_after_ask", "sentiment", "{value} surveys in a row unanswered", 1),
    info("champion_days_since_seen", "relationship", "most active user not seen for {value}", 1, unit="days"),
    info("mrr", "commercial", None, 0, unit="money"),
    info("late_invoices_13w", "commercial", "{value} invoices paid late in {weeks} weeks", 1),
    info("milestones_share", "onboarding", "{value} of onboarding milestones reached", -1, unit="share"),
    info("tenure_days", "onboarding", None, -1, unit="days"),
    info("days_to_renewal", "timing", "renewal in {value}", 0, unit="days"),
]


def features(count: int = 200, seed: int = 7, drift: float = 1.0) -> pd.DataFrame:
    """Features of ``count`` accounts with a hidden trouble that shows in several of them, and gaps."""
    draw = np.random.default_rng(seed)
    trouble = np.clip(draw.beta(1.4, 3.2, count) * drift, 0, 1)
    size = np.exp(draw.normal(3.2, 0.8, count))
    before = np.round(size * draw.uniform(2, 9, count))
    frame = pd.DataFrame({"account_id": [f"ac-{at:04d}" for at in range(count)]}).set_index("account_id")
    frame["logins_before_4w"] = before
    frame["logins_4w"] = np.round(before * np.clip(1.12 - trouble * draw.uniform(0.4, 1.6, count), 0, 2))
    frame["days_since_use"] = np.round(draw.exponential(2 + 26 * trouble**2))
    frame["users_before_4w"] = np.ceil(size * 0.6)
    left = np.clip(1.05 - trouble * draw.uniform(0.2, 1.2, count), 0.05, 2)
    frame["users_4w"] = np.ceil(frame["users_before_4w"] * left)
    frame["seat_utilisation_4w"] = np.clip(frame["users_4w"] / np.ceil(size), 0, 1)
    frame["features_used_4w"] = draw.integers(1, 14, count)
    frame["plan_features_unused_13w"] = draw.integers(0, 7, count)
    frame["tickets_13w"] = draw.poisson(2 + 4 * trouble)
    frame["urgent_tickets_13w"] = draw.poisson(0.2 + 1.6 * trouble)
    frame["open_tickets"] = draw.poisson(0.4 + trouble)
    frame["open_urgent_tickets"] = np.minimum(frame["open_tickets"], draw.poisson(0.3 * trouble))
    frame["ces_last"] = np.round(np.clip(draw.normal(0.85 - 0.6 * trouble, 0.15, count), 0, 1), 2)
    frame["nps_last"] = np.clip(np.round(draw.normal(9 - 6 * trouble, 1.6, count)), 0, 10)
    frame["csat_mean_26w"] = np.round(np.clip(draw.normal(0.85 - 0.5 * trouble, 0.12, count), 0, 1), 2)
    frame["silent_after_ask"] = draw.poisson(0.2 + trouble)
    frame["champion_days_since_seen"] = np.round(draw.exponential(5 + 30 * trouble))
    frame["mrr"] = np.round(size * draw.uniform(25, 60, count))
    frame["late_invoices_13w"] = draw.binomial(2, 0.05 + 0.1 * trouble)
    frame["milestones_share"] = np.round(np.clip(draw.normal(0.9 - 0.4 * trouble, 0.2, count), 0, 1), 2)
    frame["tenure_days"] = draw.integers(20, 1600, count)
    frame["days_to_renewal"] = draw.integers(5, 360, count)
    for name, share in (("nps_last", 0.5), ("ces_last", 0.6), ("csat_mean_26w", 0.4), ("late_invoices_13w", 0.3)):
        frame[name] = frame[name].astype(float).where(draw.random(count) > share)
    return frame.astype(float)


def people(values: pd.DataFrame) -> pd.DataFrame:
    """Who the accounts are: names, owners, revenue, renewal."""
    rows = []
    for at, (account, row) in enumerate(values.iterrows()):
        head, tail = HEADS[at % len(HEADS)], TAILS[(at // len(HEADS)) % len(TAILS)]
        rows.append(
            {
                "account_id": account,
                "account_name": f"{head} {tail}" if at < 110 else f"{head} {tail} {at}",
                "owner": OWNERS[(at * 7) % 23 % 5],
                "segment": SEGMENTS[min(2, int(row["mrr"] // 1200))],
                "contact": f"{('Mia', 'Noor', 'Pavel', 'Rosa')[at % 4]} {head}, {head.lower()}@example.com",
                "url": f"https://crm.example.com/accounts/{account}",
                "arr": row["mrr"] * 12,
                "renewal_date": pd.Timestamp(AS_OF + timedelta(days=int(row["days_to_renewal"]))),
                "notice_days": 30 if at % 3 else None,
                "last_touch": pd.Timestamp(AS_OF - timedelta(days=at % 50)) if at % 4 else pd.NaT,
                "open_urgent_tickets": row["open_urgent_tickets"],
            }
        )
    return pd.DataFrame(rows).set_index("account_id")


def scored(values: pd.DataFrame, as_of: date, *, modelled: bool) -> pd.DataFrame:
    """Scores with reasons and tags; with probabilities on DESIGN's scale where ``modelled``."""
    result = scorecard.score(values, CATALOG).join(people(values))
    if modelled:
        odds = 0.02 / 0.98 * 2 ** ((60 - result["score"]) / 10)
        result["churn_probability"] = odds / (1 + odds)
    seen = pd.DataFrame({"usage": pd.Timestamp(as_of), "surveys": pd.NaT}, index=values.index)
    result["surveys_known"] = values["nps_last"].notna()
    seen["surveys"] = pd.Series(pd.Timestamp(as_of - timedelta(days=20)), values.index).where(result["surveys_known"])
    result = result.drop(columns=["surveys_known", "rules_spoken"]).join(coverage(seen, as_of))
    told = reasons.explain(scorecard.contributions(values, CATALOG), values, CATALOG, currency="EUR")
    flagged = signals.flags(values, result)
    result = result.join(told).join(plays.choose(told, flagged, as_of)).assign(tags=signals.tags(flagged))
    return result.assign(as_of=pd.Timestamp(as_of), model="2026-11-02" if modelled else "scorecard").reset_index()


def delivery(count: int = 200, *, modelled: bool = True) -> Delivery:
    """A whole week of the company, with four weeks before it."""
    history: list[at_risk.PastWeek] = []
    for weeks in (4, 3, 2, 1):
        day = AS_OF - timedelta(weeks=weeks)
        past = scored(features(count, drift=1.02 - 0.035 * weeks), day, modelled=modelled)
        history.insert(0, at_risk.PastWeek(day, past, at_risk.at_risk(past, day, history=history).rows))
    now = scored(features(count), AS_OF, modelled=modelled)
    gone = now.sample(6, random_state=3)
    leaving = gone.assign(notice_at=pd.Timestamp("2026-11-03"), ends_at=gone["renewal_date"])
    staying = now[~now["account_id"].isin(gone["account_id"])].reset_index(drop=True)
    staying = staying.join(at_risk.changes(staying, AS_OF, history))
    found = at_risk.at_risk(staying, AS_OF, history=history)
    weeks = staying["account_id"].map(found.rows.set_index("account_id")["weeks_listed"])
    staying["weeks_listed"] = weeks.fillna(0).astype(int)
    left = set(history[-1].scores.nsmallest(9, "health")["account_id"])
    became = realised_churn(history[-1].scores, history[-1].at_risk, left)
    then = AS_OF - timedelta(weeks=13)
    book = portfolio(staying, len(now), Retention(13, then, 100, 97, 3, 6, 94.0, 6.0, 100_000, 91.0, 96.0), became)
    about = About(
        company="Northwind Software",
        as_of=AS_OF,
        model="2026-11-02" if modelled else "scorecard",
        horizon_days=90,
        probability_at_60=0.02 if modelled else None,
        grade="B" if modelled else "none",
        currency="EUR",
        notes=("Surveys end on 27 October: 12 rows of November were set aside.",),
    )
    conditions = {signal.name: signal.condition for signal in signals.SIGNALS}
    rows, todo = signal_lists(staying, features(count), found, history)
    staying["assigned"] = staying["account_id"].isin(todo["account_id"])
    gone_rows = at_risk.leaving_list(leaving, AS_OF)
    return Delivery(about, staying, found, gone_rows, book, conditions, signal_rows=rows, actions=todo)


def signal_lists(
    health: pd.DataFrame, values: pd.DataFrame, found: at_risk.AtRisk, history: list[at_risk.PastWeek]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of every signal, and each manager's list."""
    known = health.assign(**at_risk.decision(health, AS_OF), owner=health["owner"].fillna("Unassigned"))
    known = known.set_index("account_id")
    asked = signals.conditions(values, known, [week.scores for week in history])
    on_list = found.rows["account_id"].tolist()
    rows = actions.signal_rows(known, signals.held(asked), asked, on_list, history, plays.of_signals(AS_OF))
    return rows, actions.action_list(found.rows, rows, ListSettings())


def resting(week: Delivery, *accounts: str, why: str = "contacted on 10 Nov 2026") -> Delivery:
    """The week in which these accounts rest for a week more, and stand on no list of what to do."""
    until = pd.Timestamp(AS_OF + timedelta(weeks=1))
    here = week.health["account_id"].isin(accounts)
    health = week.health.assign(set_aside=pd.Series(why, week.health.index).where(here, ""), rests_until=pd.NaT)
    health.loc[here, "rests_until"] = until
    aside = health[here].assign(said="").reindex(columns=list(SET_ASIDE_COLUMNS))
    aside["owner"] = aside["owner"].fillna("Unassigned")
    acted = week.actions[~week.actions["account_id"].isin(accounts)]
    rows = week.at_risk.rows[~week.at_risk.rows["account_id"].isin(accounts)]
    return replace(week, health=health, set_aside=aside, actions=acted, at_risk=replace(week.at_risk, rows=rows))


__all__ = ["AS_OF", "CATALOG", "delivery", "features", "people", "resting", "scored"]

"""What happened at the accounts of the made-up company: tables for the pages of single accounts, from a seed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd

from pipeline.deliver import Delivery
from pipeline.deliver.histories import Histories
from pipeline.lists.past import PastWeek
from pipeline.loop.became import Became
from pipeline.loop.feedback import Conflict
from pipeline.loop.report import Answers, Judged, LoopReport
from tests.pipeline.company import AS_OF, delivery

STATED = "<b>too expensive</b>"
COMMENT = '"><script>document.title="owned"</script> \u202ethe export is slow'


def told(count: int = 200, *, modelled: bool = True) -> Delivery:
    """A whole week with the past of its accounts, and what the ingest counted."""
    week = delivery(count, modelled=modelled)
    past = tuple(_past(week, weeks) for weeks in (1, 2, 3, 4))
    week = replace(week, book=BOOK, loyalty=week.health[["account_id"]].assign(**LOYALTY))
    week = replace(week, report=REPORT)
    return replace(week, past=past, histories=histories(week, past), inputs=INPUTS, card=CARD)


def histories(week: Delivery, past: tuple[PastWeek, ...]) -> Histories:
    """Every kind of event for every account but the last, about whom nothing is known."""
    draw = np.random.default_rng(3)
    accounts = week.health["account_id"].tolist()[:-1]
    days = [pd.Timestamp(AS_OF - timedelta(days=int(day))) for day in draw.integers(1, 360, len(accounts))]
    known = pd.DataFrame({"account_id": accounts, "at": days})
    weeks = [pd.Timestamp(AS_OF - timedelta(weeks=back)) for back in range(40, 0, -1)]
    use = pd.DataFrame([(account, day) for account in accounts for day in weeks], columns=["account_id", "week"])
    columns = ["account_id", "health", "band", "model", *(c for c in week.health if str(c).startswith("points_"))]
    frames = [(AS_OF, week.health), *((each.as_of, each.scores) for each in past)]
    health = pd.concat([frame[columns].assign(as_of=pd.Timestamp(day)) for day, frame in frames])
    return Histories(
        use=use.assign(amount=draw.integers(0, 90, len(use))),
        tickets=known.assign(priority="urgent", category="bug", solved_at=pd.NaT),
        surveys=known.assign(kind="nps", answered_at=known["at"], score=4.0, comment=COMMENT),
        touches=known.assign(channel="call", author="Ana Ruiz"),
        terms=known.assign(what="revenue", was=100.0, now=80.0),
        health=health.sort_values(["account_id", "as_of"], ignore_index=True),
        notices=week.leaving[["account_id"]].assign(at=week.leaving["notice_at"], reason=[STATED, *[None] * 5]),
    )


def _past(week: Delivery, weeks: int) -> PastWeek:
    scores = week.health.assign(health=week.health["health"] - weeks, points_usage=week.health["points_usage"] - weeks)
    return PastWeek(AS_OF - timedelta(weeks=weeks), scores, week.at_risk.rows[["account_id", "weeks_listed"]])


LISTED = AS_OF - timedelta(weeks=4)
REPORT = LoopReport(
    weeks=(Answers(LISTED, 40, 12, 10, 4, 3, 1, 0), Answers(LISTED - timedelta(weeks=1), 0, 0, 0, 0, 0, 0, 0)),
    reasons=(Judged("usage", 5, 2, 3, 0), Judged("a signal", 2, 2, 0, 0)),
    became=(
        Became(LISTED, 4, False, "at risk", 40, 6, 2),
        Became(LISTED, 4, False, "not at risk", 150, 3, 0),
        Became(LISTED, 4, False, "contacted", 10, 1, 0),
        Became(LISTED, 4, False, "not contacted", 29, 4, 2),
    ),
    conflicts=(Conflict(LISTED.isoformat(), "ac-0001", "verdict", "real", "b.xlsx", "<b>false alarm</b>", "a.xlsx"),),
)
LOYALTY = {
    **{"loyalty_type": "contractual", "loyalty_ties": "contractual; technical", "loyalty_stage": "affective"},
    **{"satisfaction": 80.0, "loyalty": 40.0, "quadrant": "mercenary", "inferred": True},
    "evidence": "contractual: a term of 12 months; technical: 71 % of the seats in use; stage: satisfaction 80 of 100",
}
WAITS = {"median_seconds": 5400, "p90_seconds": None, "known": 3}
TICKETS = {"tickets": 4, "open": 1, "first_response": WAITS, "resolution": WAITS}
BOOK = {
    "currency": {"code": "EUR", "digits": 2},
    "retention": [{"weeks": 13, "customers_then": 80, "won": 3, "lost": 2, "retention": 97.5, "logo_churn": 2.5}],
    "revenue": [
        {
            **{"month": "2026-10", "final": False, "start": 1_000_000, "new": 50_000, "expansion": 20_000},
            **{"contraction": 10_000, "churn": 30_000, "reactivation": 0, "end": 1_030_000},
        }
    ],
    "cohorts": {
        "rows": [
            {
                **{"cohort": "2026-08", "accounts": 8, "kept": [8, 8, 6]},
                "kept_revenue": [1_000_000, 1_050_000, 600_000],
            }
        ]
    },
    "surveys": {
        "nps": {
            "value": 31.0,
            "low": 20.0,
            "high": 42.0,
            "asked": 40,
            "answered": 10,
            "response_rate": 0.25,
            "before": None,
        },
        "ces": None,
    },
    "support": {"now": TICKETS, "by_priority": [{"priority": "urgent", **TICKETS}]},
    "adoption": {
        "plans": [{"plan": "basic", "accounts": 20}, {"plan": "<b>Pro</b>", "accounts": 60}],
        "features": [
            {
                **{"feature": "<i>exports</i>", "accounts": 60, "share": 0.75},
                "by_plan": {
                    "<b>Pro</b>": {"accounts": 54, "share": 0.9, "in_plan": True},
                    "basic": {"accounts": 0, "share": 0.0, "in_plan": False},
                },
            }
        ],
    },
    "churn_reasons": {
        "weeks": 52,
        "churns": 8,
        "stated": 3,
        "rows": [
            {"reason": "<b>price</b>", "churns": 2},
            {"reason": "other", "churns": 1},
            {"reason": "not stated", "churns": 5},
        ],
    },
    "lifetime": {"value": 4_000_000, "cost_to_win": [100_000, 500_000], "assumptions": ["It costs 5 to 25 times."]},
    "notes": [{"section": "ces", "text": "CES was never asked."}],
}
INPUTS = {
    "sources": [
        {
            **{"name": "usage", "records": 1200, "accepted": 1190, "quarantined": 4, "duplicates": 6},
            **{"last": "2026-11-15T09:00:00", "known_at": "assumed", "rules": {"account is missing": 4}},
        }
    ]
}
CARD = (
    "# Churn model\n\nGrade **B**.\n\n| | AUC |\n|---|---|\n| lightgbm | 0.71 |\n\n"
    "<script>document.title='owned'</script>\n"
)

"""A week of the past that is published now: it tells what was known then, and nothing that an export says today."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from pipeline.commands.week import publish
from tests.commands.command import Company
from tests.commands.test_deliveries import run

NOW = date(2026, 7, 27)
THEN = NOW - timedelta(weeks=1)


def told(company: Company, day: date) -> tuple[pd.Series, pd.Series]:
    """The tips of each account, and what speaks for its loyalty, in the week of a day that is published now."""
    week = publish(run(company, day)).data["path"]
    scores = pd.read_csv(f"{week}/health_scores.csv", keep_default_na=False)
    return scores["tips"], pd.read_csv(f"{week}/loyalty.csv", keep_default_na=False)["evidence"]


def contracted(company: Company, history: str) -> None:
    """Every customer is on a plan with a feature that nobody uses, for a term of twelve months."""
    company.edit("subscriptions.csv", lambda text: "".join(f"{line},{plan}\n" for line, plan in _with_plan(text)))
    mapped = f"plan: {{column: plan, history: {history}}}, term_months: {{column: term, history: {history}}}"
    company.configure(lambda text: text.replace("seats: seats}", f"seats: seats, {mapped}}}"))
    company.configure(lambda text: text + "features: {features: [report], plan_features: {basic: [report]}}\n")


def _with_plan(text: str) -> list[tuple[str, str]]:
    lines = text.splitlines()
    return [*zip(lines, ["plan,term", *["basic,12"] * (len(lines) - 1)], strict=True)]


@pytest.mark.parametrize(
    ("history", "day", "known"), [("snapshot", NOW, True), ("snapshot", THEN, False), ("event", THEN, True)]
)
def test_a_past_week_gives_tips_and_ties_by_contracts_only_where_those_were_known_then(
    company: Company, history: str, day: date, known: bool
) -> None:
    contracted(company, history)
    tips, ties = told(company, day)
    assert tips.str.startswith("report: ").all() if known else (tips == "").all()
    assert ties.str.contains("a term of 12 months").any() == known

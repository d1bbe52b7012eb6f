"""The demo company's product: plans, prices and the events that its application sends."""

from __future__ import annotations

from dataclasses import dataclass

SIGN_IN = "signed_in"
API_CALL = "api_call"
EXPORT = "data_exported"
BILLING = "billing_viewed"
MILESTONES = ("workspace_created", "data_imported", "teammate_invited", "integration_connected", "first_report_shared")
"""One-off steps of onboarding, in the order in which accounts take them."""

FEATURES: dict[str, float] = {
    "task_completed": 5.0,
    "project_created": 1.2,
    "comment_added": 3.0,
    "file_uploaded": 1.5,
    "report_viewed": 3.0,
    "dashboard_shared": 0.8,
    "report_scheduled": 0.6,
    "timeline_edited": 1.1,
    "automation_run": 1.4,
    "approval_requested": 0.8,
    "audit_log_viewed": 0.4,
}
"""Features and how often people turn to them, relative to each other."""

EVENTS: tuple[str, ...] = (SIGN_IN, *FEATURES, API_CALL, EXPORT, BILLING, *MILESTONES)


@dataclass(frozen=True)
class Plan:
    """A plan: its price a seat and month in minor units, and the features it opens."""

    name: str
    unit_amount: int
    features: tuple[str, ...]
    api: float


_CORE = ("task_completed", "project_created", "comment_added", "file_uploaded", "report_viewed")
_GROWTH = (*_CORE, "dashboard_shared", "report_scheduled", "timeline_edited")
PLANS: tuple[Plan, ...] = (
    Plan("starter", 1_900, _CORE, 0.0),
    Plan("growth", 3_900, _GROWTH, 0.35),
    Plan("scale", 6_900, (*_GROWTH, "automation_run", "approval_requested", "audit_log_viewed"), 0.7),
)

PRICE_RISES: tuple[int, ...] = (0, 15, 25, 35)
"""Percent above the first list price; each is a price of its own, since prices never change once made."""
ANNUAL_DISCOUNT_PCT = 15


def price_id(plan: Plan, annual: bool, rise: int) -> str:
    """Key of a price in the billing export."""
    return f"price_{plan.name}_{'year' if annual else 'month'}_v{PRICE_RISES.index(rise) + 1}"


def unit_amount(plan: Plan, annual: bool, rise: int) -> int:
    """Price of one seat for one period, in minor units."""
    month = plan.unit_amount * (100 + rise) // 100
    return month * 12 * (100 - ANNUAL_DISCOUNT_PCT) // 100 if annual else month

"""What an account that gives notice says is the reason: not everybody says, and not everybody says what it was.

The words are those of Stripe's ``cancellation_details[feedback]``, which its cancellation page offers.
"""

from __future__ import annotations

from pipeline.demo.life import Life
from pipeline.demo.traits import Traits, Window, stream

FEEDBACK = (
    "too_expensive", "unused", "switched_service", "missing_features", "too_complex", "customer_service",
    "low_quality", "other",
)  # fmt: skip
NEAREST = {
    "no need any more": ("unused", "missing_features"),
    "never got started": ("too_complex", "unused"),
    "champion left": ("unused", "switched_service"),
    "too much effort": ("customer_service", "low_quality", "too_complex"),
    "faded away": ("unused", "too_expensive"),
    "change of strategy": ("switched_service", "missing_features"),
    "price": ("too_expensive",),
    "payment failed": ("too_expensive",),
}
"""Which of the words offered come near the true reason."""
_SILENT, _EVASIVE, _ASTRAY = 0.42, 0.14, 0.16
"""Shares: who says nothing; and of those who speak, who says "other", and who says whatever comes first."""


def stated_reason(win: Window, traits: Traits, life: Life) -> str:
    """The word that was chosen with the notice; empty where none was, as when a payment failed and nobody asked."""
    rng = stream(win, traits.index, "reason")
    silent, kind, pick = rng.random(3)
    if silent < _SILENT or (life.involuntary and life.notice_at == life.ended_at):
        return ""
    if kind < _EVASIVE:
        return "other"
    words = FEEDBACK if kind < _EVASIVE + _ASTRAY else NEAREST[true_reason(traits)]
    return words[int(pick * len(words))]


def true_reason(traits: Traits) -> str:
    """Why an account leaves when it does; hidden."""
    return "never got started" if traits.failed_onboarding else traits.story.reason

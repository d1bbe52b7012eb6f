"""Words in ``features`` that the data do not know: a misspelt event counts nothing and says nothing."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from pipeline.config import FeatureSettings

_OF_EVENTS = ("login_events", "key_events", "features", "milestones")


def unknown_names(
    settings: FeatureSettings, events: Sequence[str], plans: Sequence[str], columns: Sequence[str]
) -> Iterator[str]:
    """A sentence for each name that is told in the configuration and in no row; nothing where there are no rows."""
    told = settings.model_fields_set
    for name in _OF_EVENTS:
        if name in told:
            yield from _unknown(f"features.{name}", getattr(settings, name), events, "event")
    for plan, offered in settings.plan_features.items():
        yield from _unknown("features.plan_features", [plan], plans, "plan")
        yield from _unknown(f"features.plan_features.{plan}", offered, events, "event")
    if "segment_by" in told:
        yield from _unknown("features.segment_by", [settings.segment_by], columns, "column of accounts")
    if "login_events" not in told and events and not set(settings.login_events) & set(events):
        words = " or ".join(settings.login_events)
        yield f"features.login_events: no event is called {words}; name the sign-ins"


def _unknown(place: str, names: Sequence[str], known: Sequence[str], noun: str) -> Iterator[str]:
    for name in names:
        if known and name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            meant = f"; did you mean {near[0]!r}?" if near else f" (there are: {', '.join(known[:12])})"
            yield f"{place}: no {noun} is called {name!r}{meant}"

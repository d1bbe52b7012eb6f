"""Which lists the page has, in their order, and what each is for."""

from __future__ import annotations

from typing import Any

from pipeline.deliver import words
from pipeline.deliver.delivery import Delivery
from pipeline.lists.signals import SIGNALS

GOOD_NEWS = ("ready to expand", "advocate", "recovered")


def lists(delivery: Delivery, texts: dict[str, Any]) -> list[dict[str, Any]]:
    """The lists: key, title, lead, tip, kind (act, leaving, signal, all), group, and the tag whose members it has."""
    told = texts["lists"]
    first = [
        _list("at-risk", told["at_risk"], words.rule(delivery.about), "act", "act"),
        _list("leaving", told["leaving"], told["leaving_lead"], "leaving", "act"),
        _list("resting", told["resting"], told["resting_lead"], "resting", "act"),
    ]
    tips = {signal.name: signal.tip for signal in SIGNALS}
    tagged = [
        _list(
            key(name),
            words.sentence(words.list_name(name)),
            condition,
            "signal",
            _group(name),
            tip=tips.get(name, ""),
            tag=name,
        )
        for name, condition in delivery.signals.items()
    ]
    return [*first, *tagged, _list("all", told["all"], told["all_lead"], "all", "all")]


def key(name: str) -> str:
    """A name as it stands in an address: ``quiet account`` to ``quiet-account``."""
    return name.replace(" ", "-")


def _group(name: str) -> str:
    return "good" if name in GOOD_NEWS else "watch"


def _list(key: str, title: str, lead: str, kind: str, group: str, tip: str = "", tag: str = "") -> dict[str, Any]:
    sentence = words.sentence(lead)
    ended = sentence if sentence.endswith(".") else f"{sentence}."
    return {"key": key, "title": title, "lead": ended, "kind": kind, "group": group, "tip": tip, "tag": tag}

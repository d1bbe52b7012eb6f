"""The lists that a model would have led to, as the model card tells them: what they caught, how early, how steadily."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_WORDS = {
    "precision": "of those listed, left within the horizon",
    "recall": "of those who left, were listed",
    "lift": "times as many of the listed left as of all",
    "revenue_caught": "of the revenue that left, was listed",
}
_UNITS = {"lift": (1, "")}


def list_lines(tested: Mapping[str, Any]) -> list[str]:
    """The section of the card, in Markdown; empty where no lists were made. ``tested``: ``Backtest.to_dict``."""
    policy = tested.get("policy")
    if policy is None:
        return []
    return [
        "## The lists it would have published", "",
        *_compared("On the last fold", policy["test"]),
        *_compared("Over all tested cutoffs", policy["validated"]),
        *(f"- **Careful**: {text}" for text in [surely_worse(policy)] if text),
        *(f"- {line}" for line in _more(policy)),
        *(f"- **Careful**: {text}" for text in tested.get("warnings", ())), "",
    ]  # fmt: skip


def surely_worse(policy: Mapping[str, Any]) -> str:
    """A sentence where the published list of the last fold is surely worse than a plain ranking, with what costs it.

    Empty where no 95 % interval of a difference lies wholly below none.
    """
    part = policy["test"]
    lost = [name for name in _WORDS if name != "lift" and _is_below(part["difference"][name])]
    if not lost:
        return ""
    told = " and ".join(
        f"{name.replace('_', ' ')} {_cell(part['published'][name], name)} against {_cell(part['plain'][name], name)}"
        for name in lost
    )
    rests = not any(_is_below(policy["followed"]["difference"][name]) for name in lost)
    cause = (
        "With those counted in who rest after a call it is not surely worse: the rest explains it."
        if rests
        else "The rest after a call does not explain it; what else parts them are the rows for each manager, the order "
        "by revenue, and accounts that stay until they are clearly better."
    )
    return f"The published list is surely worse than the likeliest to leave alone on the last fold: {told}. {cause}"


def _is_below(interval: Mapping[str, Any]) -> bool:
    return interval["high"] is not None and interval["high"] < 0


def _compared(where: str, part: Mapping[str, Any]) -> list[str]:
    """The published list beside the plain ranking of the same length."""
    told = f"{where}: {part['cutoffs']} lists of {part['listed']:.0f} accounts, beside the likeliest to leave alone."
    rows = [
        f"| {name.replace('_', ' ')}: {words} | {_cell(part['published'][name], name)} | "
        f"{_cell(part['plain'][name], name)} | {_cell(part['difference'][name], name, signed=True)} |"
        for name, words in _WORDS.items()
    ]
    return [told, "", "| | published list | by probability alone | difference |", "|---|---|---|---|", *rows, ""]


def _cell(interval: Mapping[str, Any], name: str, *, signed: bool = False) -> str:
    """A figure with its 95 % interval: shares in per cent, the lift as it is."""
    if interval["value"] is None:
        return str(interval.get("note") or "not measurable")
    form, size, unit = ("+" if signed else "") + (".1f" if name == "lift" else ".0f"), *_UNITS.get(name, (100, " %"))
    value, low, high = (interval[key] for key in ("value", "low", "high"))
    span = "" if low is None or high is None else f" ({size * low:{form}} to {size * high:{form}})"
    return f"{size * value:{form}}{unit}{span}"


def _more(policy: Mapping[str, Any]) -> Iterator[str]:
    lead, steady = policy["lead_time"], policy["stability"]
    yield f"{policy['eligible']:.0f} accounts were eligible in a usual week of the last fold."
    if lead["listed"]:
        yield (
            f"Lead time: of {lead['churns']} churns {lead['listed']} stood on a list before they left, for "
            f"{lead['median_days']:.0f} days (half of them {lead['lower_quartile_days']:.0f} to "
            f"{lead['upper_quartile_days']:.0f})."
        )
    if steady["kept"] is not None:
        kept = f"{100 * steady['kept']:.0f} %"
        yield f"Stability: from one list to the next {kept} of those still customers stayed on it."
    yield policy["simulated"]

"""What people read of a training or backtest: the grade, what it was tested on, how sure that is, what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from models.card_lists import surely_worse

_SHOWN = ("auc", "average_precision", "log_loss")
_WIDTH = 24
_YEARS_FROM = 104
_CROWDED = 1.5


def tested(data: Mapping[str, Any]) -> str:
    """The JSON of ``holdfast backtest`` in a screenful."""
    if "folds" not in data:
        return f"No model was trained: {data['grade_reason']}"
    return "\n".join([*_head(data), "", *_table(data), "", *_lists(data), *_apart(data), *_next(data)])


def _head(data: Mapping[str, Any]) -> Iterator[str]:
    whole = data["training"]
    yield f"Grade {data['grade']}: {data['grade_reason']}"
    yield (
        f"Learned from {whole['churns']} churns among {whole['accounts']:,} accounts at {whole['cutoffs']} cutoffs "
        f"({whole['first_cutoff']} to {whole['last_cutoff']}), {len(data['folds'])} folds in time."
    )
    yield (
        f"Tested once, after everything was chosen, on the last {data['cutoffs']} of them "
        f"({data['first_cutoff']} to {data['last_cutoff']}): {data['churns']} churns, {data['accounts']:,} accounts."
    )


def _table(data: Mapping[str, Any]) -> Iterator[str]:
    yield f"  {'':{_WIDTH}}{'AUC':>{_WIDTH}}{'average precision':>{_WIDTH}}{'log loss':>{_WIDTH}}"
    for name, figures in {**data["models"], **data["baselines"], **data["benchmarks"]}.items():
        mark = "*" if name == data["chosen"] else "-" if name in data["benchmarks"] else " "
        yield f"{mark} {name:{_WIDTH}}" + "".join(f"{cell(figures[key]):>{_WIDTH}}" for key in _SHOWN)
    named = "" if data["title"] == data["chosen"] else f": {data['title']}"
    chosen = data["models"].get(data["chosen"])
    passed_over = [name for name, figures in data["models"].items() if chosen and _ahead(figures["auc"], chosen["auc"])]
    beside = " - stands beside and cannot be chosen." if data["benchmarks"] else ""
    yield f"* chosen{named}.{beside} Brackets hold 95 %. {data['calibration']['told']}"
    if passed_over:
        yield (
            f"{' and '.join(passed_over)} stands higher here; the choice was made by the earlier folds, never by this "
            "last one, so that its figures are no luck of choosing."
        )


def _ahead(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether the shown figure is the higher one."""
    return one["value"] is not None and other["value"] is not None and f"{one['value']:.3f}" > f"{other['value']:.3f}"


def _followed(policy: Mapping[str, Any]) -> Iterator[str]:
    """How many were on a list or resting after a call, where anybody rested: a rest is no oversight."""
    own, plain = (policy["followed"][name]["recall"]["value"] for name in ("published", "plain"))
    if policy["resting"] and own is not None:
        yield (
            f"  of those who left, were listed or resting after a call: {own:.0%}   by probability alone, as many "
            f"accounts: {plain:.0%}"
        )


def _lists(data: Mapping[str, Any]) -> Iterator[str]:
    """The lists that would have been published."""
    policy = data.get("policy")
    if policy is None:
        return
    part, lead, steady = policy["test"], policy["lead_time"], policy["stability"]
    own, plain = part["published"], part["plain"]
    yield (
        f"The published list (probability times revenue) in {part['cutoffs']} weeks of the test: "
        f"{part['listed']:.0f} accounts of {policy['eligible']:.0f} eligible, of whom {policy['resting']:.0f} rest."
    )
    for name, words in _LIST_WORDS.items():
        if own[name]["value"] is None:
            continue
        yield f"  {words:42}{_share(own[name]):>24}   by probability alone {plain[name]['value']:.0%}"
    yield from _followed(policy)
    if worse := surely_worse(policy):
        yield f"  Careful: {worse}"
    if lead["listed"]:
        yield (
            f"  Of {lead['churns']} churns over all tested cutoffs {lead['listed']} stood on a list before they left: "
            f"for {lead['median_days']:.0f} days (half of them {lead['lower_quartile_days']:.0f} to "
            f"{lead['upper_quartile_days']:.0f})."
        )
    if steady["kept"] is not None:
        yield f"  From one list to the next {steady['kept']:.0%} of those still customers stay on it."
    yield ""


_LIST_WORDS = {
    "precision": "of those listed, left within the horizon",
    "recall": "of those who left, were listed",
    "revenue_caught": "of the revenue that left, was listed",
}


def _apart(data: Mapping[str, Any]) -> Iterator[str]:
    """Renewals and unseen accounts, each in a line."""
    parts = {name: part for name, part in data["renewals"].items() if part["churns"]}
    if len(parts) > 1:
        inside, rest = data["renewals"]["in_horizon"], data["renewals"]["rest"]
        yield (
            f"Renewing within the horizon: AUC {cell(inside['auc'])}, {inside['churns']} churns. "
            f"All others: {cell(rest['auc'])}, {rest['churns']} churns."
        )
    memory = data.get("account_disjoint", {})
    if memory.get("told") and memory["model"] == data["chosen"] and not memory["markedly_lower"]:
        yield memory["told"]
    if "learning_curve" in data:
        yield data["learning_curve"]["told"]


def _next(data: Mapping[str, Any]) -> Iterator[str]:
    """What to be careful about, what is missing, and what to do."""
    yield from (f"Careful: {text}" for text in data.get("warnings", ()))
    yield from (f"Note: {text}" for text in data["notes"])
    for each in data["minimums"]:
        if not each["enough"]:
            after = f"; at the present rate in {_wait(each['weeks_more'])}" if each["weeks_more"] else ""
            yield f"Missing for {each['purpose']}: {each['have']} {each['name']}, {each['need']} are needed{after}."
    yield f"Next: {_advice(data)}"


def _advice(data: Mapping[str, Any]) -> str:
    """The one thing that would help most."""
    policy = data.get("policy")
    if data["grade"] in ("C", "none"):
        curve = "" if "learning_curve" in data else " ('--learning-curve' says whether more data would)"
        return f"give the model something that it does not know yet: a source, a measure, a longer history{curve}."
    awake = policy["eligible"] - policy["resting"] if policy else 0
    if policy and awake > _CROWDED * policy["test"]["listed"]:
        unseen = awake - policy["test"]["listed"]
        return f"{unseen:.0f} eligible accounts a week do not fit on the lists; lists.capacity says how many do."
    return "nothing stands in the way of using it; repeat this when a quarter's outcomes are known."


def _wait(weeks: int) -> str:
    return f"{weeks} week{'s'[: weeks > 1]}" if weeks <= _YEARS_FROM else f"{weeks / 52:.0f} years"


def cell(interval: Mapping[str, Any]) -> str:
    """A figure with its interval; the reason where there is none."""
    value, low, high = (interval[key] for key in ("value", "low", "high"))
    if value is None:
        return str(interval.get("note") or "not measurable")
    span = f" ({low:.3f} to {high:.3f})" if low is not None and high is not None else ""
    return f"{value:.3f}{span}"


def _share(interval: Mapping[str, Any]) -> str:
    value, low, high = (interval[key] for key in ("value", "low", "high"))
    return f"{value:.0%}" if low is None else f"{value:.0%} ({low:.0%} to {high:.0%})"

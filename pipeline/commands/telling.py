"""What commands tell people: short, with the figures that matter and where to look next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from models.scale import DIMENSIONS
from pipeline.health.calendar import MUCH, without_calendar
from pipeline.sources.reports import COUNTS
from pipeline.stages.outcome import Outcome

if TYPE_CHECKING:
    from pipeline.stages.account import Explained
    from pipeline.stages.publish import Published

_SHOWN = 10
_FEATURES = 15
_LEAST = 0.05


def ingested(report: Mapping[str, Any]) -> str:
    """Every source with its counts."""
    lines = [f"{'source':24}{'records':>12}{'accepted':>12}{'quarantined':>12}{'duplicates':>12}{'filtered':>12}"]
    for source in report["sources"]:
        cells = "".join(f"{source[name]:>12,}" for name in COUNTS)
        lines.append(f"{source['name']:24}{cells}")
    gave_way = [
        f"{source['name']}: {source['superseded']:,} of the duplicates gave way to later rows that differ"
        for source in report["sources"]
        if source["superseded"]
    ]
    return "\n".join([*lines, *gave_way, *(f"warning: {text}" for text in report["warnings"])])


def tabulated(data: Mapping[str, Any]) -> str:
    """The feature table."""
    return (
        f"{data['features']} features for {data['rows']:,} (account, cutoff) rows at {len(data['cutoffs'])} cutoffs, "
        f"{data['seconds']:.1f} s\n{data['path']}"
    )


def scored(data: Mapping[str, Any]) -> str:
    """The scores of a week."""
    return f"{data['as_of']}: {data['accounts']:,} accounts scored by {data['model']} ({_bands(data)})\n{data['path']}"


def published(done: Published, data: Mapping[str, Any]) -> str:
    """The week, its list and where it is."""
    news = (
        "" if done.new else " (nothing it is made of has changed; what managers said since is heard by the next week)"
    )
    lines = [
        f"Week of {data['as_of']}, version {data['version']}{news}: {data['accounts']:,} accounts ({_bands(data)}), "
        f"{data['at_risk']} at risk, {data['leaving']} leaving.",
        *_list_lines(done),
        *_version_lines(done),
        f"Open {data['path']}/index.html, or at_risk.xlsx beside it.",
    ]
    return "\n".join(lines)


def _version_lines(done: Published) -> list[str]:
    """What a later version of a week means, and what would give it a past."""
    if done.new and done.week.version > 1:
        return [
            f"Version {done.week.version}: data, history, configuration or model differ from version "
            f"{done.week.version - 1}, which stays as it was."
        ]
    if done.new and not done.past:
        return ["No earlier week is published to compare with: 'holdfast replay' before the first run gives it a past."]
    return []


def _list_lines(done: Published) -> list[str]:
    rows = done.at_risk.rows.head(_SHOWN)
    if rows.empty:
        return ["Nobody is on the at-risk list."]
    lines = [
        f"{'':4}{'account':30}{'owner':20}{'health':>7}  why",
        *(_row_line(row) for row in rows.to_dict("records")),
    ]
    more, left_out = len(done.at_risk.rows) - len(rows), sum(done.at_risk.left_out.values())
    lines += [f"    and {more} more"] if more > 0 else []
    told = f"{done.at_risk.eligible} accounts are eligible; the capacity of the lists leaves out {left_out}."
    return [*lines, told] if left_out else lines


def _row_line(row: Mapping[Any, Any]) -> str:
    name, owner = row["account_name"][:28], row["owner"][:18]
    return f"{row['rank']:>3} {name:30}{owner:20}{row['health']:>7.0f}  {row['reason_1']}"


def replayed(data: Mapping[str, Any]) -> str:
    """The weeks that were replayed."""
    lines = [f"{week['as_of']}: {week['at_risk']} at risk, {week['leaving']} leaving" for week in data["weeks"]]
    if data["skipped"]:
        were = "was" if data["skipped"] == 1 else "were"
        lines.append(f"{_weeks(data['skipped'])} {were} published already and stay as published")
    return "\n".join(lines)


def _weeks(number: int) -> str:
    return f"{number} week{'s' if number != 1 else ''}"


def quiet(spells: Mapping[str, int] | None) -> list[str]:
    """How many silences ended in a return."""
    if spells is None:
        return []
    share = spells["returned"] / spells["spells"] if spells["spells"] else 0.0
    return [
        f"{spells['returned']} of {spells['spells']} quiet spells ended in a return ({share:.0%}): "
        "this predicts going quiet, not leaving."
    ]


def stood(data: Mapping[str, Any]) -> str:
    """What a workspace holds."""
    entry, latest = data["champion"], data["latest"]
    lines = [f"Workspace {data['workspace']}", *(each["told"] for each in data["unfinished"])]
    if entry is None:
        lines.append(
            "No champion yet: 'holdfast run' trains one where the data allow it; until then the scorecard scores."
        )
    else:
        title = entry.get("title", entry["name"])
        lines.append(f"Champion {entry['version']} ({title}), grade {entry['grade']}: {entry['grade_reason']}")
    lines += [data["waiting"]] if data["waiting"] else []
    if latest is None:
        return "\n".join([*lines, "No week is published yet. 'holdfast run' publishes one."])
    counts = latest["counts"]
    lines.append(
        f"{_weeks(len(data['weeks']))} published, {data['weeks'][0]['as_of']} to {data['weeks'][-1]['as_of']}."
    )
    lines.append(f"Latest: {counts['accounts']:,} accounts, {counts['at_risk']} at risk, {counts['leaving']} leaving.")
    if latest.get("replayed"):
        scorer = latest["model"]["version"] or "the scorecard"
        lines.append(
            f"It is replayed: scored by {scorer} as it would have been then. 'holdfast run' publishes this week."
        )
    lines += _outcome_lines(latest["figures"])
    where = f"The lists: {data['latest_path']}/index.html"
    gone = "An account was erased from the latest week, and its pages went with it: 'holdfast run' publishes it anew."
    return "\n".join([*lines, gone if latest.get("erased") else where])


def _outcome_lines(figures: Mapping[str, Any]) -> list[str]:
    """What became of those listed some weeks ago."""
    weeks = figures.get("realised_weeks", 13)
    return [
        f"  {group['group']:12} {weeks} weeks ago: {group['left']} of {group['accounts']} left ({group['share']:.1%})"
        for group in figures["realised"]
        if group["share"] is not None
    ]


def left(account: str, leaving: pd.DataFrame) -> Outcome:
    """One account that has given notice, and so is not scored."""
    notice, ends = (leaving[name].iloc[0] for name in ("notice_at", "ends_at"))
    data = {"account_id": account, "leaving": True, "notice_at": _day(notice), "ends_at": _day(ends)}
    text = f"{account} gave notice on {data['notice_at']} and leaves on {data['ends_at'] or 'a day that is not known'}."
    return Outcome(data, f"{text} Those who have given notice are listed in leaving.csv and are not scored.")


def _day(moment: Any) -> str | None:
    return None if pd.isna(moment) else str(moment)[:10]


def explained(told: Explained, cutoff: date, account: str) -> Outcome:
    """One account's score, dimension by dimension and feature by feature."""
    row = _record(told.scores, account)
    points = {name: value for name, value in _record(told.points, account).items() if abs(value) >= _LEAST}
    heaviest = sorted(points, key=lambda name: -abs(points[name]))[:_FEATURES]
    data = {
        "account_id": account,
        "as_of": cutoff.isoformat(),
        **{name: row[name] for name in ("account_name", "model", "health", "score", "band", "points_base")},
        "health_without_calendar": float(without_calendar(told.scores.loc[[account]]).clip(0, 100).iloc[0]),
        "points": {name: row[f"points_{name}"] for name in DIMENSIONS},
        "features": {name: points[name] for name in heaviest},
        "reasons": [row[f"reason_{number}"] for number in (1, 2, 3) if row[f"reason_{number}"]],
        "published": told.published,
    }
    return Outcome(data, _account_text(data, _record(told.features, account)))


def _record(frame: pd.DataFrame, account: str) -> dict[str, Any]:
    """One account's row as plain values."""
    return {str(name): value for name, value in frame.loc[[account]].to_dict("records")[0].items()}


def _account_text(data: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    lines = [
        f"{data['account_name']} ({data['account_id']}) at {data['as_of']}: "
        f"health {data['health']:.0f}{_behaviour(data)}, {data['band']}, by {data['model']}"
        + (f", as published in {data['published']}" if data["published"] else ""),
        *(f"  why: {reason}" for reason in data["reasons"]),
        "",
        f"{'where the scale is set':32}{60.0:>8.1f}",
        f"{'the average against it':32}{data['points_base']:>+8.1f}",
        *(f"{name:32}{value:>+8.1f}" for name, value in data["points"].items() if abs(value) >= _LEAST),
        f"{'score':32}{data['score']:>8.1f}",
        "",
        *(f"  {name:36}{_value(values[name]):>14}{value:>+8.1f}" for name, value in data["features"].items()),
    ]
    return "\n".join(lines)


def _behaviour(data: Mapping[str, Any]) -> str:
    """Health without the calendar of the contract, where that is another."""
    alone = data["health_without_calendar"]
    return f" ({alone:.0f} without the calendar of the contract)" if abs(alone - data["health"]) >= MUCH else ""


def _value(value: object) -> str:
    return f"{value:,.2f}" if isinstance(value, float) and value == value else str(value)


def _bands(data: Mapping[str, Any]) -> str:
    return ", ".join(f"{data['bands'].get(name, 0)} {name}" for name in ("red", "amber", "green"))

"""What commands tell people: short, with the figures that matter and where to look next."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from models.scale import DIMENSIONS
from pipeline.stages.judge import Scored
from pipeline.stages.outcome import Outcome
from pipeline.stages.publish import Published
from pipeline.stages.tabulate import FeatureSet

_SHOWN = 10


def closest(word: str, valid: Sequence[str]) -> str:
    """What was probably meant, as a sentence; empty where nothing is near."""
    near = difflib.get_close_matches(word, valid, n=3, cutoff=0.6)
    return f"Did you mean {', '.join(near)}?" if near else ""


def ingested(report: Mapping[str, Any]) -> str:
    """Every source with its counts."""
    lines = [f"{'source':24}{'records':>12}{'accepted':>12}{'quarantined':>12}{'duplicates':>12}"]
    for source in report["sources"]:
        cells = "".join(f"{source[name]:>12,}" for name in ("records", "accepted", "quarantined", "duplicates"))
        lines.append(f"{source['name']:24}{cells}")
    return "\n".join([*lines, *(f"warning: {text}" for text in report["warnings"])])


def ingested_line(report: Mapping[str, Any]) -> str:
    """All sources in one line."""
    return (
        f"ingest: {report['records']:,} records, {report['quarantined']:,} quarantined, "
        f"{report['duplicates']:,} duplicates dropped"
    )


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
    news = "" if done.new else " (nothing had changed since it was published)"
    lines = [
        f"Week of {data['as_of']}, version {data['version']}{news}: {data['accounts']:,} accounts ({_bands(data)}), "
        f"{data['at_risk']} at risk, {data['leaving']} leaving.",
        *_list_lines(done),
        f"Open {data['path']}/index.html, or at_risk.xlsx beside it.",
    ]
    return "\n".join(lines)


def _list_lines(done: Published) -> list[str]:
    rows = done.at_risk.rows.head(_SHOWN)
    if rows.empty:
        return ["Nobody is on the at-risk list."]
    lines = [
        f"{'':4}{'account':30}{'owner':20}{'health':>7}  why",
        *(
            f"{row.rank:>3} {row.account_name[:28]:30}{row.owner[:18]:20}{row.health:>7.0f}  {row.reason_1}"
            for row in rows.itertuples()
        ),
    ]
    more = len(done.at_risk.rows) - len(rows)
    return [*lines, f"    and {more} more"] if more > 0 else lines


def replayed(data: Mapping[str, Any]) -> str:
    """The weeks that were replayed."""
    lines = [f"{week['as_of']}: {week['at_risk']} at risk, {week['leaving']} leaving" for week in data["weeks"]]
    if data["skipped"]:
        lines.append(f"{data['skipped']} weeks were published already and stay as they are")
    return "\n".join(lines)


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
    lines = [f"Workspace {data['workspace']}"]
    if entry is None:
        lines.append("No champion: the scorecard's rules are used. 'holdfast train' learns a model.")
    else:
        lines.append(f"Champion {entry['version']} ({entry['name']}), grade {entry['grade']}: {entry['grade_reason']}")
    if latest is None:
        return "\n".join([*lines, "No week is published yet. 'holdfast run' publishes one."])
    counts = latest["counts"]
    lines.append(f"{len(data['weeks'])} weeks published, {data['weeks'][0]['as_of']} to {data['weeks'][-1]['as_of']}.")
    lines.append(f"Latest: {counts['accounts']:,} accounts, {counts['at_risk']} at risk, {counts['leaving']} leaving.")
    lines += _outcome_lines(latest["figures"])
    return "\n".join([*lines, f"The lists: {data['latest_path']}/index.html"])


def _outcome_lines(figures: Mapping[str, Any]) -> list[str]:
    """What became of those listed 13 weeks ago."""
    return [
        f"  {group['group']:12} 13 weeks ago: {group['left']} of {group['accounts']} have left ({group['share']:.1%})"
        for group in figures["realised"]
        if group["share"] is not None
    ]


def explained(scored: Scored, found: FeatureSet, account: str) -> Outcome:
    """One account's score, dimension by dimension and feature by feature."""
    row = scored.scores.set_index("account_id").loc[account]
    points = scored.points.loc[account].sort_values()
    reasons = [row[f"reason_{number}"] for number in (1, 2, 3) if row[f"reason_{number}"]]
    dimensions = {name: float(row[f"points_{name}"]) for name in DIMENSIONS}
    top = points[points.abs() >= 0.05].reindex(points.abs().sort_values(ascending=False).index).dropna().head(15)
    data = {
        "account_id": account,
        "account_name": row["account_name"],
        "as_of": scored.cutoff.isoformat(),
        "health": float(row["health"]),
        "score": float(row["score"]),
        "band": row["band"],
        "points_base": float(row["points_base"]),
        "points": dimensions,
        "features": {name: float(value) for name, value in top.items()},
        "reasons": reasons,
    }
    values = scored.features.loc[account]
    lines = [
        f"{row['account_name']} ({account}) at {scored.cutoff}: health {row['health']:.0f}, {row['band']}",
        *(f"  why: {reason}" for reason in reasons),
        "",
        f"{'the usual account here':32}{60.0:>8.1f}",
        f"{'the average against it':32}{row['points_base']:>+8.1f}",
        *(f"{name:32}{value:>+8.1f}" for name, value in dimensions.items() if abs(value) >= 0.05),
        f"{'score':32}{row['score']:>8.1f}",
        "",
        *(f"  {name:36}{_value(values[name]):>14}{value:>+8.1f}" for name, value in top.items()),
    ]
    return Outcome(data, "\n".join(lines))


def _value(value: object) -> str:
    return f"{value:,.2f}" if isinstance(value, float) and value == value else str(value)


def _bands(data: Mapping[str, Any]) -> str:
    return ", ".join(f"{data['bands'].get(name, 0)} {name}" for name in ("red", "amber", "green"))

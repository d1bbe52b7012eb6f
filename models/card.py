"""The model card: what was learned from what, how well it did on later cutoffs, and where it ends.

Written as Markdown; the HTML is made of that, with the plots inside, so that it is one file.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

from models.backtest import Backtest
from models.card_lists import list_lines
from models.curves import importance, reliability_table
from models.evaluate import METRICS, Interval
from models.provenance import Provenance
from models.train import Trained

_TITLES = {
    "auc": "AUC", "average_precision": "average precision", "log_loss": "log loss", "brier": "Brier",
    "ece": "calibration error", "lift_at_5pct": "lift at 5 %",
}  # fmt: skip


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Model card</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #222; }}
table {{ border-collapse: collapse; font-size: 13px; display: block; overflow-x: auto; }}
th, td {{ border-bottom: 1px solid #ddd; padding: .25rem .6rem; text-align: left; white-space: nowrap; }}
img {{ max-width: 30rem; width: 100%; }}
</style></head><body>
{body}</body></html>
"""
_IMAGE = re.compile(r'src="(plots/[\w-]+\.png)"')


def model_card(trained: Trained, provenance: Provenance | None = None, plots: Sequence[str] = ()) -> str:
    """The card of a training in Markdown. ``plots``: names of the pictures in ``plots/`` beside it."""
    known = provenance or Provenance()
    parts = [f"# Churn model {trained.model.version if trained.model else '(none: the scorecard is used)'}", ""]
    parts += [f"Grade **{trained.backtest.grade}**. {trained.reason}" if trained.backtest else trained.reason, ""]
    parts += [*(list_lines(trained.backtest.to_dict()) if trained.backtest else ()), *_label(known)]
    if trained.backtest:
        parts += [*_data(trained.backtest, known), *_evidence(trained.backtest), *_folds(trained.backtest)]
        parts += [*_segments(trained.backtest.to_dict().get("segments") or ())]
    if trained.model and trained.backtest:
        parts += [*_calibration(trained), *_features(trained)]
    parts += [*_limits(trained, known.snapshot_columns), "", *_pictures(plots)]
    return "\n".join(parts) + "\n"


def card_html(markdown: str, folder: Path) -> str:
    """The card as one page that asks for nothing else: the plots in ``folder`` are put inside."""
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)

    def inside(found: re.Match[str]) -> str:
        return f'src="data:image/png;base64,{base64.b64encode((folder / found[1]).read_bytes()).decode()}"'

    return _PAGE.format(body=_IMAGE.sub(inside, body))


def _label(known: Provenance) -> list[str]:
    if not known.label:
        return []
    told = [f"- {name.replace('_', ' ')}: {_plain(value)}" for name, value in known.label.items()]
    return ["## Label: what counts as leaving", "", *told, ""]


def _plain(value: Any) -> str:
    return ", ".join(str(each) for each in value) if isinstance(value, list | tuple) else str(value)


def _inputs(known: Provenance) -> list[str]:
    if not known.inputs:
        return []
    rows = [
        f"| {each.name} | {each.rows:,} | {each.first or '-'} | {each.last or '-'} | {each.digest[:12]} |"
        for each in known.inputs
    ]
    return ["| table | rows | first day | last day | sha256 |", "|---|---|---|---|---|", *rows, ""]


def _segments(told: Sequence[Mapping[str, Any]]) -> list[str]:
    """How well each segment is ranked and judged, with those that are markedly worse or misjudged marked."""
    if not told:
        return []
    rows = [
        f"| {each['by']} | {each['segment']} | {each['churns']} | {_dict_cell(each['auc'])} | "
        f"{100 * each['predicted']:.1f} % | {100 * each['realised']:.1f} % | {_marked(each)} |"
        for each in told
    ]
    told_first = "Over all tested cutoffs; a mark is given only where it is beyond chance."
    head = "| by | segment | churns | AUC | predicted to leave | left | |"
    return ["## Segments", "", told_first, "", head, "|---" * 7 + "|", *rows, ""]


def _marked(each: Mapping[str, Any]) -> str:
    marks = {"markedly worse": each.get("worse"), "misjudged": each.get("misjudged")}
    return ", ".join(name for name, is_so in marks.items() if is_so)


def _pictures(plots: Sequence[str]) -> list[str]:
    titles = [(name, name.replace("_", " ")) for name in plots]
    return ["## Plots", "", *(f"![{title}](plots/{name}.png)\n" for name, title in titles)] if plots else []


def _data(found: Backtest, known: Provenance) -> list[str]:
    whole, test = found.training, found.test
    return [
        "## Data", "",
        "- A churn counts once, however many cutoffs see it ahead.",
        f"- {whole['rows']:,} rows: {whole['accounts']:,} accounts at {whole['cutoffs']} cutoffs from "
        f"{whole['first_cutoff']} to {whole['last_cutoff']}, {whole['churns']:,} distinct churns.",
        f"- Tested on {test['cutoffs']} cutoffs from {test['first_cutoff']} to {test['last_cutoff']}: "
        f"{test['churns']:,} churns among {test['accounts']:,} accounts.",
        "",
        *_inputs(known),
    ]  # fmt: skip


def _evidence(found: Backtest) -> list[str]:
    head = ["## Evidence on the last fold", "", "Averages within cutoffs, 95 % intervals.", ""]
    head += ["| | " + " | ".join(_TITLES[name] for name in METRICS) + " |", "|---" * (len(METRICS) + 1) + "|"]
    rows = [_row(name, each) for name, each in {**found.models, **found.baselines}.items()]
    apart = [
        f"- Renewal {name.replace('_', ' ')}: {part['churns']} churns in {part['rows']:,} rows, "
        f"AUC {_dict_cell(part['auc'])}."
        for name, part in found.renewals.items()
    ]
    return [*head, *rows, "", *apart, *(f"- {n}" for n in found.notes), ""]


def _row(name: str, each: Mapping[str, Interval]) -> str:
    return f"| {name} | " + " | ".join(_dict_cell(each[metric].to_dict()) for metric in METRICS) + " |"


def _dict_cell(interval: Mapping[str, Any]) -> str:
    if interval["value"] is None or interval["low"] is None:
        return str(interval.get("note", "not measurable"))
    return f"{interval['value']:.3f} ({interval['low']:.3f} to {interval['high']:.3f})"


def _folds(found: Backtest) -> list[str]:
    rows = [
        f"| {number} | {fold['role']} | {fold['train']['first_cutoff']} to {fold['train']['last_cutoff']} | "
        f"{fold['train']['churns']} | {fold['validation']['first_cutoff']} to {fold['validation']['last_cutoff']} | "
        f"{fold['validation']['churns']} | {_score(fold, found.verdict.candidate)} |"
        for number, fold in enumerate(found.folds, 1)
    ]
    head = "| fold | role | learned from | churns | asked about | churns | AUC |"
    return ["## Folds", "", head, "|---" * 7 + "|", *rows, ""]


def _score(fold: Mapping[str, Any], name: str) -> str:
    value = fold["scores"][name]["auc"]
    return f"{value:.3f}" if value is not None else "-"


def _calibration(trained: Trained) -> list[str]:
    assert trained.model and trained.backtest
    model = trained.model
    table = reliability_table(trained.backtest.out_of_fold(trained.backtest.chosen))
    rows = [
        f"| {row.predicted:.4f} | {row.realised:.4f} | {row.low:.4f} to {row.high:.4f} | {row.rows:,} | {row.churns} |"
        for row in table.itertuples()
    ]
    return [
        "## Calibration", "",
        f"z = {model.calibration.a:.3f} * log-odds {model.calibration.b:+.3f}, fitted on out-of-fold predictions. "
        f"Score 60 means a probability of {model.scale.probability_at(60):.4f}; every 10 points lower doubles the odds "
        f"(scale version {model.scale.version}).", "",
        "| predicted | realised | 95 % interval | rows | churns |", "|---|---|---|---|---|", *rows, "",
    ]  # fmt: skip


def _features(trained: Trained) -> list[str]:
    assert trained.model and trained.backtest
    panel = trained.backtest.panel
    latest = panel.X.loc[panel.rows_at(panel.cutoffs[-1:])]
    weights = importance(trained.model.contributions(latest)).head(20)
    rows = [f"| {name} | {trained.model.dimension_of(str(name))} | {value:.2f} |" for name, value in weights.items()]
    head = "Mean absolute points at the latest cutoff, the 20 heaviest."
    return [f"## Features ({len(trained.model.features)})", "", head, "",
            "| feature | dimension | points |", "|---|---|---|", *rows, ""]  # fmt: skip


def _limits(trained: Trained, snapshot_columns: Sequence[str]) -> list[str]:
    shown = ", ".join(snapshot_columns) if snapshot_columns else "none"
    return [
        "## Limits", "",
        f"- Columns as of the export, shown and never learned from: {shown}.",
        "- A reason says what moved the score, not what would move the customer.",
        "- Where a team acted on earlier lists, customers it saved look like false alarms.",
        f"- Learned from {len(trained.cutoffs)} cutoffs; it knows no season it has not seen.",
    ]  # fmt: skip

"""``make ceiling``: how far the demo's champion is from the best that could be known, and what lies between.

The demo's hidden truth says how likely each account really was to leave. The same recipe is asked about the last fold
after learning from what happened, from the same histories lived several times over (their outcomes drawn anew from
the truth, so that few churns are no excuse), and with the hidden state beside the features. AUC is measured against the
true probabilities, so that what happened to happen in those weeks plays no part. Nothing here is read by the pipeline.
"""

from __future__ import annotations

import argparse
import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.companies import demo
from benchmarks.panels import training
from models.candidates import CANDIDATES
from models.panel import FloatArray, Panel, panel_from
from models.settings import TrainSettings
from models.walk import usable_folds
from pipeline.demo import simulate
from pipeline.demo.ceiling import auc
from pipeline.demo.life import Life, live
from pipeline.demo.traits import WEEK, Traits, draw_traits, window

DOCUMENT = Path("docs/ceiling.md")
_RECIPE, _HORIZON, _SEED = "lightgbm", 91, 7
_LIVES = (2, 4, 8)

_TEXT = """# How far from the best

Written by `make ceiling`; nothing here was typed. The demo company of {accounts:,} accounts, last fold
({cutoffs}): {churns} churns. AUC of {recipe} within cutoffs, against the true probability of leaving within {horizon}
days: what it would be on average if those weeks could be lived again and again.

| | AUC |
|---|---|
{rows}

The ceiling knows what nobody can: how content an account is, which story it is in, in which week that began and when
it will pass, and decisions taken in silence. The steps above say what the distance to it is made of: too few churns
(from more lives of the same accounts, the same recipe and features rank better), the hidden state (told of it, the
recipe ranks better still; features show it weeks later, blurred by chance), and what the recipe itself does not find
in so many accounts.
"""


@dataclass(frozen=True)
class Truth:
    """The true chance of each row of a panel, and what was hidden of its account then."""

    chance: FloatArray
    hidden: pd.DataFrame
    silent: FloatArray
    """The chance without knowing of a decision that was taken in silence: the account's last one before it."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--folder", type=Path, default=Path("workspace/bench-models/demo"))
    options.add_argument("--document", type=Path, default=DOCUMENT)
    asked = options.parse_args()
    panel, settings = training(demo(asked.folder), asked.folder)
    truth = _truth(asked.folder / "demo" / "truth", panel)
    fold = usable_folds(panel, settings)[0][-1]
    past, later = panel.rows_at(fold.train), panel.rows_at(fold.validation)
    rows = []
    for name, z in _rankings(panel, truth, past, later, settings):
        rows.append(f"| {name} | {_within(panel, z, truth, later):.3f} |")
        print(rows[-1], file=sys.stderr, flush=True)
    text = _TEXT.format(
        accounts=panel.accounts, cutoffs=", ".join(map(str, fold.validation)), churns=panel.at(fold.validation).churns,
        recipe=_RECIPE, horizon=_HORIZON, rows="\n".join(rows),
    )  # fmt: skip
    asked.document.write_text(text)


def _rankings(
    panel: Panel, truth: Truth, past: np.ndarray, later: np.ndarray, settings: TrainSettings
) -> Iterator[tuple[str, FloatArray]]:
    """Each way to rank the later rows, from what is known to what is true."""
    build = CANDIDATES[_RECIPE].build
    told = replace(panel, X=pd.concat([panel.X, truth.hidden], axis=1))
    learned = panel.take(past)
    yield f"learned from what happened ({learned.churns} churns)", build(learned, settings).log_odds(panel.X[later])
    for lives in _LIVES:
        again = _lived(learned, truth.chance[past], lives)
        yield (
            f"the same accounts lived {lives} times ({again.churns:,} churns)",
            build(again, settings).log_odds(panel.X[later]),
        )
    again = _lived(told.take(past), truth.chance[past], _LIVES[-1])
    yield "the same with the hidden state beside the features", build(again, settings).log_odds(told.X[later])
    yield "the truth, without decisions taken in silence", truth.silent[later]
    yield "the truth: the ceiling", truth.chance[later]


def _within(panel: Panel, z: FloatArray, truth: Truth, later: np.ndarray) -> float:
    """Mean over the cutoffs of the chance that a true leaver outranks a stayer."""
    day, chance = panel.cutoff[later], truth.chance[later]
    return float(np.mean([auc(z[day == each], chance[day == each]) for each in np.unique(day)]))


def _lived(panel: Panel, chance: FloatArray, lives: int) -> Panel:
    """The rows several times over, each time with other outcomes; an account's luck is one for a horizon's time."""
    random = np.random.default_rng(_SEED)
    code = np.unique(panel.account_id.astype(str), return_inverse=True)[1]
    block = panel.cutoff.astype("datetime64[D]").astype(np.int64) // _HORIZON
    place = block - block.min()
    labels = pd.DataFrame({"cutoff": panel.cutoff, "churned_at": ((block + 1) * _HORIZON).astype("datetime64[D]")})
    parts = []
    for life in range(lives):
        luck = random.random((code.max() + 1, place.max() + 1))[code, place]
        parts.append(labels.assign(account_id=[f"{name}/{life}" for name in panel.account_id], label=luck < chance))
    X = pd.concat([panel.X] * lives, ignore_index=True)
    return panel_from(X, pd.concat(parts, ignore_index=True), panel.dimension, panel.direction, panel.ages)


def _truth(folder: Path, panel: Panel) -> Truth:
    """What the demo keeps apart of the rows of a panel."""
    name, second = f"probability_{_HORIZON}d", "datetime64[s]"
    hazard = pd.read_parquet(folder / "hazard.parquet").sort_values(["account_id", "cutoff"])
    # a probability of one is a decision; what was likely just before it is what anybody could have known
    open_still = hazard[name].where(hazard[name] < 1).groupby(hazard["account_id"]).ffill()
    hazard = hazard.assign(
        silent=open_still.fillna(hazard[name]), cutoff=pd.to_datetime(hazard["cutoff"]).astype(second)
    )
    keys = pd.DataFrame({"account_id": panel.account_id.astype(str), "cutoff": panel.cutoff.astype(second)})
    rows = keys.merge(hazard, how="left", on=["account_id", "cutoff"], validate="one_to_one")
    return Truth(rows[name].to_numpy(np.float64), _hidden(panel), rows["silent"].to_numpy(np.float64))


def _hidden(panel: Panel) -> pd.DataFrame:
    """The hidden state at each row, from the demo's lives as ``holdfast demo`` draws them.

    The wish to leave by itself and by the story (logs), how far behaviour has moved, weeks since the story's latest
    episode began and until it ends (none: both missing; one that stays ends never), and the story.
    """
    defaults = {name: each.default for name, each in inspect.signature(simulate).parameters.items()}
    win = window(defaults["end"], defaults["weeks"], defaults["seed"], defaults["accounts"])
    drawn = [draw_traits(win, index) for index in range(win.accounts)]
    lives = {traits.account_id: (traits, live(win, traits)) for traits in drawn}
    weeks = (panel.cutoff.astype("datetime64[s]").astype(np.int64) - win.start) // WEEK
    rows = [_state(*lives[str(name)], int(week)) for name, week in zip(panel.account_id, weeks, strict=True)]
    return pd.DataFrame(rows)


def _state(traits: Traits, life: Life, week: int) -> dict[str, float | str]:
    place = week - int(life.weeks[0])
    begun = [each for each in life.episodes if each.onset < week]
    since, left = (week - begun[-1].onset, begun[-1].onset + begun[-1].lasts - week) if begun else (np.nan, np.nan)
    return {
        "hidden_calm": float(life.calm[place]), "hidden_pressure": float(life.pressure[place]),
        "hidden_level": float(life.level[place]), "hidden_since": float(since), "hidden_left": float(left),
        "hidden_story": traits.story.name, "hidden_fit": traits.fit, "hidden_severity": traits.severity,
    }  # fmt: skip


if __name__ == "__main__":
    main()

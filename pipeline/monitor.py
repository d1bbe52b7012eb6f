"""After release: do inputs still look as in training, do scores move as they should, and did the lists come true?

Everything here is frames in, figures and sentences out; nothing is read or written. Three questions:

- **Inputs**: how far each feature is from training (``models.profile``), its missing share and new categories. What had
  shifted on the day of the training already is no news: learning anew would not remove it.
- **Scores**: how many accounts changed band since the week before. A large share holds the week: under the same model
  it is more often a broken feed than a change in the customers, and under another a person must want it.
- **Outcomes**: expected and realised churn of the weeks truly published, whose horizon has passed, by band and list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from models.profile import Profile, Shift, shifts
from models.recalibrate import Recalibration, untrue
from pipeline.config.settings import MonitorSettings
from pipeline.figures import percent
from pipeline.portfolio import realised_churn
from pipeline.portfolio.headline import BANDS

WARN, FAR = 0.1, 0.25
"""Population stability index from which an input has shifted, and has shifted far."""
NEWS = 0.1
"""What it must be above one and a half times its value of the training's own week, to be news."""
MATTERS = 0.01
"""The least share of the model's points that an input carries for its shift to be told."""
CARRIED = 0.1
"""The share of the model's points that inputs shifted far must carry to call for a new training."""
FEW_ACCOUNTS = 20
"""Fewer accounts than this in both weeks hold nothing."""
ENOUGH_CHURNS = 20
"""Distinct churns from which outcomes are judged."""
_SURE = 2.6


@dataclass(frozen=True)
class Inputs:
    """How far the inputs are from training. ``shifted``: those that matter and are news, the farthest first."""

    features: int
    shifted: tuple[Shift, ...]
    over_warn: int
    over_far: int

    @property
    def far(self) -> tuple[Shift, ...]:
        """Those that have shifted far."""
        return tuple(shift for shift in self.shifted if shift.psi > FAR)

    @property
    def carried(self) -> float:
        """The share of the model's points that inputs shifted far carry."""
        return float(sum(shift.weight for shift in self.far))


@dataclass(frozen=True)
class Scores:
    """This week's bands against an earlier week's, over the accounts in both."""

    compared_with: date
    same_model: bool
    accounts: int
    changed_band: int
    lower: int
    replayed: bool = False
    """Whether the earlier week was replayed, so that nobody has seen it."""
    model: str = ""
    model_then: str = ""
    expected: float | None = None
    expected_then: float | None = None
    """How many of the accounts were to leave within the horizon by the earlier week; None by the scorecard."""

    @property
    def share(self) -> float:
        """The share of accounts that changed band."""
        return self.changed_band / self.accounts if self.accounts else 0.0


@dataclass(frozen=True)
class Outcome:
    """What became of one group of a published week: churns expected (None from the scorecard) and realised."""

    week: date
    model: str
    group: str
    accounts: int
    expected: float | None
    left: int


@dataclass(frozen=True)
class PublishedWeek:
    """A week as it was published (its health_scores) with who of it left within the horizon (account ids).

    ``left_on``: the moment at which each of them left, by account id.
    """

    as_of: date
    scores: pd.DataFrame
    left: frozenset[str]
    left_on: Mapping[Any, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Monitoring:
    """What was seen, what to tell, what holds the week, and why to train anew."""

    inputs: Inputs | None = None
    scores: Scores | None = None
    outcomes: tuple[Outcome, ...] = ()
    warnings: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    retrain: tuple[str, ...] = ()
    trained: bool = False
    """Whether that was done in the same run."""
    challenger: str = ""
    """What is to be said of the challenger that waits."""
    calibration: Recalibration | None = None
    """What the latest finished horizon says of the champion's probabilities; None where no champion scores."""

    def to_dict(self, approved: bool = False) -> dict[str, Any]:
        """As plain values for the manifest. ``approved``: a person let the week through."""
        inputs, scores = self.inputs, self.scores
        return {
            "inputs": inputs and {**asdict(inputs), "far": len(inputs.far), "carried": round(inputs.carried, 6)},
            "scores": scores and {**asdict(scores), "compared_with": str(scores.compared_with), "share": scores.share},
            "outcomes": [{**asdict(each), "week": str(each.week)} for each in self.outcomes],
            "warnings": [*self.warnings, *self.holds],
            "approved": bool(approved and self.holds),
            "retrain": {"advised": bool(self.retrain), "reasons": list(self.retrain), "trained": self.trained},
            "challenger": self.challenger,
            "calibration": self.calibration and self.calibration.to_dict(),
            "told": self.told(),
        }

    def then(self, after: Monitoring) -> Monitoring:
        """What is to be said once its advice was taken: ``after`` is the week seen again, maybe by another champion."""
        if self.retrain:
            return replace(after, retrain=self.retrain, trained=True)
        warnings = tuple(dict.fromkeys([*self.warnings, *after.warnings]))
        return replace(after, warnings=warnings, calibration=self.calibration)

    def told(self) -> list[str]:
        """A few lines for people; none where all is as it should be."""
        advice = f"{'Trained' if self.trained else 'Train'} anew: {'; '.join(self.retrain)}." if self.retrain else ""
        return [line for line in (*self.holds, *self.warnings, advice, self.challenger) if line]


def compare_inputs(profile: Profile, X: pd.DataFrame) -> Inputs:
    """This week's features against the champion's training."""
    found = shifts(profile, X)
    news = [shift for shift in found if shift.psi >= 1.5 * shift.at_training + NEWS and shift.weight >= MATTERS]
    over = [sum(shift.psi > edge for shift in found) for edge in (WARN, FAR)]
    return Inputs(len(found), tuple(shift for shift in news if shift.psi > WARN), *over)


def compare_scores(scores: pd.DataFrame, before: pd.DataFrame, week: date, replayed: bool = False) -> Scores:
    """Bands now and in an earlier week, each with account_id, band, churn_probability and model."""
    both = scores.merge(before, on="account_id", suffixes=("", "_then"))
    order = {band: place for place, band in enumerate(BANDS)}
    change = both["band"].map(order).astype(float) - both["band_then"].map(order).astype(float)
    now, then = _model_of(scores), _model_of(before)
    return Scores(
        week, now == then, len(both), int((change != 0).sum()), int((change < 0).sum()), replayed, now, then,
        _expected(both["churn_probability"]), _expected(both["churn_probability_then"]),
    )  # fmt: skip


def _model_of(scores: pd.DataFrame) -> str:
    return str(scores["model"].iloc[0]) if len(scores) else ""


def _expected(probability: pd.Series) -> float | None:
    known = probability.astype(float)
    return float(known.sum()) if known.notna().any() else None


def outcomes_of(weeks: Sequence[PublishedWeek]) -> tuple[Outcome, ...]:
    """Expected and realised churn of each week by band, and of those listed and not listed."""
    return tuple(outcome for week in weeks for outcome in _outcomes(week))


def _outcomes(week: PublishedWeek) -> Iterator[Outcome]:
    scores = week.scores
    listed = scores[scores["weeks_listed"] > 0]
    of_group = {band: scores["band"] == band for band in BANDS}
    of_group |= {"listed": scores["weeks_listed"] > 0, "not listed": scores["weeks_listed"] == 0}
    model = _model_of(scores)
    for each in realised_churn(scores, listed, set(week.left)):
        expected = _expected(scores.loc[of_group[each.group], "churn_probability"])
        yield Outcome(week.as_of, model, each.group, each.accounts, expected, each.left)


def input_warnings(inputs: Inputs | None) -> list[str]:
    """What a person should know of the inputs, in one sentence."""
    if inputs is None or not inputs.shifted:
        return []
    first = inputs.shifted[0]
    more = f" and {len(inputs.shifted) - 1} more" if len(inputs.shifted) > 1 else ""
    gaps = "" if first.missing_now - first.missing_then < 0.1 else f", missing {percent(first.missing_now)}"
    new = "" if first.new_share < 0.01 else f", {percent(first.new_share)} in categories never seen in training"
    return [f"Inputs have shifted since training: {first.feature} (stability index {first.psi:.2f}{gaps}{new}){more}."]


def holds_of(
    inputs: Inputs | None, scores: Scores | None, settings: MonitorSettings, week: date, is_waiting: bool = False
) -> list[str]:
    """Why a week is held until a person approves it. ``is_waiting``: an earlier one still waits for that."""
    held = []
    if scores is not None and _is_too_much(scores, settings, week, is_waiting):
        held.append(
            f"{scores.changed_band} of {scores.accounts} accounts ({percent(scores.share)}) changed band since "
            f"{scores.compared_with}, {scores.lower} of them for the worse, under {_under(scores)}; "
            f"more than {percent(settings.band_change)} is held."
        )
    if inputs is not None and inputs.far and settings.drift == "hold":
        names = ", ".join(f"{shift.feature} {shift.psi:.2f}" for shift in inputs.far[:3])
        held.append(f"{len(inputs.far)} inputs have shifted far since training ({names}).")
    return held


def _is_too_much(scores: Scores, settings: MonitorSettings, week: date, is_waiting: bool) -> bool:
    """After long, bands change by themselves, yet not by another model; those of the scorecard were provisional.

    A week that was held is no reason to let the next one pass because the last list is older by then.
    """
    is_soon = is_waiting or (week - scores.compared_with).days <= 7
    counts = is_soon if scores.same_model else scores.expected_then is not None
    return counts and not scores.replayed and scores.accounts >= FEW_ACCOUNTS and scores.share > settings.band_change


def _under(scores: Scores) -> str:
    if scores.same_model:
        return "the same model"
    chances = "claims no chances" if scores.expected is None else f"expects {scores.expected:.1f} of them to leave"
    then = f"{scores.model_then} expected {scores.expected_then:.1f} ('holdfast rollback' goes back)"
    return f"another model: {scores.model} {chances}, {then}"


def retrain_reasons(
    inputs: Inputs | None,
    weeks: Sequence[PublishedWeek],
    weeks_since: int,
    retrain_weeks: int,
    calibrated_apart: bool = False,
) -> list[str]:
    """Why to train anew, in words.

    ``weeks_since``: the last training. ``calibrated_apart``: probabilities that are not true are calibrated anew, which
    takes no training.
    """
    reasons = []
    if weeks_since >= retrain_weeks:
        reasons.append(f"the last training was {weeks_since} weeks ago, and {retrain_weeks} are agreed")
    if inputs is not None and inputs.carried >= CARRIED:
        reasons.append(f"inputs that carry {percent(inputs.carried)} of its points have shifted far since training")
    return [*reasons, *outcome_reasons(weeks, calibrated_apart)]


def outcome_reasons(weeks: Sequence[PublishedWeek], calibrated_apart: bool = False) -> list[str]:
    """What the lists that came due say against the model. A churn counts once, however many weeks saw it ahead."""
    frames = [_came_due(week) for week in weeks if week.scores["churn_probability"].notna().any()]
    if not frames:
        return []
    rows = pd.concat(frames, ignore_index=True)
    if rows.loc[rows["left"], "account_id"].nunique() < ENOUGH_CHURNS:
        return []
    return [*([] if calibrated_apart else _untrue(rows)), *_no_better(rows)]


def _came_due(week: PublishedWeek) -> pd.DataFrame:
    frame = week.scores[["account_id", "churn_probability", "weeks_listed"]].copy()
    frame["p"] = frame["churn_probability"].astype(float)
    frame["left"] = frame["account_id"].isin(week.left)
    frame["listed"] = frame["weeks_listed"] > 0
    return frame[frame["p"].notna()]


def _untrue(rows: pd.DataFrame) -> Iterator[str]:
    """Expected and realised churn apart: beyond chance and by more than a third."""
    expected, left = float(rows["p"].sum()), int(rows["left"].sum())
    if untrue(expected, left, _chance(rows, rows["p"])):
        yield f"its published probabilities expected {expected:.0f} churns where {left} came"


def _no_better(rows: pd.DataFrame) -> Iterator[str]:
    """Those listed left at most half as often as all, beyond chance."""
    listed, usual = rows.loc[rows["listed"]], float(rows["left"].mean())
    expected, left = usual * len(listed), int(listed["left"].sum())
    if left <= expected / 2 and expected - left > _SURE * _chance(listed, pd.Series(usual, index=listed.index)):
        yield f"of those it listed {percent(left / len(listed))} left, of all {percent(usual)}"


def _chance(rows: pd.DataFrame, p: pd.Series) -> float:
    """How far the churns would scatter if ``p`` were true; the weeks of one account stand or fall together."""
    spread = pd.Series(np.sqrt(p * (1 - p)), index=rows.index)
    return float(np.sqrt((spread.groupby(rows["account_id"]).sum() ** 2).sum()))

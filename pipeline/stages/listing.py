"""The lists of a week: who needs a call, what else is true of accounts, what was said of them, and why they moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from pipeline.health import moves
from pipeline.lists import actions, at_risk, plays, resting, signals
from pipeline.lists.at_risk import AtRisk
from pipeline.lists.conditions import Conditions
from pipeline.lists.past import PastWeek
from pipeline.lists.tips import tips
from pipeline.loop import feedback, overrides
from pipeline.stages.context import Run
from pipeline.stages.judge import Scored, known_terms
from pipeline.stages.moved import Moved, moved_since
from pipeline.stages.remarks import heard, load_overrides
from pipeline.stages.tabulate import FeatureSet

_WARNINGS = [signal.name for signal in signals.SIGNALS if signal.kind == "warning"]


@dataclass(frozen=True)
class Listing:
    """The lists of one week. ``scores``: all accounts with everything that is known of them."""

    scores: pd.DataFrame
    at_risk: AtRisk
    signal_rows: pd.DataFrame
    actions: pd.DataFrame
    set_aside: pd.DataFrame
    changes: pd.DataFrame
    moves: pd.DataFrame


@dataclass(frozen=True)
class Lister:
    """Makes the lists of one scored week.

    ``gone``: the accounts that have given notice. A replayed week knows no remarks and no overrides: nobody was handed
    its lists.
    """

    run: Run
    found: FeatureSet
    scored: Scored
    history: Sequence[PastWeek]
    gone: frozenset[str]
    base_rate: float | None
    replayed: bool

    def listing(self) -> Listing:
        """Every list, from the same scores."""
        remarks = heard(self.run, self.replayed)
        said = feedback.standing(remarks, self.scored.cutoff)
        moved = moved_since(self.run, self.found, self.scored, self.history)
        scores = self._said(self._seen(moved), said)
        earlier = [week.scores for week in self.history]
        asked = signals.conditions(self.scored.features, scores, earlier, self.run.config.scale, self.found.catalog)
        flagged = signals.held(asked)
        pressing = resting.pressing(asked.has_term(), asked.days_to_decide(), self.run.config.lists)
        scores = self._rested(self._advised(scores, flagged, asked), said, pressing)
        listed = self._at_risk(scores)
        due = plays.of_signals(self.scored.cutoff, self._own_plays())
        rows = actions.signal_rows(scores, flagged, asked, listed.rows["account_id"].tolist(), self.history, due)
        rests = set(scores.index[scores["set_aside"] != ""])
        todo = actions.action_list(listed.rows, rows, self.run.config.lists, self.gone | rests)
        scores = self._logged(scores, listed, todo, said)
        changed = actions.changes_table(scores, moved.table)
        held = self._held(scores, rows)
        return Listing(scores.reset_index(), listed, rows, todo, held, changed, moved.table)

    def _seen(self, moved: Moved) -> pd.DataFrame:
        """The scores with their changes, why they moved, and what lists show of the features; by account."""
        scores = self.scored.scores.join(at_risk.changes(self.scored.scores, self.scored.cutoff, self.history))
        scores = scores.assign(**at_risk.decision(scores, self.scored.cutoff)).set_index("account_id")
        owners = scores["owner"].astype("string").str.strip().fillna("")
        scores["owner"] = owners.where(owners != "", self.run.config.lists.unassigned)
        scores = scores.join(moves.cause_sums(moved.table, scores.index, moved.accounts))
        scores["moved_calendar"] = moves.calendar_sums(moved.table, scores.index, moved.accounts)
        scores["moved"] = moves.told(moved.table, scores.index)
        scores["score_before"] = moved.scores_before.reindex(scores.index)
        features = self.scored.features
        if "days_since_touch" in features:
            days = pd.to_timedelta(features["days_since_touch"], unit="D")
            scores["last_touch"] = (pd.Timestamp(self.scored.cutoff) - days).dt.normalize()
        if "open_urgent_tickets" in features:
            scores["open_urgent_tickets"] = features["open_urgent_tickets"]
        return scores

    def _said(self, scores: pd.DataFrame, said: pd.DataFrame) -> pd.DataFrame:
        """With what the manager last said, and what a person says against the score: beside it, never in its place."""
        given = overrides.no_overrides() if self.replayed else load_overrides(self.run)
        scores = scores.join(overrides.in_force(given, self.scored.cutoff))
        scores["override"] = overrides.told(scores)
        told = said.reindex(scores.index)
        for name in ("action", "verdict", "notes"):
            scores[name] = told[name].astype("string").fillna("")
        scores["snoozed_until"] = pd.to_datetime(told["snooze_until"])
        scores["snooze_reason"] = scores["notes"].where(scores["snoozed_until"].notna(), "")
        scores["said"] = feedback.told(told)
        return scores

    def _advised(self, scores: pd.DataFrame, flagged: pd.DataFrame, asked: Conditions) -> pd.DataFrame:
        """With tags, plays and tips."""
        scores = scores.assign(tags=signals.tags(flagged))
        known = scores.assign(term_months=asked("term_months"))
        scores = scores.join(plays.choose(known, flagged, self.scored.cutoff, self._own_plays()))
        scores["play_due"] = plays.in_time(scores)
        # a plan that was not known then gives no tip
        plans = known_terms(self.run, self.found, self.scored.cutoff).get("plan", pd.Series(dtype="string"))
        offered, told = self.run.config.features.plan_features, self.run.config.lists.tips
        return scores.assign(tips=tips(self.scored.features, plans.astype("string"), offered, told))

    def _own_plays(self) -> tuple[plays.Play, ...]:
        return plays.configured(self.run.config.plays, {info.measure for info in self.found.catalog})

    def _rested(self, scores: pd.DataFrame, said: pd.DataFrame, pressing: pd.Series) -> pd.DataFrame:
        """With who is not called this week, and why."""
        assigned = [(week.as_of, week.assigned) for week in self.history]
        judged = scores.assign(change_1w=at_risk.own_change(scores), pressing=pressing.astype(float))
        rests = resting.resting(judged, said, assigned, self.scored.cutoff, self.run.config.lists)
        scores = scores.join(rests)
        scores["set_aside"] = scores["set_aside"].astype("string").fillna("")
        return scores

    def _at_risk(self, scores: pd.DataFrame) -> AtRisk:
        return at_risk.at_risk(
            scores.reset_index(),
            self.scored.cutoff,
            history=self.history,
            leaving=self.gone,
            resting=set(scores.index[scores["set_aside"] != ""]),
            base_rate=self.base_rate,
            settings=self.run.config.lists,
            scale=self.run.config.scale,
        )

    def _logged(self, scores: pd.DataFrame, listed: AtRisk, todo: pd.DataFrame, said: pd.DataFrame) -> pd.DataFrame:
        """With the log that evidence asks for: whether each account was eligible, assigned and contacted."""
        weeks_listed = listed.rows.set_index("account_id")["weeks_listed"]
        heard = said["contacted_on"].reindex(scores.index)
        touched = scores["last_touch"] if "last_touch" in scores else pd.Series(pd.NaT, scores.index)
        since = pd.Timestamp(self.scored.cutoff) - pd.Timedelta(weeks=1)
        return scores.assign(
            weeks_listed=weeks_listed.reindex(scores.index).fillna(0).astype(int),
            eligible=scores.index.isin(list(listed.eligible_ids)),
            assigned=scores.index.isin(todo["account_id"]),
            contacted=(touched >= since) | (heard >= since),
        )

    def _held(self, scores: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
        """Those who would be on a list and are not called this week."""
        warned = rows.loc[rows["list"].isin(_WARNINGS), "account_id"]
        held = scores[(scores["set_aside"] != "") & (scores["eligible"] | scores.index.isin(warned))]
        return held.reset_index().reindex(columns=list(resting.SET_ASIDE_COLUMNS))

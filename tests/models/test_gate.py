from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from models import gate
from models.backtest import Backtest, backtest
from models.calibration import Calibration
from models.churn import ChurnModel
from models.gate import GateVerdict, Holder
from models.panel import Panel
from models.settings import TrainSettings
from models.train import Trained, train
from tests.models.worlds import SETTINGS, World

EARLY, LATE = date(2023, 9, 11), date(2030, 1, 1)
ALONE = replace(SETTINGS, candidates=("logistic",))


@pytest.fixture(scope="module")
def whole() -> Panel:
    return World(accounts=700, signal=1.2).panel()


@pytest.fixture(scope="module")
def found(whole: Panel) -> Backtest:
    """What a challenger shows, trained with everything."""
    return backtest(whole, ALONE)


@pytest.fixture(scope="module")
def early(whole: Panel) -> ChurnModel:
    """A champion of the same recipe, trained with what was known at EARLY."""
    known = whole.take(whole.cutoff + np.timedelta64(28, "D") <= np.datetime64(EARLY))
    return train(known, ALONE).model


@pytest.fixture(scope="module")
def blind(whole: Panel) -> ChurnModel:
    """A champion that learned from shuffled answers."""
    random = np.random.default_rng(3)
    order = random.permutation(len(whole))
    wrong = replace(whole, y=whole.y[order], churn_day=whole.churn_day[order])
    return replace(train(whole, ALONE).model, estimator=_fitted(wrong))


def _fitted(panel: Panel):
    from models.candidates import CANDIDATES

    return CANDIDATES["logistic"].build(panel, ALONE)


def _rule(panel: Panel, feature: str):
    from models.logistic import fit_rule

    return fit_rule(panel, [feature])


def meet(found: Backtest, settings: TrainSettings, holder: Holder, **groups: np.ndarray) -> GateVerdict:
    """The verdict by the regions of the world, or by other segments."""
    return gate.meet(found, settings, holder, groups or {"region": found.panel.X["region"].to_numpy(dtype=object)})


def checks(verdict: GateVerdict) -> dict[str, bool]:
    return {check.name: check.passed for check in verdict.checks}


def told(verdict: GateVerdict) -> str:
    return " ".join(check.told for check in verdict.checks)


def holder(model: ChurnModel, **more: object) -> Holder:
    return Holder(**{"model": model, "as_of": EARLY, "stale": False, "age_days": 0, **more})


def test_f49_a_challenger_no_better_than_a_fresh_champion_is_refused_with_the_figures(found, early):
    verdict = meet(found, ALONE, holder(early))
    assert not verdict.passed
    assert checks(verdict) == {"better": False, "calibrated": True, "segments": True}
    assert "not better beyond noise" in told(verdict)
    assert verdict.against == early.version


def test_also_where_the_champion_is_stale_what_is_not_better_beyond_noise_passes_by_nobody_but_a_person(found, early):
    verdict = meet(found, ALONE, holder(early, stale=True))
    assert not verdict.passed and verdict.unproven
    assert "not better beyond noise, and the champion is stale" in told(verdict)


def test_a_challenger_better_beyond_noise_passes_a_fresh_champion(found, blind):
    verdict = meet(found, ALONE, holder(blind))
    assert verdict.passed, told(verdict)
    assert "better beyond noise" in told(verdict)


def test_f49_a_worse_challenger_is_refused_even_by_a_stale_champion(whole, early, blind):
    worse = backtest(whole, ALONE)
    backwards = replace(worse.predictions["logistic"], z=-worse.predictions["logistic"].z)
    worse = replace(worse, predictions={**worse.predictions, "logistic": backwards})
    verdict = meet(worse, ALONE, holder(early, stale=True))
    assert checks(verdict)["better"] is False
    assert not verdict.unproven, "what is worse beyond noise passes by no person either"


def test_probabilities_that_are_not_true_are_refused(found, early):
    loud = replace(found.predictions["logistic"], z=Calibration(1.0, 2.0).apply(found.predictions["logistic"].z))
    verdict = meet(
        replace(found, predictions={**found.predictions, "logistic": loud}), ALONE, holder(early, stale=True)
    )
    assert checks(verdict) == {"better": False, "calibrated": False, "segments": True}
    assert not verdict.unproven
    assert "churns expected" in told(verdict)


def test_a_segment_ranked_worse_is_refused_by_name(found, early):
    z = found.predictions["logistic"].z.copy()
    here = (found.panel.X["region"] == "eu").to_numpy()
    z[here] = np.nanmean(z[here]) - (z[here] - np.nanmean(z[here]))
    turned = replace(found, predictions={**found.predictions, "logistic": replace(found.predictions["logistic"], z=z)})
    verdict = meet(turned, ALONE, holder(early, stale=True))
    assert checks(verdict)["segments"] is False
    assert "region eu" in told(verdict)


def test_the_segments_of_the_evidence_are_judged_also_where_no_feature_names_them(found, early):
    """A third of the accounts, by nothing that the model sees; and those whose renewal lies in the horizon."""
    third = np.array([int(name[1:]) % 3 for name in found.panel.account_id])
    size = np.array(["small", "medium", "large"], dtype=object)[third]
    for here, named in ((third == 1, "size medium"), (found.panel.renewal_in_horizon, "renewal in horizon yes")):
        z = found.predictions["logistic"].z.copy()
        z[here] = 2 * np.nanmean(z[here]) - z[here]
        turned = replace(found.predictions["logistic"], z=z)
        worse = replace(found, predictions={**found.predictions, "logistic": turned})
        verdict = meet(worse, ALONE, holder(early, stale=True), size=size)
        assert checks(verdict)["segments"] is False
        assert named in told(verdict)


def test_with_nothing_known_after_the_champion_its_recipe_is_met_as_old_as_it_is_on_the_same_later_folds(found, early):
    """The first retraining: a label takes longer than the schedule. Grades prove nothing there."""
    verdict = meet(found, ALONE, holder(early, as_of=LATE, stale=True, age_days=56))
    assert not verdict.passed and verdict.unproven
    assert "the champion's recipe (logistic)" in told(verdict) and "from 8 weeks less" in told(verdict)
    assert f"on {len(found.walk.validated)} cutoffs from {found.walk.validated[0]}" in told(verdict)


def test_a_challenger_better_than_the_champions_recipe_beyond_noise_passes_though_nothing_later_is_known(found, early):
    rule = replace(
        early, metadata={**early.metadata, "name": "best_single_feature"}, estimator=_rule(found.panel, "f5")
    )
    verdict = meet(found, ALONE, holder(rule, as_of=LATE))
    assert verdict.passed, told(verdict)
    assert f"on {len(found.walk.folds[-1].validation)} cutoffs" in told(verdict), "it was chosen by the folds before"


def test_a_recipe_whose_world_turned_is_better_where_it_learned_from_newer_cutoffs(early):
    """What drove accounts away turns round halfway: the age of what was learned from is what is met."""
    panel = World(accounts=900, cutoffs=16, signal=1.2).panel()
    older = panel.cutoff < np.datetime64(panel.cutoffs[9])
    turned = panel.X.assign(
        f0=panel.X["f0"].where(~older, -panel.X["f0"]), f1=panel.X["f1"].where(~older, -panel.X["f1"])
    )
    panel, sliding = replace(panel, X=turned), replace(ALONE, window="sliding", folds=2)
    found = backtest(panel, sliding)
    # the candidate itself, also where the turn made a simple rule look better
    found = replace(found, verdict=replace(found.verdict, chosen="logistic"))
    young, old = (meet(found, sliding, holder(early, as_of=LATE, age_days=days)) for days in (0, 84))
    assert checks(young)["better"] is False and young.unproven
    assert checks(old)["better"] is True


def test_where_not_even_the_recipe_can_be_learned_anew_nothing_is_proved(found, early):
    unknown = replace(early, metadata={**early.metadata, "name": "oracle"})
    verdict = meet(found, ALONE, holder(unknown, as_of=LATE, stale=True))
    assert checks(verdict) == {"better": False, "calibrated": True, "segments": True}
    assert verdict.unproven and "Nothing can be proved" in told(verdict)
    assert verdict.to_dict()["unproven"] is True


def test_a_segment_newly_weak_is_refused_where_nothing_later_is_known(found, early):
    class Told(Backtest):
        def to_dict(self) -> dict:
            return {**super().to_dict(), "segments": [{"by": "region", "segment": "eu", "worse": True}]}

    weak, unknown = Told(**found.__dict__), replace(early, metadata={})
    refused = meet(weak, ALONE, holder(unknown, as_of=LATE, stale=True))
    assert checks(refused)["segments"] is False and not refused.unproven
    assert checks(meet(weak, ALONE, holder(unknown, as_of=LATE, stale=True, weak=("region eu",))))["segments"]


def test_a_champion_of_other_features_cannot_be_met(found, whole):
    other: Trained = train(replace(whole, X=whole.X.rename(columns={"f7": "g7"})), ALONE)
    verdict = meet(found, ALONE, holder(other.model, stale=True))
    assert "learned from other features" in told(verdict)


def test_a_champion_of_fewer_features_is_met_by_its_recipe(found, whole):
    other: Trained = train(replace(whole, X=whole.X[["f0", "f2", "f3"]]), ALONE)
    fewer = replace(other.model, metadata={**other.model.metadata, "name": "logistic"})
    verdict = meet(found, ALONE, holder(fewer))
    assert checks(verdict)["better"] is True, told(verdict)
    assert "the champion's recipe (logistic)" in told(verdict)

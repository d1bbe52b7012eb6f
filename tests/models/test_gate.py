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


def meet(found: Backtest, settings: TrainSettings, holder: Holder, **groups: np.ndarray) -> GateVerdict:
    """The verdict by the regions of the world, or by other segments."""
    return gate.meet(found, settings, holder, groups or {"region": found.panel.X["region"].to_numpy(dtype=object)})


def checks(verdict: GateVerdict) -> dict[str, bool]:
    return {check.name: check.passed for check in verdict.checks}


def told(verdict: GateVerdict) -> str:
    return " ".join(check.told for check in verdict.checks)


def holder(model: ChurnModel, **more: object) -> Holder:
    return Holder(**{"model": model, "as_of": EARLY, "grade": "B", "stale": False, **more})


def test_f49_a_challenger_no_better_than_a_fresh_champion_is_refused_with_the_figures(found, early):
    verdict = meet(found, ALONE, holder(early))
    assert not verdict.passed
    assert checks(verdict) == {"better": False, "calibrated": True, "segments": True}
    assert "not better beyond noise" in told(verdict)
    assert verdict.against == early.version


def test_where_the_champion_is_stale_it_is_enough_not_to_be_worse(found, early):
    assert meet(found, ALONE, holder(early, stale=True)).passed


def test_a_challenger_better_beyond_noise_passes_a_fresh_champion(found, blind):
    verdict = meet(found, ALONE, holder(blind))
    assert verdict.passed, told(verdict)
    assert "better beyond noise" in told(verdict)


def test_f49_a_worse_challenger_is_refused_even_by_a_stale_champion(whole, early, blind):
    worse = backtest(whole, ALONE)
    backwards = replace(worse.predictions["logistic"], z=-worse.predictions["logistic"].z)
    worse = replace(worse, predictions={**worse.predictions, "logistic": backwards})
    assert checks(meet(worse, ALONE, holder(early, stale=True)))["better"] is False


def test_probabilities_that_are_not_true_are_refused(found, early):
    loud = replace(found.predictions["logistic"], z=Calibration(1.0, 2.0).apply(found.predictions["logistic"].z))
    verdict = meet(
        replace(found, predictions={**found.predictions, "logistic": loud}), ALONE, holder(early, stale=True)
    )
    assert checks(verdict) == {"better": True, "calibrated": False, "segments": True}
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


def test_with_nothing_known_after_the_champion_only_a_stale_one_gives_way_and_only_to_an_equal_grade(found, early):
    assert found.grade == "B"
    assert checks(meet(found, ALONE, holder(early, as_of=LATE)))["better"] is False
    assert meet(found, ALONE, holder(early, as_of=LATE, stale=True)).passed
    verdict = meet(found, ALONE, holder(early, as_of=LATE, stale=True, grade="A"))
    assert checks(verdict)["better"] is False
    assert "grades are compared: B, the champion's was A" in told(verdict)


def test_a_segment_newly_weak_is_refused_where_nothing_later_is_known(found, early):
    class Told(Backtest):
        def to_dict(self) -> dict:
            return {**super().to_dict(), "segments": [{"by": "region", "segment": "eu", "worse": True}]}

    weak = Told(**found.__dict__)
    assert checks(meet(weak, ALONE, holder(early, as_of=LATE, stale=True)))["segments"] is False
    assert meet(weak, ALONE, holder(early, as_of=LATE, stale=True, weak=("region eu",))).passed


def test_a_champion_of_other_features_cannot_be_met(found, whole):
    fewer = replace(whole, X=whole.X.drop(columns="f7"))
    other: Trained = train(fewer, ALONE)
    verdict = meet(found, ALONE, holder(other.model, stale=True))
    assert "learned from other features" in told(verdict)

"""Reasons on a company that a model learned from: by deletion, and held against the tables they tell of."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mlflow.pyfunc.model import PythonModelContext

from models.calibration import Calibration
from models.candidates import CANDIDATES
from models.churn import ChurnModel
from models.panel import Panel, kinds_of
from models.registry import save_model
from models.scale import Scale
from pipeline.config import load_config
from pipeline.config.settings import ListSettings
from pipeline.demo import simulate
from pipeline.health import scorecard
from pipeline.health.groups import grouped, members_of, shared
from pipeline.lists.at_risk import at_risk
from pipeline.serving import ServedChurnModel
from pipeline.stages.context import Run
from pipeline.stages.judge import Scored, judge
from pipeline.stages.learn import train_settings, training_panel
from pipeline.stages.read import read
from pipeline.stages.register import served
from pipeline.stages.tabulate import FeatureSet, tabulate
from pipeline.warehouse import Workspace

CONFIG = Path(__file__).parents[3] / "config.yaml"
ANYBODY = 20
REASONS = ("reason_1", "reason_2", "reason_3")
COUNTED = {"active users": "users", "features in use": "features_used", "events": "events", "tickets": "tickets"}

pytestmark = pytest.mark.xdist_group("reasons hold")


class Silent:
    """Nobody listens."""

    def doing(self, text: str) -> None: ...

    def done(self, text: str) -> None: ...

    def warn(self, text: str) -> None: ...


@dataclass(frozen=True)
class Known:
    """The demo company at its last cutoff, and everything that could be learned from by then."""

    run: Run
    found: FeatureSet
    panel: Panel

    def model(self, kind: str) -> ChurnModel:
        """A champion of one kind, calibrated as it came out."""
        estimator = CANDIDATES[kind].build(self.panel, train_settings(self.run))
        z = estimator.log_odds(self.panel.X)
        return ChurnModel(
            estimator,
            Calibration(),
            Scale.freeze(z),
            kinds_of(self.panel.X),
            self.panel.dimension,
            horizon_days=90,
            grace_days=0,
            cutoffs=(),
            version=kind,
            metadata={"shared_reasons": shared(self.found.catalog, self.panel.X)},
        )

    def scored(self, model: ChurnModel) -> Scored:
        return judge(self.run, self.found, self.run.cutoff(), model)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Known:
    folder = tmp_path_factory.mktemp("known")
    simulate(folder / "exports", folder / "truth", accounts=300, events_scale=0.1)
    text = CONFIG.read_text().replace("workspace/demo/exports", str(folder / "exports"))
    (folder / "config.yaml").write_text(text)
    run = Run(load_config(folder / "config.yaml"), Workspace(folder / "workspace"), Silent())
    read(run)
    found = tabulate(run, [*run.grid(run.cutoff())[::2], run.cutoff()])
    return Known(run, found, training_panel(run, found, run.cutoff()))


@pytest.mark.parametrize("kind", ["logistic", "lightgbm"])
def test_neutralising_the_first_reason_of_a_listed_account_moves_its_score_more_than_another_does(
    known: Known, kind: str
) -> None:
    model = known.model(kind)
    scored = known.scored(model)
    listed = at_risk(scored.scores, scored.cutoff, settings=ListSettings(lift=1.2)).rows["account_id"]
    groups = grouped(known.found.catalog, model.metadata["shared_reasons"])
    moved = moves(known, model, scored.features.loc[listed], groups)
    group_of = {info.measure: groups[info.name] for info in known.found.catalog}
    first = scored.scores.set_index("account_id").loc[listed, "main_measure"].map(group_of)
    own = np.array([moved.loc[account, group] for account, group in first.items()])
    speaks = moved.to_numpy() > 0
    beats_another = ((own[:, None] > moved.to_numpy()) & speaks).sum(axis=1) / (speaks.sum(axis=1) - 1)
    assert len(listed) >= 15
    assert beats_another.mean() >= 0.9, "of the groups that this model reads at all"


def test_what_a_reason_calls_typical_is_the_median_of_the_segment_in_the_same_week(known: Known) -> None:
    scored = known.scored(known.model("lightgbm"))
    table = scored.scores.set_index("account_id")
    texts = table[list(REASONS)].stack()
    told = texts.str.extract(r"^[\d.]+ ([a-z ]+?)(?:, was .*)? \((\d+) weeks?\); accounts like it ([\d.]+)$").dropna()
    told = told[told[0].isin(COUNTED)]
    assert len(told) > 10
    for (account, _), (what, weeks, figure) in told.iterrows():
        alike = scored.features.loc[table["segment"] == table.loc[account, "segment"], f"{COUNTED[what]}_{weeks}w"]
        assert float(figure) == pytest.approx(alike.median(), abs=0.05)


def test_a_past_week_of_which_only_the_segments_of_today_are_known_is_held_against_all_accounts(known: Known) -> None:
    folder = known.run.workspace.root.parent
    text = (folder / "config.yaml").read_text()
    assert "segment: {column: segment_c, history: static}" in text
    (folder / "today.yaml").write_text(text.replace("{column: segment_c, history: static}", "segment_c"))
    run = replace(known.run, config=load_config(folder / "today.yaml"))
    past, now = known.found.cutoffs[-2:]
    told = {day: judge(run, known.found, day, None).scores.filter(like="reason_").stack() for day in (past, now)}
    assert told[now].str.contains("accounts like it").any()
    assert told[past].str.contains("usual here").any() and not told[past].str.contains("accounts like it").any()


def test_a_served_model_gives_the_reasons_of_the_lists_without_the_peers(known: Known, tmp_path: Path) -> None:
    """By what was logged with it: it judges by the training and groups by the training, so a few differ."""
    model = known.model("lightgbm")
    words = dict(served(known.run, known.found, known.panel.X, model).words)
    entry = save_model(model, tmp_path)
    files = {"entry": entry, "words": words}
    for name, content in files.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    places = {"model": tmp_path / entry["file"], **{name: tmp_path / f"{name}.json" for name in files}}
    service = ServedChurnModel()
    service.load_context(PythonModelContext({name: str(place) for name, place in places.items()}, {}))
    scored = known.scored(model)
    found = service.predict(None, scored.features[list(model.features)])
    listed = scored.scores.sort_values("score").index[:40]
    own = scored.scores.loc[listed, list(REASONS)].map(lambda text: text.split(";")[0])
    same = own.to_numpy() == found.loc[listed, list(REASONS)].to_numpy()
    assert same.mean() > 0.9
    assert not found["reason_1"].str.contains("accounts like it|usual here").any()


def moves(known: Known, model: ChurnModel, features: pd.DataFrame, groups: dict[str, str]) -> pd.DataFrame:
    """How far the log-odds of each account move when the features of one group say nothing, a column a group.

    They say nothing where they are those of anybody: the mean over rows drawn from what was learned from, the members
    of a group from the same row.
    """
    read = [info.name for info in scorecard.evidence(known.found.catalog) if info.name in model.estimator.features]
    anybody = known.panel.X.sample(ANYBODY, random_state=5)
    learned = features[list(model.features)]
    before, found = model.estimator.log_odds(learned), {}
    many = learned.loc[np.repeat(learned.index, ANYBODY)]
    for group, members in members_of(read, groups).items():
        names = [read[at] for at in members]
        others = pd.concat([anybody[names]] * len(learned)).set_index(many.index)
        without = model.estimator.log_odds(many.assign(**{name: others[name] for name in names}))
        found[group] = np.abs(without.reshape(-1, ANYBODY).mean(axis=1) - before)
    return pd.DataFrame(found, index=features.index)

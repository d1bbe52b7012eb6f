from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from models.backtest import backtest
from models.fits import FitStore
from models.panel import Panel
from tests.models.worlds import SETTINGS

QUICK = replace(SETTINGS, candidates=("logistic",), folds=2, resamples=20)


def test_a_second_walk_takes_every_fit_and_comes_to_the_same(panel: Panel, tmp_path: Path) -> None:
    store = FitStore(tmp_path, "program")
    first = backtest(panel, QUICK, fits=store.of(panel, QUICK))
    again = store.of(panel, replace(QUICK, threads=1))
    second = backtest(panel, replace(QUICK, threads=1), fits=again)
    assert len(again.used) == 2
    assert second.to_dict() == first.to_dict() == backtest(panel, QUICK).to_dict()


def test_other_data_settings_or_code_take_no_kept_fit(panel: Panel, tmp_path: Path) -> None:
    store = FitStore(tmp_path, "program")
    backtest(panel, QUICK, fits=store.of(panel, QUICK))
    changed = replace(panel, X=panel.X.assign(f0=panel.X["f0"] + 1))
    turned = replace(panel, direction={"f0": -1})
    for fits in (
        store.of(changed, QUICK),
        store.of(turned, QUICK),
        store.of(panel, replace(QUICK, seed=8)),
        FitStore(tmp_path, "another program").of(panel, QUICK),
    ):
        backtest(panel, QUICK, fits=fits)
        assert fits.used == set()


def test_half_a_file_is_no_fit(panel: Panel, tmp_path: Path) -> None:
    fits = FitStore(tmp_path, "program").of(panel, QUICK)
    fits.put(np.arange(3.0), {"strength": 1.0}, "logistic", 1)
    kept = fits.get("logistic", 1)
    assert kept is not None and kept[1] == {"strength": 1.0}
    path = next(tmp_path.glob("*.npz"))
    path.write_bytes(path.read_bytes()[:40])
    assert fits.get("logistic", 1) is None

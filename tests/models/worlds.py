"""Small worlds with a known truth: accounts that leave by a stated rule, seen at cutoffs four weeks apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.panel import Panel, panel_from
from models.settings import TrainSettings

START = pd.Timestamp("2023-01-02")


@dataclass(frozen=True)
class World:
    """``signal`` multiplies the truth: 0 means nobody can know who leaves. Features f0, f1 and region carry it."""

    signal: float = 1.5
    accounts: int = 400
    cutoffs: int = 14
    base: float = -3.0
    features: int = 8
    seed: int = 1
    weeks: int = 4

    def draw(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Features, and labels row by row aligned with them."""
        random, alive = np.random.default_rng(self.seed), np.ones(self.accounts, dtype=bool)
        region = random.choice(["eu", "us", "asia"], self.accounts)
        frames, labels = [], []
        for number in range(self.cutoffs):
            values = random.normal(size=(self.accounts, self.features))
            values[random.random(values.shape) < 0.1] = np.nan
            known = np.nan_to_num(values)
            z = self.base + self.signal * (known[:, 0] - known[:, 1] + 0.5 * (region == "eu"))
            leaves = (random.random(self.accounts) < 1 / (1 + np.exp(-z))) & alive
            rows, cutoff = np.flatnonzero(alive), START + pd.Timedelta(weeks=self.weeks * number)
            frame = pd.DataFrame(values[rows], columns=[f"f{place}" for place in range(self.features)])
            frame["empty"], frame["region"] = np.nan, pd.array(region[rows], dtype="string")
            frames.append(frame)
            labels.append(_labels(rows, cutoff, leaves[rows]))
            alive = (alive & ~leaves) | (random.random(self.accounts) < 0.05)
        return pd.concat(frames, ignore_index=True), pd.concat(labels, ignore_index=True)

    def panel(self) -> Panel:
        """The world as a panel."""
        X, labels = self.draw()
        return panel_from(X, labels, {"f0": "support", "f1": "usage", "region": "commercial"}, {"f0": 1, "f1": -1})


def _labels(rows: np.ndarray, cutoff: pd.Timestamp, leaves: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "account_id": [f"a{row:04d}" for row in rows],
            "cutoff": cutoff,
            "label": leaves,
            "churned_at": np.where(leaves, cutoff + pd.Timedelta(days=3), pd.NaT),
            "renewal_in_horizon": rows % 4 == 0,
        }
    )


SETTINGS = TrainSettings(horizon_days=28, folds=3, resamples=80)

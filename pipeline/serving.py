"""The logged model as MLflow serves it: one row of features in, health and its reasons in words out.

MLflow runs this file when it loads a logged model; the model file lies beside it and is opened with the same checks
as everywhere (``models.registry``). Only the modules that
``stages/register.py`` names go with it, so nothing here may ask for more.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from models.registry import load_model
from pipeline.features.info import FeatureInfo
from pipeline.figures import written_for
from pipeline.health.peers import Peers
from pipeline.health.reasons import explain
from pipeline.texts import ENGLISH, spoken

_OUTSIDE = ("main_dimension", "main_measure")


class ServedChurnModel(PythonModel):
    """Log-odds, probability, score, health, band, points by dimension and three reasons."""

    def load_context(self, context: PythonModelContext) -> None:
        """Open the model file after every check, and read how features are put into words."""
        entry = Path(context.artifacts["entry"])
        self._model = load_model(Path(context.artifacts["model"]).parent, json.loads(entry.read_text("utf-8")))
        words = json.loads(Path(context.artifacts["words"]).read_text("utf-8"))
        self._catalog = [FeatureInfo.from_dict(each) for each in words.get("catalog", ())]
        self._usual, self._currency = words.get("usual", {}), words.get("currency", "")
        self._groups, self._digits = words.get("groups") or None, int(words.get("digits", 2))
        self._language = words.get("language", ENGLISH)

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """One row for each row of the input.

        Figures are judged by what was usual in training. No peers are told of: a batch may be one account, or many of
        different days.
        """
        X = model_input.reset_index(drop=True)
        scores, points = self._model.score_and_points(X)
        peers = Peers.in_training(self._usual, len(X))
        with written_for("en_GB", self._digits), spoken(self._language):
            words = explain(points, X, self._catalog, currency=self._currency, peers=peers, groups=self._groups)
        return scores.join(words.drop(columns=[name for name in _OUTSIDE if name in words]).astype(object))


set_model(ServedChurnModel())

"""The logged model as MLflow serves it: a file of code and our own safe loading, no pickle.

MLflow runs this file when it loads a logged model; the model file lies beside it and is opened with the same checks
as everywhere (``models.registry``).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from models.explain import reasons
from models.registry import load_model


class ServedChurnModel(PythonModel):
    """Probability, score, health, band, points by dimension and the three heaviest features."""

    def load_context(self, context: PythonModelContext) -> None:
        """Open the model file after every check."""
        entry = Path(context.artifacts["entry"])
        self._model = load_model(Path(context.artifacts["model"]).parent, json.loads(entry.read_text("utf-8")))

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """One row for each row of the input."""
        X = model_input.reset_index(drop=True)
        scores, points = self._model.score_and_points(X)
        worst = reasons(points, {})
        for rank in (1, 2, 3):
            named = worst.loc[worst["rank"] == rank].set_index("row")["feature"]
            scores[f"reason_{rank}"] = named.reindex(scores.index).fillna("").astype(str)
        return scores


set_model(ServedChurnModel())

"""The model as MLflow keeps and serves it: a file of code and our own safe loading, no pickle and no row of data."""

from __future__ import annotations

import json
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.models import ModelSignature, infer_signature

from models.churn import ChurnModel
from models.provenance import Served
from models.registry import LIBRARIES, save_model


def log_model(model: ChurnModel, X: pd.DataFrame, served: Served | None) -> Any:
    """Log ``model`` to the active run. ``X``: some rows of features, for the signature only."""
    if served is None:
        raise ValueError("a model can only be logged with the code that serves it")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        entry = save_model(model, folder)
        for file, values in {"entry.json": entry, "words.json": served.words}.items():
            (folder / file).write_text(json.dumps(values, sort_keys=True, default=str), encoding="utf-8")
        return mlflow.pyfunc.log_model(
            name="model",
            python_model=str(served.file),
            artifacts={
                "model": str(folder / entry["file"]),
                "entry": str(folder / "entry.json"),
                "words": str(folder / "words.json"),
            },
            code_paths=[str(path) for path in _code(folder / "code", served)],
            pip_requirements=[f"{name}=={version(name)}" for name in ("mlflow", *LIBRARIES, "threadpoolctl")],
            signature=_signature(model, X),
        )


def _signature(model: ChurnModel, X: pd.DataFrame) -> ModelSignature:
    """The features that go in, and what comes out: scores, and three reasons in words."""
    scores = model.score(X).assign(**{f"reason_{rank}": "" for rank in (1, 2, 3)})
    return infer_signature(X, scores)


def _code(folder: Path, served: Served) -> list[Path]:
    """``models`` and the few files of other packages that serving needs, copied below ``folder``."""
    own = Path(__file__).parent
    shutil.copytree(own, folder / own.name, ignore=shutil.ignore_patterns("__pycache__"))
    root = served.file.parent.parent
    for path in served.packages:
        target = folder / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return sorted(path for path in folder.iterdir() if path.is_dir())

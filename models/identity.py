"""What a model is, as a hash of what it was made from and of its content.

Made from: the tables it learned from and the configuration. Content: the learners' text and numbers, calibration,
scale, features, cutoffs. Times, run ids, how long a search took and how many threads it had are no part of it, so the
same data and seed give the same identity.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from models.churn import ChurnModel
from models.settings import TrainSettings

_NOT_CONTENT = {"version", "metadata", "tuned", "_booster"}
_NO_MATTER = {"threads", "benchmarks"}


def identity(model: ChurnModel, *made_from: str) -> str:
    """The version of a model: its latest training cutoff and eight digits of the hash.

    ``made_from``: what it was made from, as hashes: tables and configuration, or the version of another model.
    """
    text = "|".join([content_hash(model), *made_from])
    return f"{model.cutoffs[-1]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def settings_hash(settings: TrainSettings) -> str:
    """The sha256 of the settings that could have led to another model."""
    told = {name: value for name, value in settings.to_dict().items() if name not in _NO_MATTER}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def content_hash(model: ChurnModel) -> str:
    """The sha256 of everything in ``model`` that decides a score."""
    digest = hashlib.sha256()
    for piece in _pieces(model):
        digest.update(piece + b"\0")
    return digest.hexdigest()


def _pieces(value: Any) -> list[bytes]:
    """``value`` as bytes, part by part, the same on every machine."""
    if is_dataclass(value):
        parts = [(item.name, getattr(value, item.name)) for item in fields(value) if item.name not in _NOT_CONTENT]
        return [type(value).__name__.encode(), *_named(parts)]
    if isinstance(value, Mapping):
        return _named([(str(key), each) for key, each in value.items()])
    if isinstance(value, np.ndarray):
        return [str(value.dtype).encode(), str(value.shape).encode(), np.ascontiguousarray(value).tobytes()]
    if isinstance(value, list | tuple):
        return _named([(str(place), each) for place, each in enumerate(value)])
    return [repr(value).encode()]


def _named(parts: list[tuple[str, Any]]) -> list[bytes]:
    return [piece for name, each in parts for piece in (name.encode(), *_pieces(each))]

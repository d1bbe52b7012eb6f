"""Where trainings are recorded, and what the model registry there calls champion and challenger.

The registry is for people and other systems: scoring reads ``champion.json`` and never asks here. That it could not be
told is warned of and costs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from models.succession import Entry
from pipeline.stages.context import Run

if TYPE_CHECKING:
    from models.tracking import Tracking

_WORKSPACE = "workspace"


def stores(run: Run) -> list[Tracking]:
    """The configured server, if any, and the workspace's own store."""
    asked = [run.config.tracking.uri] if run.config.tracking.uri else []
    return [_tracking_at(run, place) for place in (*asked, _WORKSPACE)]


def recorded(run: Run, log: Callable[[Tracking], dict[str, Any]]) -> dict[str, Any]:
    """What ``log`` says of a record: on the server, else in the workspace.

    That it could not be written is told, and costs no model.
    """
    from models.tracking import TrackingError

    for tracking in stores(run):
        try:
            return log(tracking)
        except TrackingError as error:
            kept = "It is recorded in the workspace." if tracking.server else "What was found is kept all the same."
            run.reporter.warn(f"The tracking store could not be written to ({error}). {kept}")
    return {}


def name(run: Run, entry: Entry, alias: str) -> None:
    """Call the model of ``entry`` champion or challenger; what had the name loses it."""
    _tell(run, entry, lambda tracking, version: tracking.name_version(version, alias))


def disown(run: Run, entry: Entry | None, alias: str) -> None:
    """Take the name from the model of ``entry``, where it still has it.

    What comes after it may stand in another store or under another name, or be the scorecard, which is no model.
    """
    if entry is not None:
        _tell(run, entry, lambda tracking, version: tracking.unname_version(version, alias))


def _tell(run: Run, entry: Entry, what: Callable[[Tracking, int], None]) -> None:
    """Tell the store that ``entry`` was registered in, under the name that it has there."""
    from models.tracking import TrackingError

    if not entry.get("registered_version"):
        return
    tracking = _tracking_at(run, entry.get("tracked_in", _WORKSPACE))
    try:
        what(replace(tracking, model_name=entry["registered"]), int(entry["registered_version"]))
    except TrackingError as error:
        run.reporter.warn(f"The model registry could not be told ({error}); champion.json decides.")


def _tracking_at(run: Run, place: str) -> Tracking:
    """The store at ``place``: ``workspace``, or a server's address."""
    from models.tracking import Tracking

    label = run.config.label
    question = f"{run.config.name}: {' or '.join(label.kinds)} in {label.horizon_days} days"
    experiment = run.config.tracking.experiment or question
    server = None if place == _WORKSPACE else place
    return Tracking(run.workspace.mlflow, experiment, server, "holdfast-" + re.sub(r"[^\w.-]+", "-", experiment))

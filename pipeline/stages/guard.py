"""The leak guard as a stage runs it: on the ingested tables, and on what is about to be learned from."""

from __future__ import annotations

from models.panel import Panel
from models.settings import TrainSettings
from models.suspects import Suspect, suspects, written_by_leaving
from pipeline.errors import ModelGateError
from pipeline.stages.context import Run
from pipeline.stages.tables import asked

_ATTRIBUTE, _RECENCY = "attr_", "days_since"


def open_ends(run: Run) -> bool:
    """Whether some subscription has no end yet: where each period has one from the start, an end is a renewal."""
    path = run.table_paths().get("subscriptions")
    if path is None:
        return True
    ((still_open,),) = asked("SELECT count(*) - count(ended_at) FROM read_parquet(?)", path)
    return bool(still_open)


def refuse_written_by_leaving(panel: Panel) -> None:
    """Raise ModelGateError that names the attributes which tell who has left by now, whatever they are called."""
    told = written_by_leaving(panel, [name for name in map(str, panel.X) if name.startswith(_ATTRIBUTE)])
    if told:
        raise ModelGateError(
            *(
                f"Feature {name!r} tells who has left by now and who has not: it is written by leaving, so it was not "
                "known at the cutoffs before."
                for name in told
            ),
            hint="Take 'static: true' from the attribute; it is then shown as of the export, and not learned from.",
        )


def suspected(run: Run, panel: Panel, settings: TrainSettings) -> list[Suspect]:
    """Features that behave as if they knew the answer. How long an account has been silent is what going quiet asks."""
    quiet = "going_quiet" in run.config.label.kinds
    exempt = [name for name in map(str, panel.X) if quiet and _RECENCY in name]
    return suspects(panel, settings.gap_days, exempt)

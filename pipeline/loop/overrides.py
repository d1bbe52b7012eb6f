"""What a person says about an account against its score: shown beside the score, never in its place.

An override has an author, a reason and a last day. It changes no score, no band and no list.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import date, timedelta
from typing import Any

import pandas as pd

from pipeline.figures import day
from pipeline.texts import say

COLUMNS = ("account_id", "band", "author", "reason", "until", "given_on")
"""An override: the band that the author sees, and the days (ISO dates) from and to which it is shown."""


def no_overrides() -> pd.DataFrame:
    """A table of overrides without any."""
    return pd.DataFrame({name: pd.Series(dtype="string") for name in COLUMNS})


def in_force(overrides: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """The newest override of each account that holds at a cutoff, indexed by account_id.

    As with remarks, the list of a cutoff knows those that were given by the end of its own week. Columns:
    override_band, override_by, override_reason, override_until (moment).
    """
    end = (as_of + timedelta(weeks=1)).isoformat()
    newest = overrides[overrides["given_on"] < end].sort_values("given_on", kind="stable")
    newest = newest.drop_duplicates("account_id", keep="last")
    holding = newest[newest["until"] > as_of.isoformat()].set_index("account_id")
    shown = {"band": "override_band", "author": "override_by", "reason": "override_reason", "until": "override_until"}
    found = holding[list(shown)].rename(columns=shown)
    found["override_until"] = pd.to_datetime(found["override_until"])
    return found


def told(scored: pd.DataFrame) -> pd.Series:
    """The override of each account in a sentence; empty without one."""
    held = scored[scored["override_band"].notna()]
    texts = pd.Series([_sentence(row) for row in held.to_dict("records")], held.index, dtype="string")
    return texts.reindex(scored.index).fillna("")


def _sentence(row: Mapping[Hashable, Any]) -> str:
    band, until = say(f"names.bands.{row['override_band']}"), day(row["override_until"])
    return say("loop.override", author=row["override_by"], band=band, day=until, reason=row["override_reason"])

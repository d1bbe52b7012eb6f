"""Why scores moved between two published weeks."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.commands.command import Company

NEXT = "2026-08-03"


def moved(company: Company) -> pd.DataFrame:
    """The scores of the next week, published now."""
    company.json("publish", "--as-of", NEXT)
    return pd.read_csv(company.folder / "workspace" / "published" / "latest" / "health_scores.csv")


def test_what_the_settings_moved_is_not_laid_to_the_customer(company: Company) -> None:
    plain = moved(company)
    company.configure(lambda text: text + "features: {exclude: [seat_utilisation_4w]}\n")
    changed = moved(company)
    for scores in (plain, changed):
        causes = scores[["moved_customer", "moved_model", "moved_configuration"]].sum(axis=1, min_count=3)
        np.testing.assert_allclose(causes, scores["score"] - scores["score_before"], atol=1e-6)
    assert (plain["moved_configuration"] == 0).all() and (plain["moved_model"] == 0).all()
    assert (plain["moved_customer"] != 0).any()
    assert (changed["moved_configuration"] != 0).any() and (changed["moved_model"] == 0).all()

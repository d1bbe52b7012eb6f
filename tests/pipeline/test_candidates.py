from __future__ import annotations

from models.benchmarks import BENCHMARKS
from models.candidates import CANDIDATES
from pipeline.config import whole


def test_the_configuration_names_exactly_the_candidates_and_benchmarks_there_are() -> None:
    """Reading a configuration must not import the learners, so the names stand in both places."""
    assert set(whole.CANDIDATES) == set(CANDIDATES)
    assert set(whole.BENCHMARKS) == set(BENCHMARKS)

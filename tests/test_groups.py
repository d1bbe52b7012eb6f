"""Tests that share a company made once are kept on one worker."""

from __future__ import annotations

import os

import pytest


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="one process has no workers")
@pytest.mark.xdist_group("of one")
def test_a_group_of_tests_is_known_to_the_workers(request: pytest.FixtureRequest) -> None:
    # pytest-xdist tells the group by the end of the name; where it cannot, it says nothing and spreads the tests
    assert request.node.nodeid.endswith("@of one")

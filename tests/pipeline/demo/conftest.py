"""One small demo company, written once for all tests of the simulator."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.demo import DemoSummary, simulate

ACCOUNTS = 260


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> DemoSummary:
    folder = tmp_path_factory.mktemp("demo")
    return simulate(folder / "exports", folder / "truth", accounts=ACCOUNTS)


@pytest.fixture(scope="session")
def exports(company: DemoSummary) -> Path:
    return Path(company.exports)


@pytest.fixture(scope="session")
def truth(company: DemoSummary) -> Path:
    return Path(company.truth)

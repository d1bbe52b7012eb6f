"""Training and backtest of a larger company at ten cutoffs, each as a whole command: ``make bench-learning``.

The demo company is written so large that about 5,000 accounts are customers at a cutoff. It is ingested and tabulated
before; ``train`` and ``backtest`` then each begin with no fit kept.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from benchmarks.companies import demo
from benchmarks.measure import Measured, holdfast

_TEN_CUTOFFS = ("observed_from: 2025-02-17", "observed_from: 2025-10-01")
"""The demo's history ends so that ten months from here on have finished labels."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--accounts", type=int, default=7500, help="accounts that the demo company ever had")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        folder = Path(name)
        config = demo(folder, "--accounts", str(asked.accounts))
        config.write_text(config.read_text().replace(*_TEN_CUTOFFS))
        where = ("--config", str(config), "--workspace", str(folder))
        tabulated = holdfast("features", *where)
        print("| command | cutoffs | rows | accounts | churns | features | seconds | peak memory |")
        print("|---|---|---|---|---|---|---|---|")
        for command in ("backtest", "train"):
            shutil.rmtree(folder / "warehouse" / "fits", ignore_errors=True)
            print(_row(command, holdfast(command, *where), tabulated.output["features"]), flush=True)


def _row(command: str, measured: Measured, features: int) -> str:
    learned = measured.output["training"]
    return (
        f"| {command} | {learned['cutoffs']} | {learned['rows']:,} | {learned['accounts']:,} | {learned['churns']:,} "
        f"| {features} | {measured.seconds:.0f} s | {measured.peak_mib:,.0f} MiB |"
    )


if __name__ == "__main__":
    main()

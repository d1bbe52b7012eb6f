"""Features against the bare scan of the same file, in one run: ``make bench``.

For each size the demo company is written, ingested and put through ``holdfast features`` as whole processes. The
yardstick reads the same usage file and counts rows by account and week. Machines are noisy, so the ratio is what
counts; scans before and after are both taken and the faster one is the yardstick.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.companies import demo
from benchmarks.measure import holdfast, process

ACCOUNTS_PER_MILLION = 500
"""The demo company has about 2,000 events an account in two years."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "--millions", type=int, nargs="*", default=[3, 30], help="millions of events (100 is possible)"
    )
    options.add_argument("--whole-run", action="store_true", help="also train, score and publish at each size")
    asked = options.parse_args()
    print("| events | bare scan | facts and features | ratio | rows x features | peak memory | ingest | whole run |")
    print("|---|---|---|---|---|---|---|---|")
    for millions in asked.millions:
        folder = Path(tempfile.mkdtemp(prefix="holdfast-bench-"))
        try:
            print(_size(folder, millions * ACCOUNTS_PER_MILLION, asked.whole_run or millions <= 3), flush=True)
        finally:
            shutil.rmtree(folder)


def _size(folder: Path, accounts: int, whole: bool) -> str:
    where = ("--workspace", str(folder))
    config = ("--config", str(demo(folder, "--accounts", str(accounts))))
    ingested = holdfast("ingest", *config, *where)
    usage = str(folder / "warehouse" / "usage.parquet")
    yardstick = [sys.executable, "-m", "benchmarks.bare_scan", usage, "2"]
    before = process(yardstick)
    features = holdfast("features", *config, *where)
    after = process(yardstick)
    scan = min(before.output["seconds"], after.output["seconds"])
    seconds = features.output["seconds"]
    # nothing that was read or computed above may help the whole run
    fresh = ("--workspace", str(folder / "fresh"))
    run = f"{holdfast('run', *config, *fresh).seconds:.0f} s" if whole else "-"
    return (
        f"| {before.output['events'] / 1e6:.1f} M | {scan:.2f} s | {seconds:.2f} s | {seconds / scan:.1f} "
        f"| {features.output['rows']:,} x {features.output['features']} | {features.peak_mib:,.0f} MiB "
        f"| {ingested.seconds:.0f} s | {run} |"
    )


if __name__ == "__main__":
    main()

"""The yardstick: read a usage file and count its rows by account and week, and nothing else."""

from __future__ import annotations

import json
import sys
import time

import duckdb

QUERY = """
    SELECT count(*), sum(events) FROM (
        SELECT account_id, date_trunc('week', occurred_at) AS week, count(*) AS events
        FROM read_parquet(?) GROUP BY ALL
    )
"""


def scan(path: str, threads: int) -> dict[str, float]:
    with duckdb.connect(config={"threads": threads}) as connection:
        start = time.perf_counter()
        found = connection.execute(QUERY, [path]).fetchone()
        seconds = time.perf_counter() - start
    assert found is not None
    return {"account_weeks": found[0], "events": found[1], "seconds": seconds}


if __name__ == "__main__":
    print(json.dumps(scan(sys.argv[1], int(sys.argv[2]))))

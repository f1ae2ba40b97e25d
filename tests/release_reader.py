"""A BI tool that reads the release all the while: `python release_reader.py HOME STOP_FILE`.

It opens the release anew each time and prints, as JSON at its end, how often it read, the
releases it saw, and whatever was not as it must be.
"""

import json
import sys
import time
from contextlib import closing
from pathlib import Path

import duckdb

READ = ("dim_contracts", "fct_cash", "fct_allocations", "fct_debt_periods", "kpi_values")


def read(home: Path) -> tuple[str, list[str]]:
    """Return the id of the release served, and what is wrong with it."""
    with closing(duckdb.connect(home / "published" / "collections.duckdb", read_only=True)) as bi:
        releases = bi.execute("select release_id from release").fetchall()
        expected = dict(bi.execute("from release_tables").fetchall())
        counted = {
            table: bi.execute(f"select count(*) from {table}").fetchone()[0] for table in READ
        }
    wrong = [
        f"{table} has {count} rows and not {expected[table]}"
        for table, count in counted.items()
        if count != expected[table]
    ]
    if len(releases) != 1:
        wrong.append(f"there are {len(releases)} rows in release")
    return releases[0][0], wrong


def main() -> None:
    home, stop = Path(sys.argv[1]), Path(sys.argv[2])
    reads, seen, wrong = 0, [], []
    while not stop.exists():
        try:
            release_id, problems = read(home)
            wrong += problems
            if release_id not in seen:
                seen.append(release_id)
        except Exception as error:
            wrong.append(f"{type(error).__name__}: {error}")
        reads += 1
        time.sleep(0.4)
    print(json.dumps({"reads": reads, "seen": seen, "wrong": wrong}))


if __name__ == "__main__":
    main()

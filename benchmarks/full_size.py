"""Time the whole daily job at full size and say where the time goes.

One first run that catches up a year of exports with at least a million instalments, a million
payment rows and three million contacts, then a second run with nothing new:

    python benchmarks/full_size.py --scratch /some/disk

Prints seconds of both runs, of every step and of the slowest models, and the peak of memory.
"""

import argparse
import json
import re
import resource
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import duckdb

from orchestration.sample import write_sample

CUSTOMERS, MONTHS, SEED = 85_000, 12, 7
ROWS = {"billing/instalments": 1_000_000, "payment/payments": 1_000_000}
CONTACTS = 3_000_000
SLOWEST = 15


def write_exports(exports: Path) -> dict[str, int]:
    """Write the sample, then repeat its contacts, each an hour later, until there are enough."""
    summary = write_sample(exports, CUSTOMERS, MONTHS, SEED, lambda said: None)
    counts = {kind.replace(".", "/"): rows for kind, rows in summary.rows.items()}
    for kind, least in ROWS.items():
        if counts[kind] < least:
            raise SystemExit(f"only {counts[kind]:,} {kind}: raise CUSTOMERS.")
    contacts = sorted((exports / "contact" / "contacts").glob("*.csv"))
    sampled = counts["contact/contacts"]
    repeats, rest = divmod(max(CONTACTS - sampled, 0), sampled)
    # the later days are the fuller ones
    repeated_once_more = contacts[-(-len(contacts) * (sampled - rest) // sampled) - 1 :]
    with duckdb.connect() as connection:
        for path in contacts:
            times = repeats + (path in repeated_once_more)
            connection.execute(
                f"""
                copy (
                    select contacts.* replace (
                        contact_id || '-' || repeat as contact_id,
                        case
                            when length(started_at) = 19
                                then strftime(
                                    started_at::timestamp + to_hours(repeat), '%Y-%m-%d %H:%M:%S'
                                )
                            else started_at
                        end as started_at
                    )
                    from read_csv('{path}', all_varchar = true) as contacts
                    cross join range(1, {times + 1}) as repeats (repeat)
                ) to '{path.with_name(path.stem + "_again.csv")}'
                """
            )
        counts["contact/contacts"] = connection.execute(
            f"select count(*) from read_csv('{contacts[0].parent}/*.csv', all_varchar = true)"
        ).fetchone()[0]
    return counts


def run(exports: Path, home: Path) -> float:
    """Run the daily job; return its seconds."""
    started = time.monotonic()
    subprocess.run(
        [
            sys.executable,
            "-c",
            "from orchestration.command_line import main; main()",
            "run",
            "--exports",
            str(exports),
            "--home",
            str(home),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.monotonic() - started


def print_where_the_time_goes(home: Path) -> None:
    """Print seconds of the steps of the newest run and of its slowest models."""
    log = max((home / "logs").glob("*.jsonl"), key=lambda path: path.stat().st_mtime)
    messages = [json.loads(line)["message"] for line in log.read_text().splitlines()]
    for message in messages:
        if step := re.match(r"Finished execution of step \"(\w+)\" in (.+)\.$", message):
            print(f"  {step[1]:<40} {step[2]:>8}")
    models: Counter[str] = Counter()
    for message in messages:
        text = re.sub(r"\x1b\[[0-9;]*m", "", message)
        if model := re.search(r"OK created .* main\.(\w+) .* in ([0-9.]+)s", text):
            models[model[1]] = float(model[2])
    for name, seconds in models.most_common(SLOWEST):
        print(f"    {name:<38} {seconds:>6.1f} s")


def main() -> None:
    """Write the exports, run twice, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scratch", type=Path, required=True, help="directory for some 5 GB")
    scratch = parser.parse_args().scratch
    exports, home = scratch / "exports", scratch / "home"
    shutil.rmtree(home, ignore_errors=True)
    if not exports.exists():
        for kind, rows in sorted(write_exports(exports).items()):
            print(f"{kind:<32} {rows:>12,} rows")
    print(f"first run, everything new: {run(exports, home):.0f} s")
    print_where_the_time_goes(home)
    print(f"second run, nothing new:   {run(exports, home):.0f} s")
    peak_kib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(f"peak memory of a run:      {peak_kib / 2**20:.1f} GiB")


if __name__ == "__main__":
    main()

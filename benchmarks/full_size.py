"""Time the whole daily job at full size and say where the time goes.

One first run that catches up a year of exports with three million contacts and about a million
instalments and payments, then a second run with nothing new:

    python -m benchmarks.full_size --scratch /some/disk

Prints seconds of both runs, of every step and of the slowest models, and the peak of memory.
"""

import argparse
import json
import re
import shutil
from collections import Counter
from pathlib import Path

from benchmarks import ours
from benchmarks.exports import write_exports

CONTACTS = 3_000_000
SLOWEST = 15


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
    parser.add_argument("--scratch", type=Path, required=True, help="directory for some 8 GB")
    scratch = parser.parse_args().scratch.absolute()
    exports, home = scratch / "exports", scratch / "home"
    if not exports.exists():
        unfinished = scratch / "exports.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        for kind, rows in write_exports(scratch, unfinished, CONTACTS).items():
            print(f"{kind:<32} {rows:>12,} rows")
        unfinished.rename(exports)
    first = ours.first_run(exports, home)
    print(f"first run, everything new: {first.seconds:.0f} s")
    print_where_the_time_goes(home)
    second = ours.daily_run(exports, home)
    print(f"second run, nothing new:   {second.seconds:.0f} s")
    peak_bytes = max(first.peak_bytes, second.peak_bytes)
    print(f"peak memory of a run:      {peak_bytes / 2**30:.1f} GiB")


if __name__ == "__main__":
    main()

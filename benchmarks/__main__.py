"""Measures this project beside its limit and beside what a user would pick instead.

    python -m benchmarks --scratch FOLDER --sizes 1,10 --parts limit,rivals,empty,growth,memory

Sizes are millions of contact rows, with the rest in proportion. The results go to
docs/performance.md. Have the machine to yourself.
"""

import argparse
import os
import subprocess
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path

from benchmarks import machine, postgres_server
from benchmarks.parts import LEAST, PARTS, Bench
from benchmarks.report import keep

MILLION = 1_000_000
RIVALS_PYTHON = Path(__file__).resolve().parents[1] / ".venv-bench" / "bin" / "python"
LIBRARIES = ("pandas", "polars", "pyspark", "psycopg")


def repeats_of(contacts: int) -> int:
    """Repeat less what takes long."""
    if contacts <= MILLION:
        return 5
    return 3 if contacts <= 10 * MILLION else 1


def versions(python: Path) -> str:
    """Name the versions of everything measured."""
    ours = [f"{name} {version(name)}" for name in ("duckdb", "dbt-core", "dagster")]
    ask = f"from importlib.metadata import version as v; print(*map(v, {LIBRARIES}))"
    asked = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=False)
    theirs = [
        f"{name} {found}" for name, found in zip(LIBRARIES, asked.stdout.split(), strict=False)
    ]
    if where := postgres_server.binaries():
        said = subprocess.check_output([where / "postgres", "--version"], text=True)
        theirs.append(f"PostgreSQL {said.split()[2]}")
    return ", ".join([f"Python {sys.version.split()[0]}", *ours, *theirs])


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--scratch", type=Path, required=True, help="folder for all files")
    parser.add_argument("--sizes", default="1,10", help="millions of contact rows, as 1,10,50")
    parser.add_argument("--parts", default=",".join(PARTS), help=f"of {', '.join(PARTS)}")
    parser.add_argument("--repeats", type=int, help="default: 5, 3 from 10 million, 1 beyond")
    parser.add_argument("--rivals", default=",".join(LEAST), help=f"of {', '.join(LEAST)}")
    parser.add_argument("--rivals-python", type=Path, default=RIVALS_PYTHON)
    arguments = parser.parse_args()
    scratch = arguments.scratch.absolute()
    scratch.mkdir(parents=True, exist_ok=True)
    # every run and the analyst's dbt find the project parsed, as on any day but the first
    os.environ["DBT_TARGET_PATH"] = str(scratch / "dbt")
    os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parents[1])
    for size in arguments.sizes.split(","):
        contacts = round(float(size) * MILLION)
        bench = Bench(
            scratch,
            contacts,
            arguments.repeats or repeats_of(contacts),
            arguments.rivals.split(","),
            arguments.rivals_python.absolute(),
            lambda said: print(said, flush=True),
        )
        for part in arguments.parts.split(","):
            print(f"--- {part}, {contacts:,} contacts ---", flush=True)
            circumstances = {
                "day": date.today().isoformat(),
                "load": machine.load(),
                "repeats": bench.repeats if part != "memory" else 1,
                "machine": machine.description(),
                "versions": versions(bench.rivals_python),
            }
            rows = PARTS[part](bench)
            keep(part, contacts, rows, circumstances)
            for row in rows:
                ratio = "" if row.ratio is None else f"   {row.ratio:.2f} x"
                print(f"{row.name:<75} {row.seconds:>8.1f} s{ratio}", flush=True)


if __name__ == "__main__":
    main()

"""What a user of this project types, as processes to be measured."""

import json
import os
import shutil
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from benchmarks.measuring import Measured, measure
from expectations.overrides import Override, overrides_file, save_overrides
from orchestration.contract import DBT_PROJECT
from orchestration.warehouse import warehouse_path

ENTRY = ("-c", "from orchestration.command_line import main; main()")


def daily_run(
    exports: Path, home: Path, sources: Sequence[Path] = (), memory: str | None = None
) -> Measured:
    """Run the daily job: load, build, test, audit, release."""
    named = [part for path in sources for part in ("--sources", path)]
    return measure(
        [sys.executable, *ENTRY, "run", "--exports", exports, "--home", home, *named],
        {"WAREHOUSE_MEMORY": memory} if memory else None,
    )


def first_run(
    exports: Path, home: Path, sources: Sequence[Path] = (), memory: str | None = None
) -> Measured:
    """Run the daily job on all of the exports, from nothing.

    Copies of one portfolio are no more evidence than one of them, but count as more: the two
    expectations that chance breaks then may fail.
    """
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True, mode=0o700)
    until = date.today() + timedelta(days=1)
    save_overrides(
        overrides_file(home),
        [
            Override(
                expectation=expectation,
                person="the benchmark",
                reason="every row comes in many copies",
                expires_on=until,
            )
            for expectation in ("hours_keep_their_shape", "amounts_keep_their_scale")
        ],
    )
    return daily_run(exports, home, sources, memory)


def seconds_by_step(home: Path) -> dict[str, float]:
    """Read how long each step of the newest run took."""
    newest = (home / "runs.jsonl").read_text().splitlines()[-1]
    return json.loads(newest)["seconds_by_step"]


def ten_kpis(exports: Path, home: Path, out: Path) -> Measured:
    """Load what the ten KPIs need, build them and write them down, from nothing."""
    shutil.rmtree(home, ignore_errors=True)
    return measure([sys.executable, "-m", "benchmarks.ten_kpis", exports, home, out])


def dbt_build(home: Path) -> Measured:
    """Build the warehouse as an analyst would, with dbt's own command."""
    dbt = Path(sys.executable).with_name("dbt")
    target = os.environ.get("DBT_TARGET_PATH") or home / "dbt"
    return measure(
        [
            *(dbt, "build", "--exclude-resource-type", "unit_test"),
            *("--project-dir", DBT_PROJECT, "--profiles-dir", DBT_PROJECT),
            *("--target-path", target, "--log-path", target),
        ],
        {"WAREHOUSE_FILE": str(warehouse_path(home))},
    )

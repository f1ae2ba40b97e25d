"""JSON Lines and Parquet into raw, beside DuckDB's bare ``create table as`` of the same file.

    python -m benchmarks.event_logs --scratch FOLDER --events 1000000

Ours is all that a run does with a file: looking for its columns, for identifiers nobody declared,
and loading two kinds from it by the connector of SendGrid. Both are timed as whole processes, in
turn, with the most memory each had.
"""

import argparse
import json
import os
import random
import statistics
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb

from benchmarks.measuring import Measured, measure
from orchestration.ingestion.exports import find_deliveries
from orchestration.ingestion.loading import load
from orchestration.ingestion.pending import pending
from orchestration.ingestion.sources import SourceSystem, load_source
from orchestration.sql_text import literal
from orchestration.warehouse import open_warehouse

CONNECTOR = Path(__file__).resolve().parents[1] / "sources" / "sendgrid.yml"
EVENTS = ("processed", "delivered", "open", "click", "bounce")
FORMATS = {"jsonl": "read_json", "parquet": "read_parquet"}


def write_logs(folder: Path, events: int) -> None:
    """Write a day's events as JSON Lines, and the same as Parquet."""
    chance = random.Random(1)
    for name in FORMATS:
        (folder / name / "sendgrid").mkdir(parents=True, exist_ok=True)
    lines, table = (folder / name / "sendgrid" / f"2024-01-31.{name}" for name in FORMATS)
    with lines.open("w", encoding="utf-8") as file:
        for number in range(events):
            event = chance.choice(EVENTS)
            record = {
                "email": f"c{number % 50_000}@example.com",
                "timestamp": 1_706_745_600 + number // 20,
                "smtp-id": f"<14c5d75ce93.dfd.{number}@ismtpd-555>",
                "event": event,
                "category": "dunning",
                "sg_event_id": f"rbtnWrG1DVDGGGFHFyun0A{number}",
                "sg_message_id": f"14c5d75ce93.dfd.{number // 5}.filter0001.16648.5515E0B88.0",
            }
            if event == "processed":
                record["sg_template_id"] = "d-reminder"
            if event == "open":
                record |= {"sg_machine_open": number % 3 == 0, "useragent": "Mozilla/5.0 (x) y"}
            if event == "bounce":
                record |= {"type": "bounce", "reason": "500 unknown", "status": "5.0.0"}
            file.write(json.dumps(record) + "\n")
    duckdb.execute(f"copy (from read_json({literal(lines)})) to {literal(table)}")


def connector(file_format: str) -> SourceSystem:
    """Return the connector of SendGrid, for files of a format."""
    system = load_source(CONNECTOR).model_dump(exclude_unset=True)
    (spec,) = system["files"]
    spec["path"] = spec["path"].replace("jsonl", file_format)
    spec["format"] = file_format
    return SourceSystem.model_validate(system)


def load_with_us(exports: Path, file_format: str, warehouse: Path) -> None:
    """Load the file into raw."""
    os.environ.setdefault("WAREHOUSE_SECRET", "a secret for the benchmark alone, of no use")
    found = find_deliveries(exports, [connector(file_format)])
    with closing(open_warehouse(warehouse)) as connection:
        (contacts, events) = load(connection, pending(connection, found))
    if contacts.rows_loaded + contacts.rows_left_out != events.rows_loaded + events.rows_left_out:
        raise RuntimeError(f"some rows are missing: {contacts}, {events}")


def load_bare(exports: Path, file_format: str, warehouse: Path) -> None:
    """Create a table of the file, with the types DuckDB finds."""
    path = next((exports / "sendgrid").iterdir())
    with duckdb.connect(warehouse) as connection:
        connection.execute(f"create table events as from {FORMATS[file_format]}({literal(path)})")


LOADERS: dict[str, Callable[[Path, str, Path], None]] = {"bare": load_bare, "ours": load_with_us}


def compare(scratch: Path, repeats: int) -> None:
    """Time every loader with every format in turn, and print the medians."""
    for file_format in FORMATS:
        taken: dict[str, list[Measured]] = {name: [] for name in LOADERS}
        for _ in range(repeats):
            for name, runs in taken.items():
                warehouse = scratch / "warehouse.duckdb"
                warehouse.unlink(missing_ok=True)
                place = (str(scratch / file_format), file_format, str(warehouse))
                module = (sys.executable, "-m", "benchmarks.event_logs")
                runs.append(measure([*module, "--one", name, *place]))
        for name, runs in taken.items():
            seconds = statistics.median(run.seconds for run in runs)
            peak = max(run.peak_bytes for run in runs) / 2**20
            print(f"{file_format:8} {name:5} {seconds:7.2f} s {peak:8.0f} MiB", flush=True)


def main() -> None:
    """Measure, or run the one loader that is measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scratch", type=Path)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        name, exports, file_format, warehouse = arguments.one
        LOADERS[name](Path(exports), file_format, Path(warehouse))
        return
    if arguments.scratch is None:
        parser.error("say where to work: --scratch FOLDER")
    write_logs(arguments.scratch, arguments.events)
    compare(arguments.scratch, arguments.repeats)


if __name__ == "__main__":
    main()

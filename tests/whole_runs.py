"""Whole runs of the command line in a process of their own, as a user starts them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb

from orchestration.sql_text import literal
from orchestration.warehouse import warehouse_path

READER = Path(__file__).with_name("release_reader.py")


def write(exports: Path, files: dict[str, str]) -> None:
    """Write export files below a directory, as an hour ago; lines may be indented."""
    moment = time.time() - 3600
    for name, text in files.items():
        path = exports / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(line.strip() for line in text.strip().splitlines()) + "\n")
        os.utime(path, (moment, moment))


def warehouse_run(exports: Path, home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run `warehouse run` and return what it said and how it ended."""
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "orchestration",
            "run",
            "--exports",
            str(exports),
            "--home",
            str(home),
            *options,
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "200"},
    )


def released(exports: Path, home: Path, *options: str) -> None:
    """Run `warehouse run` and see it release."""
    run = warehouse_run(exports, home, *options)
    assert run.returncode == 0, run.stdout + run.stderr


def query(database: Path, sql: str, *parameters: object) -> list[tuple]:
    """Rows of a query on a DuckDB file."""
    with closing(duckdb.connect(database, read_only=True)) as connection:
        return connection.execute(sql, parameters).fetchall()


def contents(directory: Path) -> dict[Path, bytes]:
    """Every file below a directory, byte for byte."""
    return {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def _tables(connection: duckdb.DuckDBPyConnection, catalog: str) -> list[str]:
    rows = connection.execute(
        "select table_name from duckdb_tables() where database_name = ?"
        " and schema_name = 'main' and regexp_matches(table_name, '^(dim|fct|kpi)_')"
        " order by table_name",
        [catalog],
    ).fetchall()
    return [name for (name,) in rows]


def different_tables(one: Path, other: Path) -> list[str]:
    """Names of the dimensions, facts and KPI tables whose rows differ between two homes."""
    with closing(duckdb.connect()) as connection:
        connection.execute(f"attach {literal(warehouse_path(one))} as one (read_only)")
        connection.execute(f"attach {literal(warehouse_path(other))} as other (read_only)")
        names = _tables(connection, "one")
        assert names
        assert names == _tables(connection, "other")
        return [
            name
            for name in names
            if connection.execute(
                f"select count(*) from ((from one.main.{name} except all from other.main.{name})"
                f" union all (from other.main.{name} except all from one.main.{name}))"
            ).fetchone()
            != (0,)
        ]


@contextmanager
def reader(home: Path, stop: Path) -> Iterator[dict[str, Any]]:
    """Have somebody read the release until the block ends; then say what was seen."""
    process = subprocess.Popen(
        [sys.executable, READER, home, stop], stdout=subprocess.PIPE, text=True
    )
    seen: dict[str, Any] = {}
    try:
        yield seen
    finally:
        stop.touch()
        seen.update(json.loads(process.communicate(timeout=60)[0]))
        stop.unlink()

"""The limit: what DuckDB alone needs for the same work, in one process and one connection.

    python -m benchmarks.limit read EXPORTS WAREHOUSE.duckdb
    python -m benchmarks.limit build STATEMENTS.json WAREHOUSE.duckdb

The one reads the files into tables of text; the other sends a warehouse with loaded files the SQL
that dbt compiles.
"""

import json
import os
import shutil
import sys
from contextlib import closing
from pathlib import Path

import duckdb

from benchmarks.measuring import Measured, measure
from orchestration.contract import DBT_PROJECT
from orchestration.sql_text import literal

# as in dbt_project/profiles.yml
SETTINGS = (
    "set TimeZone = 'UTC'",
    "set preserve_insertion_order = false",
    f"set memory_limit = '{os.environ.get('WAREHOUSE_MEMORY', '50%')}'",
)
BUILT = ("table", "view", "incremental")


def compile_statements(loaded: Path, statements: Path, target: Path) -> None:
    """Write down the SQL of all models, in the order they are built, for a loaded warehouse.

    ``loaded`` gets the seeds; no model is in it, so incremental ones are compiled to be built
    whole.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner  # takes seconds

    os.environ["WAREHOUSE_FILE"] = str(loaded)
    places = [
        *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)),
        *("--target-path", str(target), "--log-path", str(target)),
        *("--log-level", "none", "--log-level-file", "none"),
    ]
    try:
        for command in (["seed"], ["compile", "--select", "resource_type:model"]):
            result = dbtRunner().invoke([*command, *places])
            if not result.success:
                raise RuntimeError(f"dbt {command[0]} failed: {result.exception}")
    finally:
        DuckDBConnectionManager.close_all_connections()
    models = [
        (node.name, "view" if node.config.materialized == "view" else "table", node.compiled_code)
        for node in (outcome.node for outcome in result.result.results)
        if node.config.materialized in BUILT
    ]
    statements.write_text(
        json.dumps([f"create or replace {kind} main.{name} as {sql}" for name, kind, sql in models])
    )


def bare_build(statements: Path, loaded: Path, warehouse: Path) -> Measured:
    """Send the statements to a copy of the loaded warehouse."""
    _remove(warehouse)
    shutil.copyfile(loaded, warehouse)
    return measure([sys.executable, "-m", "benchmarks.limit", "build", statements, warehouse])


def bare_read(exports: Path, warehouse: Path) -> Measured:
    """Read the files into a new warehouse."""
    _remove(warehouse)
    return measure([sys.executable, "-m", "benchmarks.limit", "read", exports, warehouse])


def _remove(warehouse: Path) -> None:
    for path in (warehouse, warehouse.with_name(f"{warehouse.name}.wal")):
        path.unlink(missing_ok=True)


def _statements_to_read(exports: Path) -> list[str]:
    return [
        f"create table {folder.parent.name}_{folder.name} as"
        f" select * from read_csv({literal(folder / '*.csv')}, all_varchar = true)"
        for folder in sorted(path for path in exports.glob("*/*") if path.is_dir())
    ]


def main() -> None:
    """Do one or the other."""
    what, source, warehouse = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    is_read = what == "read"
    statements = _statements_to_read(source) if is_read else json.loads(source.read_text())
    with closing(duckdb.connect(warehouse)) as connection:
        for statement in (*SETTINGS, *statements):
            connection.execute(statement)


if __name__ == "__main__":
    main()

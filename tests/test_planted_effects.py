"""What is planted in samples is found, and what is not there is not: from exports to results."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from shutil import copyfile, rmtree

import duckdb
import pytest
from loading import load_all
from planted_truth import arms_of, measured
from quick_runs import Statements
from side_by_side import renamed, write_side_by_side

from orchestration.sample import play_sample
from orchestration.sample.planted import EXPERIMENTS, LINK, TRUE_EFFECTS
from orchestration.warehouse import open_warehouse, warehouse_path

KINDS = (
    *("billing.customers", "billing.contracts", "billing.instalments", "billing.adjustments"),
    *("billing.agreements", "billing.agreement_contracts", "billing.agreement_instalments"),
    *("billing.stages", "billing.disputes", "payment.payments", "payment.allocations"),
    *("payment.fx_rates", "contact.contacts", "contact.contact_events", "contact.consents"),
    *("contact.promises", "contact.assignments"),
)
NAMES = [experiment.name for experiment in EXPERIMENTS]
MONTHS = 12


def results(
    folder: Path, statements: Statements, seeds: Sequence[int], customers: int
) -> duckdb.DuckDBPyConnection:
    """Build the results of experiments in the exports of so many seeds, and customers of each."""
    warehouse = warehouse_path(folder)
    write_side_by_side(folder / "exports", seeds, customers, MONTHS, KINDS)
    copyfile(statements.start, warehouse)
    with closing(open_warehouse(warehouse)) as connection:
        load_all(connection, folder / "exports")
    rmtree(folder / "exports")
    connection = duckdb.connect(warehouse)
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("create temp table renamed (other varchar, experiment varchar)")
    connection.executemany("insert into renamed values (?, ?)", renamed(NAMES, seeds))
    connection.execute("""
        insert into main.experiments
        select experiments.* replace (other as experiment)
        from main.experiments inner join renamed using (experiment)
    """)
    for name in upstream("experiment_results"):
        connection.execute(statements.models[name])
    return connection


def upstream(model: str) -> list[str]:
    """List the models that one is built from, and itself, in the order they are built."""
    from orchestration.dbt_runner import parsed_project  # takes seconds

    nodes = parsed_project().nodes
    found: list[str] = []

    def visit(name: str) -> None:
        if name in nodes and nodes[name].resource_type == "model" and name not in found:
            for parent in nodes[name].depends_on.nodes:
                visit(parent)
            found.append(name)

    visit(f"model.collections.{model}")
    return [nodes[name].name for name in found]



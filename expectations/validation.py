"""Runs suites of checks inside DuckDB with Great Expectations.

Importing this module takes seconds, as Great Expectations does.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

import duckdb

from expectations.checks import Check, Suite
from expectations.dialect import engine_options
from orchestration.sql_text import literal

os.environ["GX_ANALYTICS_ENABLED"] = "false"

import great_expectations as gx
from great_expectations.core import (
    ExpectationSuiteValidationResult,
    ExpectationValidationResult,
)
from great_expectations.expectations import UnexpectedRowsExpectation

SOURCE = "warehouse"
ROWS_SHOWN = 10

Row = dict[str, Any]


class AuditError(Exception):
    """A check could not be run, so nobody knows whether it holds."""


@dataclass(frozen=True)
class Finding:
    """A check that does not hold.

    ``observed`` are the first of ``observed_count`` rows against it, ``rows`` the first rows
    behind them where they are sums.
    """

    layer: str
    check: Check
    observed: tuple[Row, ...]
    observed_count: int
    rows: tuple[Row, ...]

    def sentence(self) -> str:
        """Return what does not hold, then what was observed and the first rows, a line each."""
        lines = [f"{self.check.name} ({self.layer}, {self.check.severity}): {self.check.says}"]
        lines += [f"  observed: {in_words(row)}" for row in self.observed]
        if self.observed_count > len(self.observed):
            lines += [f"  and {self.observed_count - len(self.observed)} more"]
        lines += [f"  row: {in_words(row)}" for row in self.rows]
        return "\n".join(lines)


@dataclass(frozen=True)
class TableResult:
    """What was found on one table for one layer, and as Great Expectations reports it."""

    layer: str
    table: str
    findings: tuple[Finding, ...]
    result: ExpectationSuiteValidationResult


def in_words(row: Row) -> str:
    """Return a row as ``column = value`` pairs."""
    return ", ".join(f"{name} = {value}" for name, value in row.items() if value is not None)


def validate(warehouse: Path, published: Path | None, suites: Sequence[Suite]) -> list[TableResult]:
    """Run the suites on a warehouse file, with the published release attached.

    Raises AuditError where a check cannot be run.
    """
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        _prepare(connection, published, suites)
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        context.data_sources.add_sql(
            SOURCE,
            connection_string="duckdb+audit://",
            create_temp_table=False,
            kwargs=engine_options(connection),
        )
        results = [
            _validate_table(context, connection, suite.layer, table, list(checks))
            for suite in suites
            for table, checks in groupby(
                sorted(suite.checks, key=attrgetter("table")), attrgetter("table")
            )
        ]
        if published is not None:
            # an attached file stays with the database as long as the caller keeps it open
            connection.execute("detach published")
    return results


def _prepare(
    connection: duckdb.DuckDBPyConnection, published: Path | None, suites: Sequence[Suite]
) -> None:
    if published is not None:
        connection.execute(f"attach {literal(published)} as published (read_only)")
    for suite in suites:
        for name, select in suite.prepared.items():
            try:
                connection.execute(f"create temporary table {name} as {select}")
            except duckdb.Error as error:
                raise AuditError(
                    f"The audit cannot prepare {name} ({suite.layer}): {error}"
                ) from error


def _validate_table(
    context: gx.data_context.EphemeralDataContext,
    connection: duckdb.DuckDBPyConnection,
    layer: str,
    table: str,
    checks: list[Check],
) -> TableResult:
    name = f"{layer}: {table}"
    schema, _, bare_name = table.rpartition(".")
    # a query and not a table, whose schema cannot be given any more
    asset = context.data_sources.get(SOURCE).add_query_asset(
        name, query=f"select * from {schema or 'main'}.{bare_name}"
    )
    definition = gx.ValidationDefinition(
        name=name,
        data=asset.add_batch_definition_whole_table(name),
        suite=context.suites.add(
            gx.ExpectationSuite(
                name, expectations=[_expectation(check, bare_name) for check in checks]
            )
        ),
    )
    result = context.validation_definitions.add(definition).run(result_format="COMPLETE")
    by_check = {(check.name, check.severity): check for check in checks}
    findings = tuple(
        _finding(connection, layer, by_check[_key(held)], held)
        for held in result.results
        if not held.success
    )
    return TableResult(layer, table, findings, result)


def _expectation(check: Check, bare_name: str) -> UnexpectedRowsExpectation:
    against = check.against.replace("{", "{{").replace("}", "}}")
    limit = check.limit
    why = f" Limit of {limit.owner}: {limit.reason.strip()}" if limit else ""
    return UnexpectedRowsExpectation(
        unexpected_rows_query=f"with {bare_name} as (select * from {{batch}}) "
        f"select * from ({against}) as against",
        description=f"{check.says} ({check.name}, {check.severity}){why}",
        severity=check.severity,
        meta={"check": check.name},
    )


def _key(result: ExpectationValidationResult) -> tuple[str, str]:
    config = result.expectation_config
    return config.meta["check"], config.severity


def _finding(
    connection: duckdb.DuckDBPyConnection,
    layer: str,
    check: Check,
    result: ExpectationValidationResult,
) -> Finding:
    if "observed_value" not in result.result:
        reason = next(iter(result.exception_info.values()))["exception_message"]
        raise AuditError(
            f"The check {check.name} ({layer}) cannot be run: {reason.partition('[SQL')[0]}"
        )
    rows = ()
    if check.rows is not None:
        first_rows = connection.execute(f"from ({check.rows}) limit {ROWS_SHOWN}")
        columns = [column[0] for column in first_rows.description]
        rows = tuple(dict(zip(columns, row, strict=True)) for row in first_rows.fetchall())
    return Finding(
        layer=layer,
        check=check,
        observed=tuple(result.result["details"]["unexpected_rows"][:ROWS_SHOWN]),
        observed_count=result.result["observed_value"],
        rows=rows,
    )

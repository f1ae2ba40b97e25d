from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from orchestration.comparing.explanation import open_release
from orchestration.comparing.traces import Place, place_of

UNITS = """
create table dim_contracts as select 'A1' as account_id, 'P 1' as contract_id;
create table dim_customers as select 'C1' as customer_id union all select 'customer 1';
create table fct_promises as select 'P 1' as promise_id;
create table fct_allocations as select 'X' as allocation_id;
create table fct_costs as select 'Y' as cost_id union all select 'X';
"""
KINDS = "The promise, or the account (the customer where there is none) that kept one."


@pytest.mark.parametrize(
    ("described", "unit", "place"),
    [
        ("The customer.", "C1", Place("dim_customers", "customer_id", "C1")),
        ("The customer.", "customer 1", Place("dim_customers", "customer_id", "customer 1")),
        ("The customer.", "C2", None),
        ("The month and the team.", "C1", None),
        (KINDS, "promise P 1", Place("fct_promises", "promise_id", "P 1")),
        (KINDS, "account A1", Place("dim_contracts", "account_id", "A1")),
        (KINDS, "account customer C1", Place("dim_customers", "customer_id", "C1")),
        ("The allocation or the cost.", "X", Place("fct_allocations", "allocation_id", "X")),
        ("The allocation or the cost.", "Y", Place("fct_costs", "cost_id", "Y")),
    ],
)
def test_a_unit_is_held_by_the_table_its_description_names(
    tmp_path: Path, described: str, unit: str, place: Place | None
) -> None:
    with closing(duckdb.connect(tmp_path / "units.duckdb")) as connection:
        connection.execute(UNITS)
    with closing(open_release(tmp_path / "units.duckdb")) as connection:
        assert place_of(connection, described, unit) == place

"""Which rows and columns of a file are of a kind, and what where columns come and go."""

from pathlib import Path
from textwrap import dedent, indent

import pytest
from loading import load_all, rows, source_of

from orchestration.errors import InputError
from orchestration.ingestion.sources import SourceSystem

CRM = """
system: crm
files:
  - path: "parties_{day}.csv"
    kinds:
"""


def crm(place: Path, kinds: str) -> SourceSystem:
    """Declare a system with one pattern of files, which feed some kinds."""
    return source_of(place / "crm.yml", CRM + indent(dedent(kinds), 6 * " "))


def test_a_row_goes_to_the_kinds_whose_where_it_fits(warehouse, write_exports, tmp_path):
    system = crm(
        tmp_path,
        """
        billing.customers:
          columns: {customer_id: Id}
          where: "case Type when 'party' then true when 'debt' then false end"
        billing.contracts:
          columns: {contract_id: Id, customer_id: Of}
          where: Type = 'debt'
        """,
    )
    exports = write_exports(
        {"parties_2024-01-31.csv": "Type,Id,Of\nparty,c1,\ndebt,k1,c1\nother,x,\ndebt,k2,\ncut\n"}
    )
    loaded = load_all(warehouse, exports, [system])
    assert [
        (file.kind, file.rows_in, file.rows_loaded, file.rows_rejected, file.rows_left_out)
        for file in loaded
    ] == [("customers", 3, 1, 2, 2), ("contracts", 3, 1, 2, 2)]
    assert rows(warehouse, "select customer_id, row_number from raw.billing_customers") == [
        ("c1", 2)
    ]
    assert rows(warehouse, "select contract_id, row_number from raw.billing_contracts") == [
        ("k1", 3)
    ]
    assert rows(
        warehouse, "select kind, row_number, reason from raw.rejected_rows order by all"
    ) == [
        ("contracts", 5, "customer_id is required and empty"),
        ("contracts", 6, "the line has fewer columns than the header; it may be cut off"),
        ("customers", 4, "its where cannot tell whether the row is of billing.customers"),
        ("customers", 6, "the line has fewer columns than the header; it may be cut off"),
    ]


def test_a_where_that_does_not_fit_the_columns_refuses_the_file(warehouse, write_exports, tmp_path):
    system = crm(
        tmp_path,
        """
        billing.customers:
          columns: {customer_id: Id}
          where: Typ = 'party'
        """,
    )
    exports = write_exports({"parties_2024-01-31.csv": "Type,Id\nparty,c1\n"})
    with pytest.raises(InputError, match=r"does not fit the where of billing\.customers.*Typ"):
        load_all(warehouse, exports, [system])


GREW_AND_SHRANK = {
    "parties_2024-01-30.csv": "Id,Area,Since\nc1,north,2024-01-29\n",
    "parties_2024-01-31.csv": "Id,Phone No\nc1,none\n",
}


@pytest.fixture
def parties(tmp_path):
    return crm(
        tmp_path,
        """
        billing.customers:
          columns: {customer_id: Id, region: Area}
          expressions: {updated_at: "Since || ' 00:00'"}
        """,
    )


@pytest.mark.parametrize("is_at_once", [True, False])
def test_an_optional_column_that_is_gone_stays_empty(warehouse, write_exports, parties, is_at_once):
    if not is_at_once:
        first = dict(list(GREW_AND_SHRANK.items())[:1])
        load_all(warehouse, write_exports(first), [parties])
    load_all(warehouse, write_exports(GREW_AND_SHRANK), [parties])
    assert rows(
        warehouse, "select region, updated_at from raw.billing_customers order by export_day"
    ) == [("north", "2024-01-29 00:00"), (None, None)]
    assert rows(
        warehouse, "select path_pattern, column_names from raw.files order by export_day"
    ) == [
        ("parties_{day}.csv", '["Id", "Area", "Since"]'),
        ("parties_{day}.csv", '["Id", "Phone No"]'),
    ]


def test_a_mapped_column_no_file_ever_had_refuses_the_file(warehouse, write_exports, parties):
    exports = write_exports(dict(list(GREW_AND_SHRANK.items())[1:]))
    with pytest.raises(InputError) as refused:
        load_all(warehouse, exports, [parties])
    assert "has no column 'Area', which is mapped to billing.customers.region" in str(refused.value)
    assert "does not fit the expression for billing.customers.updated_at" in str(refused.value)


def test_a_required_column_that_is_gone_refuses_the_file(warehouse, write_exports, parties):
    exports = write_exports(
        GREW_AND_SHRANK | {"parties_2024-01-31.csv": "Number,Area,Since\nc1,north,2024-01-29\n"}
    )
    with pytest.raises(InputError, match="has no column 'Id', which is mapped to"):
        load_all(warehouse, exports, [parties])

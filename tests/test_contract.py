from orchestration.contract import IS_DELETED, contract, own_tables
from orchestration.warehouse import ORIGIN, open_warehouse, warehouse_path


def test_every_kind_has_columns_a_key_of_them_and_a_required_column():
    for kind in contract().values():
        names = [column.name for column in kind.columns]
        assert set(kind.key) <= set(names)
        assert len(names) == len(set(names))
        assert any(column.is_required for column in kind.columns)


def test_kinds_are_those_of_the_three_areas():
    areas = {kind.area for kind in contract().values()}
    assert areas == {"billing", "contact", "payment"}
    assert len(contract()) == 28
    assert contract()["payment.payments"].table == "raw.payment_payments"
    assert contract()["payment.payments"].key == ("payment_id", "status", "status_at")


def test_a_new_warehouse_has_every_raw_table_as_declared(warehouse):
    columns = warehouse.execute(
        "select 'raw.' || table_name, column_name from duckdb_columns() where schema_name = 'raw'"
    ).fetchall()
    for kind in contract().values():
        expected = {column.name for column in kind.columns} | {IS_DELETED, *ORIGIN}
        assert {name for table, name in columns if table == kind.table} == expected
    for table, declared in (own_tables("ingestion") | own_tables("insight")).items():
        assert {column.name for column in declared} <= {name for of, name in columns if of == table}


def test_a_warehouse_made_before_a_column_was_declared_gets_it(tmp_path):
    path = warehouse_path(tmp_path)
    connection = open_warehouse(path)
    connection.execute("alter table raw.billing_customers drop column segment")
    connection.close()
    connection = open_warehouse(path)
    assert connection.execute("select count(segment) from raw.billing_customers").fetchone() == (0,)
    connection.close()

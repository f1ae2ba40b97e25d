"""Tables that a cluster wrote as Parquet, taken into the warehouse file."""

from contextlib import closing
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from whole_runs import query

from orchestration.spark.built_tables import TableError, tables_of, take_in
from orchestration.spark.place import Storage
from orchestration.sql_text import literal
from orchestration.warehouse import warehouse_path

ROWS = (
    "select 'a' as id, 1.25::decimal(20, 2) as amount, 7::decimal(38, 0) as units, 0.1e0 as share"
)


@pytest.fixture
def shapes(tmp_path: Path) -> Path:
    """What DuckDB builds from no rows; of a name as a warehouse file has."""
    path = warehouse_path(tmp_path / "shapes")
    path.parent.mkdir()
    with closing(duckdb.connect(path)) as connection:
        connection.execute(
            "create table fct (share double, id varchar, amount decimal(28, 4), units hugeint);"
            " comment on table fct is 'One row''s facts.'; comment on column fct.id is 'The id.';"
            ' create view seen as select id, amount from "warehouse"."main"."fct";'
            " insert into fct values (1, 'of no use here', 1, 1)"
        )
    return path


def written(tmp_path: Path, rows: str) -> Storage:
    place = tmp_path / "built" / "fct"
    place.mkdir(parents=True)
    duckdb.sql(f"copy ({rows}) to {literal(place / 'part-0.parquet')} (format parquet)")
    return Storage(tmp_path / "built", "file:///elsewhere")


def test_tables_come_back_with_the_types_and_comments_of_duckdb(
    shapes: Path, tmp_path: Path
) -> None:
    warehouse = warehouse_path(tmp_path)
    take_in(warehouse, shapes, ["fct"], written(tmp_path, ROWS))
    assert tables_of(shapes) == {"fct"}
    assert query(warehouse, "from fct") == [(0.1, "a", Decimal("1.2500"), 7)]
    assert query(warehouse, "from seen") == [("a", Decimal("1.2500"))]
    described = (
        "select column_name, data_type, comment from duckdb_columns() where table_name = 'fct'"
    )
    assert query(warehouse, described) == query(shapes, described)
    assert query(warehouse, "select comment from duckdb_tables()") == [("One row's facts.",)]


def test_a_table_whose_values_would_be_rounded_is_not_taken_in(
    shapes: Path, tmp_path: Path
) -> None:
    warehouse = warehouse_path(tmp_path)
    take_in(warehouse, shapes, ["fct"], written(tmp_path, ROWS))
    finer = written(tmp_path / "again", ROWS.replace("20, 2", "20, 6"))
    with pytest.raises(TableError, match=r"fct.amount came back from Spark as DECIMAL\(20,6\)"):
        take_in(warehouse, shapes, ["fct"], finer)
    assert query(warehouse, "select count(*) from fct") == [(1,)]

"""What a run leaves on disk of the people it is about."""

from pathlib import Path

import duckdb
import pytest
from whole_runs import query

from orchestration.identifiers import identifiers_in

RELEASED = "published/collections.duckdb"


def test_only_their_owner_reads_what_a_run_writes(sample_home: Path) -> None:
    paths = [sample_home, *sample_home.rglob("*")]
    open_to_others = {
        str(path) for path in paths if not path.is_symlink() and path.stat().st_mode & 0o077
    }
    assert len(paths) > 50
    assert open_to_others == set()


def test_the_release_holds_no_direct_identifier(sample_home: Path) -> None:
    database = sample_home / RELEASED
    columns = query(
        database,
        "select table_name, column_name from duckdb_columns()"
        " where schema_name = 'main' and data_type = 'VARCHAR' and not internal",
    )
    assert len(columns) > 500
    with duckdb.connect(database, read_only=True) as release:
        assert release.execute(identifiers_in(columns)).fetchall() == []


@pytest.mark.parametrize(
    "values",
    [["ana@example.com"], ["+55 11 91234-5678"], ["529.982.247-25"], ["52998224725"] * 3],
)
def test_the_search_of_a_release_finds_what_it_is_for(values: list[str]) -> None:
    with duckdb.connect() as release:
        release.execute("create table people as select unnest(?) as name, 'c1' as id", [values])
        found = release.execute(identifiers_in([("people", "id"), ("people", "name")])).fetchall()
    assert [(table, column, count) for table, column, _, count in found] == [
        ("people", "name", len(values))
    ]

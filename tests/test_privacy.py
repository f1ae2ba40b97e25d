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


def found_in(database: Path) -> list[tuple]:
    """Direct identifiers in any column of text of any table of a release."""
    tables = query(
        database,
        "select table_name, list(column_name) from duckdb_columns()"
        " where schema_name = 'main' and data_type = 'VARCHAR' and not internal group by all",
    )
    assert len(tables) > 100
    with duckdb.connect(database, read_only=True) as release:
        return [
            (table, *found)
            for table, columns in tables
            for found in identifiers_in(release, table, columns)
        ]


def test_the_release_holds_no_direct_identifier(sample_home: Path) -> None:
    assert found_in(sample_home / RELEASED) == []


@pytest.mark.parametrize(
    "values",
    [["ana@example.com"], ["+55 11 91234-5678"], ["529.982.247-25"], ["52998224725"] * 3],
)
def test_the_search_of_a_release_finds_what_it_is_for(values: list[str]) -> None:
    with duckdb.connect() as release:
        release.execute("create table people as select unnest(?) as name, 'c1' as id", [values])
        ((column, _, count),) = identifiers_in(release, "people", ["id", "name"])
    assert (column, count) == ("name", len(values))

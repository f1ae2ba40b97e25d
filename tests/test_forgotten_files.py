"""All files of a home forget a person, and every figure stays as it was."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from whole_runs import contents, query, released

from orchestration.privacy.forgetting import forget
from orchestration.privacy.keyed_hash import SECRET_VARIABLE
from orchestration.privacy.rewriting import cleaner, exchange
from orchestration.releases import kept_releases
from orchestration.warehouse import warehouse_path


@pytest.fixture(autouse=True, scope="module")
def secret() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SECRET_VARIABLE, "a secret of these tests")
        yield


def test_directories_are_swapped(tmp_path):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "says").write_text(name)
    exchange(tmp_path / "one", tmp_path / "other")
    assert {path.parent.name: path.read_text() for path in tmp_path.rglob("says")} == {
        "one": "other",
        "other": "one",
    }


def test_a_text_is_cleaned_of_ids_and_not_of_numbers():
    cleaned = cleaner({"K1": "x", "17": "y", "K1.2": "z"})
    assert cleaned("K1, K1.2 and (K1): K12 AK1 K1-3") == "x, z and (x): K12 AK1 K1-3"
    assert cleaned("17 rows, customer_id = 17, at 10:17") == "17 rows, customer_id = y, at 10:17"


@pytest.fixture(scope="module")
def forgotten_sample(sample_home: Path, tmp_path_factory, secret) -> dict:
    """A copy of the sample's home that forgot a person, and what it held before."""
    home = tmp_path_factory.mktemp("forgetting") / "home"
    shutil.copytree(sample_home, home, symlinks=True)
    (home / "asof/known_at=2024-01-01").mkdir(parents=True)
    ((customer,),) = query(
        warehouse_path(home),
        "select any_value(customer_id) from fct_allocations inner join fct_promises"
        " using (customer_id) group by customer_id order by count(*) desc, customer_id limit 1",
    )
    ids = {customer} | {
        one
        for table, column in (
            ("billing_contracts", "contract_id"),
            ("billing_contracts", "account_id"),
            ("contact_contacts", "contact_id"),
            ("contact_contacts", "contact_point_id"),
            ("contact_promises", "promise_id"),
        )
        for (one,) in query(
            warehouse_path(home),
            f"select distinct {column} from raw.{table}"
            f" where customer_id = '{customer}' and {column} is not null",
        )
    }
    (home / "logs/one.jsonl").write_text(json.dumps({"message": f"row: customer_id = {customer}"}))
    before = figures(home)
    return {"home": home, "ids": ids, "before": before, "done": forget(home, customer)}


def figures(home: Path) -> dict[str, list[tuple]]:
    """Figures, counts of rows and sums of money of what a home has released and built."""
    found = {}
    for database in (warehouse_path(home), kept_releases(home)[0].path / "collections.duckdb"):
        with duckdb.connect(database, read_only=True) as connection:
            sums = connection.execute(
                "select table_name, string_agg(format('sum({0}), count(distinct {0})', column_name)"
                " , ', ') from duckdb_columns() where schema_name = 'main' and not internal"
                " and (data_type like 'DECIMAL%' or column_name like '%\\_id' escape '\\')"
                " and not column_name like '%\\_id' escape '\\'"
                " group by all order by all"
            ).fetchall()
            for table, columns in sums:
                found[f"{database.name} {table}"] = connection.execute(
                    f"select count(*), {columns} from {table}"
                ).fetchall()
            ids = connection.execute(
                "select table_name, string_agg(format('count(distinct {0})', column_name), ', ')"
                " from duckdb_columns() where schema_name = 'main' and not internal"
                " and column_name like '%\\_id' escape '\\' group by all order by all"
            ).fetchall()
            for table, columns in ids:
                found[f"{database.name} ids of {table}"] = connection.execute(
                    f"select {columns} from {table}"
                ).fetchall()
            found[f"{database.name} values"] = connection.execute(
                "from kpi_values order by all"
            ).fetchall()
    return found


def test_no_file_of_a_home_holds_an_id_of_the_person(forgotten_sample):
    home, ids = forgotten_sample["home"], sorted(forgotten_sample["ids"])[::3]
    assert len(ids) > 3
    files = contents(home)
    assert len(files) > 100
    left = [
        (str(path.relative_to(home)), one)
        for path, text in files.items()
        for one in ids
        if one.encode() in text
    ]
    assert left == []
    assert forgotten_sample["done"].rows["texts"] == {"logs": 1}
    assert not (home / "asof").exists()


def test_all_figures_of_a_home_stay_when_it_forgets(forgotten_sample):
    after = figures(forgotten_sample["home"])
    assert len(after) > 200
    changed = {name for name in after if after[name] != forgotten_sample["before"][name]}
    assert changed == set()


def test_a_release_that_forgot_is_whole(forgotten_sample):
    home = forgotten_sample["home"]
    release, *_ = kept_releases(home)
    assert release.is_served
    database = release.path / "collections.duckdb"
    person = forgotten_sample["done"].pseudonym
    assert query(
        database, "select birth_date, region from dim_customers where customer_id = $1", person
    ) == [(None, None)]
    for table in ("dim_customers", "fct_allocations", "kpi_cash_collected"):
        parquet = f"read_parquet('{release.path}/parquet/{table}.parquet')"
        assert query(database, f"from {table} order by all") == query(
            database, f"from {parquet} order by all"
        )
    comments = "select count(comment) from duckdb_columns() where schema_name = 'main'"
    assert query(database, comments)[0][0] > 500
    assert [path.name for path in release.path.parent.iterdir() if path.name[0] == "."] == []


@pytest.mark.soak
def test_a_run_after_forgetting_equals_a_rebuild_from_the_old_exports(
    forgotten_sample, sample_exports
):
    home = forgotten_sample["home"]
    released(sample_exports, home)
    forgotten = figures(home)
    warehouse_path(home).unlink()
    released(sample_exports, home)
    assert figures(home) == forgotten
    assert [
        path
        for path, text in contents(home).items()
        if any(one.encode() in text for one in forgotten_sample["ids"])
    ] == []

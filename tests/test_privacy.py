"""What a run leaves on disk of the people it is about."""

import re
from pathlib import Path

import duckdb
import pytest
from whole_runs import contents, query, released, warehouse_run

from orchestration.privacy.identifiers import identifiers_in
from orchestration.privacy.keyed_hash import SECRET_VARIABLE

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


def cpf(number: int) -> str:
    """A document number with valid check digits."""
    digits = [int(digit) for digit in f"{100_000_000 + number}"]
    for weight in (10, 11):
        weighted = zip(digits, range(weight, 1, -1), strict=True)
        digits.append(sum(one * other for one, other in weighted) * 10 % 11 % 10)
    return "{}{}{}.{}{}{}.{}{}{}-{}{}".format(*digits)


def telephone(point: str) -> str:
    return f"+55 11 9{int(point, 16) % 10**8:08d}"


@pytest.mark.soak
def test_a_release_of_people_known_by_documents_and_telephones_holds_none(
    sample_home: Path, sample_exports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exports, home = tmp_path / "exports", tmp_path / "home"
    for path in sample_exports.rglob("*.csv"):
        text = re.sub(r"\bC(\d{8})\b", lambda found: cpf(int(found[1])), path.read_text())
        text = re.sub(r"\b[0-9a-f]{16}\b", lambda found: telephone(found[0]), text)
        copy = exports / path.relative_to(sample_exports)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text)
    refused = warehouse_run(exports, home)
    assert refused.returncode == 2
    assert "looks like a document number" in refused.stderr
    monkeypatch.setenv(SECRET_VARIABLE, "a secret of this test")
    declared = tmp_path / "default.yml"
    declared.write_text(
        "system: default\nidentifiers: {customer_id: document, contact_point_id: phone}\n"
    )
    released(exports, home, "--sources", str(declared))
    assert found_in(home / RELEASED) == []
    figures = "from kpi_values order by all"
    assert query(home / RELEASED, figures) == query(sample_home / RELEASED, figures)
    people = {cpf(number) for number in range(200)}
    assert [
        (path, one)
        for path, text in contents(home).items()
        for one in (*people, *(re.sub(r"\D", "", one) for one in people))
        if one.encode() in text
    ] == []


@pytest.mark.parametrize(
    "values",
    [["ana@example.com"], ["+55 11 91234-5678"], ["529.982.247-25"], ["52998224725"] * 3],
)
def test_the_search_of_a_release_finds_what_it_is_for(values: list[str]) -> None:
    with duckdb.connect() as release:
        release.execute("create table people as select unnest(?) as name, 'c1' as id", [values])
        ((column, _, count),) = identifiers_in(release, "people", ["id", "name"])
    assert (column, count) == ("name", len(values))

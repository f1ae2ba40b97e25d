"""What `warehouse diff` says of two releases, and of a warehouse nobody has released."""

import csv
from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration import command_line
from orchestration.comparing.comparison import Which, compared
from orchestration.errors import InputError
from orchestration.terminal import console

COLUMNS = """
    kpi_id varchar, period_grain varchar, period_start date, dimension varchar, member varchar,
    numerator decimal(28, 4), denominator decimal(28, 4), is_mature boolean, is_complete boolean
"""
# rate: 0.5 and 0.25 by portfolio; cash: of a month and of a day
OLD = [
    ("rate", "month", "2026-01-01", "all", "all", 3, 8, True, True),
    ("rate", "month", "2026-01-01", "portfolio", "retail", 2, 4, True, True),
    ("rate", "month", "2026-01-01", "portfolio", "cards", 1, 4, True, True),
    ("rate", "month", "2026-02-01", "all", "all", 1, 2, False, False),
    ("cash", "month", "2026-01-01", "all", "all", 1000, None, True, True),
    ("cash", "day", "2026-01-31", "all", "all", 10, None, True, True),
]
SAME = OLD[4:]
NEW = [
    ("rate", "month", "2026-01-01", "all", "all", 4, 8, True, True),
    ("rate", "month", "2026-01-01", "portfolio", "retail", 4, 4, True, True),
    ("rate", "month", "2026-01-01", "portfolio", "loans", 1, 2, True, True),
    ("rate", "month", "2026-02-01", "all", "all", 2, 2, False, False),
    *SAME,
]


def write_edition(file: Path, rows: list[tuple], release_id: str | None, day: str) -> Path:
    """Write a release, or without an id a warehouse."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with closing(duckdb.connect(file)) as connection:
        connection.execute(
            "create table kpi_catalog as select * from (values ('rate', 'The rate', 'ratio'),"
            " ('cash', 'The cash', 'money')) as catalog (kpi_id, name_en, unit)"
        )
        connection.execute(f"create table given ({COLUMNS})")
        connection.executemany("insert into given values (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        connection.execute(
            "create table kpi_values as select * exclude (is_complete), 'all' as part,"
            " is_complete as is_complete_period, period_start as period_end,"
            " numerator::double / coalesce(denominator, 1) as value,"
            " if(kpi_id = 'cash', 'BRL', null) as currency from given"
        )
        if release_id is None:
            connection.execute(
                f"create table int_clock as select date '{day}' as as_of, as_of as known_at"
            )
        else:
            connection.execute(
                f"create table release as select '{release_id}' as release_id,"
                f" date '{day}' as as_of, as_of as known_at, now()::timestamp as released_at,"
                " 'passed' as audit_outcome, 1 as row_count"
            )
    return file


def write_release(home: Path, number: int, rows: list[tuple]) -> None:
    release_id = f"00000{number}-20260201T000000Z-run"
    write_edition(
        home / "releases" / release_id / "collections.duckdb",
        rows,
        release_id,
        f"2026-02-0{number}",
    )
    (home / "published").unlink(missing_ok=True)
    (home / "published").symlink_to(f"releases/{release_id}")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Three releases: the first as the second, the third differs."""
    for number, rows in enumerate((OLD, OLD, NEW), 1):
        write_release(tmp_path, number, rows)
    return tmp_path


def diff(home: Path, *arguments: str) -> str:
    console.width = 200
    result = CliRunner().invoke(
        command_line.app, ["diff", "--home", str(home), *arguments], catch_exceptions=False
    )
    assert result.exit_code == 0
    return result.output


def lines(said: str) -> list[list[str]]:
    return [line.split() for line in said.splitlines() if line.strip()]


def test_by_default_the_release_before_is_held_against_the_current_one(home: Path) -> None:
    said = diff(home)
    assert "000002-20260201T000000Z-run" in said
    assert "000003-20260201T000000Z-run" in said
    (kpi,) = (line for line in lines(said) if line[:2] == ["The", "rate"])
    # restated: all and retail; open: February; new: loans; gone: cards
    assert kpi[2:6] == ["2", "1", "1", "1"]
    assert "+50.00 pp" in said
    assert "The cash" not in said


def test_values_are_told_one_by_one_and_those_still_open_are_marked(home: Path) -> None:
    said = diff(home, "--kpi", "rate")
    assert "rate    month 2026-01-01    all               37.5%   50.0%" in said
    assert "month 2026-02-01 *" in said
    by_slice = {tuple(line[3:5]): line for line in lines(said) if line[:2] == ["rate", "month"]}
    assert by_slice["portfolio", "loans"][-1] == "new"
    assert by_slice["portfolio", "cards"][-1] == "gone"
    # those that were final come first, the largest relative change of them before the others
    order = [line[3:5] for line in lines(said) if line[:2] == ["rate", "month"]]
    assert order[0] == ["portfolio", "retail"]


def test_top_and_the_filters_limit_what_is_shown(home: Path) -> None:
    assert diff(home, "--top", "1").count("rate    month") == 1
    assert "loans" not in diff(home, "--dimension", "all")
    assert diff(home, "--grain", "day").endswith("No value differs.\n")


def test_every_value_is_in_the_csv_file(home: Path, tmp_path: Path) -> None:
    diff(home, "--csv", str(tmp_path / "all.csv"), "--top", "0")
    with (tmp_path / "all.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 5
    retail = next(row for row in rows if row["member"] == "retail")
    assert (retail["old_value"], retail["new_value"], retail["change"]) == ("0.5", "1.0", "0.5")
    assert (retail["was_final"], retail["is_final"]) == ("true", "true")


def test_a_member_is_no_formula_in_the_csv_file(tmp_path: Path) -> None:
    members = ["=cmd|' /C calc'!A0", "+1", "-1", "@a", "\ta", "\ra", "a=b", "São João"]
    values = [
        ("rate", "month", "2026-01-01", "portfolio", member, 1, 2, True, True) for member in members
    ]
    old = write_edition(tmp_path / "old.duckdb", SAME, None, "2026-02-01")
    new = write_edition(tmp_path / "new.duckdb", [*SAME, *values], None, "2026-02-01")
    with compared(old, new) as comparison:
        comparison.write_csv(Which(), tmp_path / "all.csv")
    with (tmp_path / "all.csv").open(encoding="utf-8", newline="") as file:
        found = {row["member"] for row in csv.DictReader(file)}
    assert found == {*(f"'{member}" for member in members[:6]), *members[6:]}


def test_releases_are_named_by_the_beginning_of_their_ids(home: Path) -> None:
    assert "No value differs." in diff(home, "000001", "000002")
    assert "The rate" in diff(home, "000001", "000003")
    assert "(as of 2026-02-01, known at 2026-02-01) against" in diff(home, "000001")


def test_a_warehouse_is_held_against_the_current_release(home: Path, tmp_path: Path) -> None:
    mine = write_edition(tmp_path / "mine.duckdb", [*NEW[:4], SAME[1]], None, "2026-02-03")
    said = diff(home, "--against-release", "--warehouse", str(mine))
    assert f"{mine} (as of 2026-02-03" in said
    (kpi,) = (line for line in lines(said) if line[:2] == ["The", "cash"])
    assert kpi[2:6] == ["0", "0", "0", "1"]
    mine.rename(home / "warehouse.duckdb")
    assert "The cash" in diff(home, "--against-release")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--kpi", "nothing"], "--kpi nothing: there is cash, rate"),
        (["--dimension", "nothing"], "--dimension nothing: there is all, portfolio"),
        (["--grain", "hour"], "--grain hour: there is day"),
        (["--against-release", "000001"], "name no ids"),
        (["--against-release"], "there is no such file"),
        (["--warehouse", "file"], "goes with --against-release"),
        (["000009"], "no release of"),
        (["--csv", "nowhere/at/all.csv"], "cannot be written"),
    ],
)
def test_what_cannot_be_compared_is_said(home: Path, arguments: list[str], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        diff(home, *arguments)


def test_a_home_with_one_release_has_nothing_to_compare(tmp_path: Path) -> None:
    write_release(tmp_path, 1, OLD)
    with pytest.raises(InputError, match="no release is kept from before 000001"):
        diff(tmp_path)


def test_a_file_without_values_is_no_edition(home: Path, tmp_path: Path) -> None:
    with closing(duckdb.connect(tmp_path / "empty.duckdb")):
        pass
    with pytest.raises(InputError, match="no values of KPIs"):
        diff(home, "--against-release", "--warehouse", str(tmp_path / "empty.duckdb"))
    (tmp_path / "no.duckdb").write_text("no database")
    with pytest.raises(InputError, match="cannot be opened"):
        diff(home, "--against-release", "--warehouse", str(tmp_path / "no.duckdb"))
